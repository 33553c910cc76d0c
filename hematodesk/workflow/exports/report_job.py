"""Gathers a report's content from the history and the images' files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from hematodesk import __version__
from hematodesk.domain.cells import now_utc
from hematodesk.domain.errors import ImageError
from hematodesk.domain.history import HistoryImage
from hematodesk.workflow.exports.cell_pictures import person_crop, read_again

if TYPE_CHECKING:
    from hematodesk.domain.report import Pixels, Report, ReportPictures
    from hematodesk.workflow.services import Services

Item = TypeVar("Item")

_PICTURE_EDGE = 1200
"""Pixels of a report's picture, some 10 cm wide: 300 a inch on paper."""
_CROP_EDGE = 160


def make_report(
    services: Services,
    ids: Sequence[int],
    over: Callable[[Iterable[HistoryImage]], Iterator[HistoryImage]],
) -> Report:
    """The report of these images. Raises HistoryError.

    Args:
        over: counts the images as their pictures are drawn.
    """
    from hematodesk.reporting.report import compose_report

    history = services.history
    return compose_report(
        history.sessions_of_images(ids),
        history.export_rows(ids),
        lambda images: (_pictures(services, image) for image in over(images)),
        operator=services.operator,
        program=f"hematodesk {__version__}",
        made_at=now_utc(),
    )


def _pictures(services: Services, image: HistoryImage) -> ReportPictures:
    from hematodesk.domain.report import ReportPictures
    from hematodesk.imaging.thumbnail import shrunk

    cells = [cell for cell in image.result.cells if not cell.removed]
    again = read_again(image.result, services.reader)
    if again.pixels is None:
        return ReportPictures(_kept_thumbnail(services, image), again.reason, (None,) * len(cells))
    crops = tuple(person_crop(again.pixels, cell, _CROP_EDGE) for cell in cells)
    return ReportPictures(shrunk(again.pixels, _PICTURE_EDGE), "", crops)


def _kept_thumbnail(services: Services, image: HistoryImage) -> Pixels | None:
    """The history's small picture, where there is one."""
    data = services.history.thumbnail(image.id)
    if not data:
        return None
    try:
        return services.reader.decode(data, image.result.name).pixels
    except ImageError:
        return None
