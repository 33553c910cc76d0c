"""Which classes a person may correct an answer to, in the order of their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hematodesk.domain.classes import CELL_CLASSES

if TYPE_CHECKING:
    from hematodesk.domain.cells import Prediction


def class_choice(
    prediction: Prediction | None, orders: Mapping[str, Sequence[str]], used: Sequence[str]
) -> tuple[str, ...]:
    """The classes of the model that gave the answer, then those of the model in use that it does not know.

    So the same answer is reviewed with the same keys, whichever model is in use.

    Args:
        prediction: the answer; None where no model named the cell.
        orders: the class ids of the packages at hand, in their order, by SHA-256. The classes of a package
            that is gone come in the order of domain.classes, others behind them by name.
        used: the class ids of the model in use, in its order.
    """
    if prediction is None:
        return tuple(used)
    own = [class_id for class_id, _ in prediction.ranked]
    known = list(CELL_CLASSES)
    order = list(orders.get(prediction.provenance.sha256, known))
    own.sort(key=lambda class_id: (order.index(class_id) if class_id in order else len(order), class_id))
    return tuple(dict.fromkeys([*own, *used]))
