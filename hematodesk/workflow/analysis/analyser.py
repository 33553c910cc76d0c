"""Analyses one image: decode, locate, crop, classify.

The image libraries are not imported with this module: the window shows without waiting for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from hematodesk.domain.cells import (
    Cell,
    CellOrigin,
    Fault,
    ImageResult,
    ImageStatus,
    Localisation,
    LocatedCell,
    Prediction,
)
from hematodesk.domain.errors import ImageError, ModelError
from hematodesk.domain.geometry import Box
from hematodesk.domain.limits import MAX_CELLS
from hematodesk.domain.messages import N_, Message
from hematodesk.workflow.analysis.sources import Picture, Source

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.manifest import CropRule
    from hematodesk.domain.packages import ModelPackage
    from hematodesk.imaging.files import ReadImage
    from hematodesk.imaging.reader import ImageReader

    Pixels = npt.NDArray[np.uint8]


class Cutter(Protocol):
    """How a package wants its cells cropped."""

    @property
    def input_size(self) -> int:
        """Edge of its crops, in pixels."""
        ...

    @property
    def crop_rule(self) -> CropRule:
        """Which part of the image it takes."""
        ...


class CellClassifier(Cutter, Protocol):
    """What the analysis needs of a loaded model; inference.classify.Classifier is one."""

    @property
    def package(self) -> ModelPackage:
        """The package it was made of."""
        ...

    @property
    def crops_a_run(self) -> int:
        """The best number of crops in one run; answers do not depend on it."""
        ...

    def classify(
        self, crops: Sequence[Any], cancel: CancelToken | None = None, *, sparing: bool = False
    ) -> list[Prediction]:
        """One prediction a crop, uint8 (S, S, 3) RGB. Raises Cancelled, ModelError.

        `sparing`: other work keeps the cores busy, so processor time counts and not latency.
        """
        ...


class EmbeddingClassifier(CellClassifier, Protocol):
    """A classifier that gives its embedding; inference.classify.Classifier is one."""

    def embed(
        self, crops: Sequence[Any], cancel: CancelToken | None = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
        """Embeddings (N, D) of crops and their strangeness (N,), or None. Raises Cancelled, ModelError."""
        ...


@dataclass(frozen=True, slots=True)
class AnalysedImage:
    """A result and the image it was made of, for the view; no pixels when it could not be read."""

    result: ImageResult
    pixels: Pixels | None


@dataclass(frozen=True, slots=True)
class Cut:
    """What a model sees of a cell.

    Attributes:
        crop: uint8 (S, S, 3) RGB.
        place: the part of the image that it shows, in pixels; it may reach over the image's border,
            where the crop holds the image's reflection.
    """

    crop: Pixels
    place: Box


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """A decoded image, or the fault that prevented it.

    Attributes:
        source: what was opened.
        image: the decoded image, None with a fault.
        fault: why there is none.
        elapsed_ms: reading and decoding, milliseconds.
    """

    source: Source
    image: ReadImage | None
    fault: Fault | None
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """Everything but the predictions, passed from a decoding thread to inference. Holds no full image.

    Attributes:
        result: complete but for the cells' predictions.
        crops: one uint8 (S, S, 3) a cell of the result, in its order.
    """

    result: ImageResult
    crops: tuple[Pixels, ...]


class Analyser:
    """Turns sources into results with one classifier. Safe to use from several threads.

    Args:
        classifier: the loaded model.
        keep_thumbnails: whether results carry a small picture.
        reader: decodes images; without one it is done in this process.
    """

    def __init__(
        self,
        classifier: CellClassifier,
        *,
        keep_thumbnails: bool = True,
        reader: ImageReader | None = None,
    ) -> None:
        self.classifier = classifier
        self.reader = reader
        self._keep_thumbnails = keep_thumbnails

    def takes_whole_image(self, whole_image: bool | None = None) -> bool:
        """Whether the image is classified as a whole: when asked for, or when the package says so."""
        return bool(whole_image) or self.classifier.crop_rule.rule == "whole"

    def analyse(
        self, source: Source, cancel: CancelToken | None = None, whole_image: bool | None = None
    ) -> AnalysedImage:
        """Analyse a source. Faults of the image or the model become a result with status error.

        Raises Cancelled.
        """
        return self.analyse_opened(open_image(source, self.reader), cancel, whole_image)

    def analyse_opened(
        self, opened: OpenedImage, cancel: CancelToken | None = None, whole_image: bool | None = None
    ) -> AnalysedImage:
        """Analyse a decoded image; errors as in `analyse`."""
        if cancel is not None:
            cancel.check()
        prepared = self.prepare(opened, whole_image)
        pixels = opened.image.pixels if opened.image is not None else None
        return AnalysedImage(self.finish(prepared, cancel), pixels)

    def prepare(self, opened: OpenedImage, whole_image: bool | None = None) -> PreparedImage:
        """Locate the cells and cut them out: work for a decoding thread."""
        if opened.image is None:
            return PreparedImage(_failed(opened), ())
        # Before timing starts: the first image's time must not include loading libraries.
        from hematodesk.imaging.locate import locate_cells
        from hematodesk.imaging.thumbnail import thumbnail

        started = time.perf_counter()
        try:
            localisation, origin = self._localise(opened.image, whole_image, locate_cells)
            cells = tuple(Cell(found.box, origin, found.score) for found in localisation.cells)
            diameter = localisation.red_cell_diameter
            crops = tuple(
                cut_cell(opened.image.pixels, cell, diameter, self.classifier).crop for cell in cells
            )
            small = thumbnail(opened.image.pixels) if self._keep_thumbnails else b""
        except MemoryError:
            return PreparedImage(_failed(replace(opened, image=None, fault=_no_memory(opened.source))), ())
        height, width = opened.image.pixels.shape[:2]
        result = ImageResult(
            name=_page_name(_name(opened.source), opened.image.page),
            path=_path(opened.source),
            digest=opened.image.digest,
            width=width,
            height=height,
            status=ImageStatus.OK if cells else ImageStatus.NO_CELL,
            cells=cells,
            notices=opened.image.notices,
            thumbnail=small,
            red_cell_diameter=localisation.red_cell_diameter,
            elapsed_ms=opened.elapsed_ms + _since(started),
        )
        return PreparedImage(result, crops)

    def finish(
        self, prepared: PreparedImage, cancel: CancelToken | None = None, *, sparing: bool = False
    ) -> ImageResult:
        """Classify the crops, `sparing` or not; the result's time grows by it. Raises Cancelled."""
        if not prepared.crops:
            return prepared.result
        started = time.perf_counter()
        try:
            predictions = self.classifier.classify(prepared.crops, cancel, sparing=sparing)
        except ModelError as error:
            fault = Fault(error.code, error.message, error.remedy)
            return replace(prepared.result, status=ImageStatus.ERROR, cells=(), fault=fault)
        cells = tuple(
            replace(cell, prediction=prediction)
            for cell, prediction in zip(prepared.result.cells, predictions, strict=True)
        )
        return replace(prepared.result, cells=cells, elapsed_ms=prepared.result.elapsed_ms + _since(started))

    def finish_many(
        self, prepared: Sequence[PreparedImage], cancel: CancelToken | None = None, *, sparing: bool = False
    ) -> list[ImageResult]:
        """Classify the crops of several images in as few runs as it takes; see `finish`.

        An image's `elapsed_ms` grows by the time of the runs shared out by crops. Raises Cancelled.
        """
        crops = [crop for each in prepared for crop in each.crops]
        if len(prepared) < 2 or not crops:
            return [self.finish(each, cancel, sparing=sparing) for each in prepared]
        started = time.perf_counter()
        try:
            predictions = iter(self.classifier.classify(crops, cancel, sparing=sparing))
        except ModelError:
            # One image's crop must not make the others fail.
            return [self.finish(each, cancel, sparing=sparing) for each in prepared]
        a_crop = _since(started) / len(crops)
        results = []
        for each in prepared:
            cells = tuple(replace(cell, prediction=next(predictions)) for cell in each.result.cells)
            elapsed = each.result.elapsed_ms + a_crop * len(each.crops)
            results.append(replace(each.result, cells=cells, elapsed_ms=elapsed) if cells else each.result)
        return results

    def classify_box(
        self,
        pixels: Pixels,
        box: Box,
        red_cell_diameter: float | None = None,
        cancel: CancelToken | None = None,
        origin: CellOrigin = CellOrigin.ADDED,
    ) -> Cell:
        """A cell for a box drawn by the user, with its prediction.

        Raises Cancelled, ModelError, and ValueError when nothing of the box is inside the image.
        """
        inside = box.clipped(pixels.shape[1], pixels.shape[0])
        cell = Cell(inside, origin)
        cut = cut_cell(pixels, cell, red_cell_diameter, self.classifier)
        (prediction,) = self.classifier.classify([cut.crop], cancel)
        return replace(cell, prediction=prediction)

    def _localise(
        self, image: ReadImage, whole_image: bool | None, locate_cells: Callable[[Pixels], Localisation]
    ) -> tuple[Localisation, CellOrigin]:
        if self.takes_whole_image(whole_image):
            height, width = image.pixels.shape[:2]
            everything = LocatedCell(Box(0, 0, width, height), 1.0)
            return Localisation((everything,), None), CellOrigin.WHOLE_IMAGE
        found = image.located if image.located is not None else locate_cells(image.pixels)
        return Localisation(found.cells[:MAX_CELLS], found.red_cell_diameter), CellOrigin.LOCATED


def cut_cell(pixels: Pixels, cell: Cell, red_cell_diameter: float | None, cutter: Cutter) -> Cut:
    """What the model sees of a cell: the one rule for naming a cell and for explaining its name.

    Args:
        pixels: the image, uint8 (H, W, 3) RGB.
        red_cell_diameter: see domain.cells.Localisation.

    Raises ValueError when the cell's box lies outside the image.
    """
    from hematodesk.imaging import crop

    rule, size = cutter.crop_rule, cutter.input_size
    if cell.origin is CellOrigin.WHOLE_IMAGE:
        height, width = pixels.shape[:2]
        return Cut(crop.whole_image(pixels, size), Box(0, 0, width, height))
    if rule.rule == "whole":
        # A box drawn for a whole-image package, which has no rule for cells: it sees the box alone.
        side = float(max(cell.box.w, cell.box.h))
    else:
        side = crop.crop_side(cell.box, red_cell_diameter, red_cells=rule.red_cells, context=rule.context)
    return Cut(crop.crop_cell(pixels, cell.box, side=side, size=size), crop.crop_square(cell.box, side=side))


def open_image(
    source: Source, reader: ImageReader | None = None, *, locate: bool = False, page: int | None = None
) -> OpenedImage:
    """Read and decode a source; never raises for the image's faults.

    Args:
        reader: decodes; without one it is done in this process.
        locate, page: see ImageReader.
    """
    if reader is None:
        from hematodesk.imaging.reader import LocalReader

        reader = LocalReader()
    started = time.perf_counter()
    image: ReadImage | None = None
    fault: Fault | None = None
    try:
        image = (
            reader.decode(source.data, source.name, locate=locate, page=page)
            if isinstance(source, Picture)
            else reader.read(source, locate=locate, page=page)
        )
    except ImageError as error:
        fault = Fault(error.code, error.message, error.remedy)
    except MemoryError:
        fault = _no_memory(source)
    return OpenedImage(source, image, fault, _since(started))


def load_image_libraries() -> None:
    """Load what `prepare` needs ahead of the first image: OpenCV holds all threads for up to 40 ms."""
    import hematodesk.imaging.crop
    import hematodesk.imaging.locate
    import hematodesk.imaging.thumbnail  # noqa: F401


def _failed(opened: OpenedImage) -> ImageResult:
    return ImageResult(
        name=_name(opened.source),
        path=_path(opened.source),
        digest="",
        width=0,
        height=0,
        status=ImageStatus.ERROR,
        fault=opened.fault,
        elapsed_ms=opened.elapsed_ms,
    )


def _no_memory(source: Source) -> Fault:
    return Fault(
        "out_of_memory",
        Message(N_("Errors", "{name} needs more memory than there is."), name=_name(source)),
        Message(N_("Errors", "Close other programs, or save the image smaller.")),
    )


def _name(source: Source) -> str:
    return source.name


def _page_name(name: str, page: int) -> str:
    """What a picture of a file is called: the first by the file's name alone."""
    return name if page == 1 else f"{name}, page {page}"


def _path(source: Source) -> str:
    if isinstance(source, Picture):
        return str(source.kept) if source.kept is not None else ""
    return str(source.absolute())


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000.0
