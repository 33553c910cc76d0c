"""Earlier results of the same image: found by digest, used when they answer the same question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hematodesk.domain.cells import CellOrigin, ImageResult, ImageStatus

if TYPE_CHECKING:
    from hematodesk.domain.history import HistoryImage
    from hematodesk.storage.history import History


def find_earlier(
    history: History, digest: str, package_sha256: str, *, whole_image: bool, run_id: int | None = None
) -> HistoryImage | None:
    """The latest result of the image with that digest that this package made; None when there is none.

    With `run_id` only results of that batch run count. Raises HistoryError.
    """
    if not digest:
        return None
    for found in history.images_with_digest(digest, run_id):
        if answers_the_same(found.result, package_sha256, whole_image=whole_image):
            return found
    return None


def answers_the_same(result: ImageResult, package_sha256: str, *, whole_image: bool) -> bool:
    """Whether an earlier result answers the same question as an analysis with that package.

    Results that failed are tried again. What a person added, removed or reviewed does not matter:
    it is exactly what must not be lost. An image without located cells is no answer for a
    whole-image package, and holds for every other one, since the locator alone found none.
    """
    if result.status is ImageStatus.ERROR:
        return False
    machine_made = [cell for cell in result.cells if cell.origin is not CellOrigin.ADDED]
    if not machine_made:
        return not whole_image
    return all(
        (cell.origin is CellOrigin.WHOLE_IMAGE) == whole_image
        and cell.prediction is not None
        and cell.prediction.provenance.sha256 == package_sha256
        for cell in machine_made
    )
