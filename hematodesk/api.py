"""Names cells from Python, without a window: the public interface for scripts, notebooks and clusters.

    from hematodesk import api

    with api.open_model("wbc4") as model:
        for result in model.name_images(["smear_1.jpg", "smear_2.jpg"]):
            for cell in result.cells:
                print(result.name, cell.box, cell.prediction.class_id, cell.prediction.confidence)

It is the program's own run, the one behind the window and `hematodesk classify`: hostile files are decoded in
confined child processes, and the answers are the same to the last digit on one computer. Nothing is saved.

What this module names in `__all__` is public and versioned by `API_VERSION` (semantic versioning: a new major
number where a caller may have to change something, a new minor one where something was added). Every other
module of hematodesk may change with any release.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import (
    Cell,
    CellOrigin,
    Fault,
    ImageResult,
    ImageStatus,
    Prediction,
    Provenance,
    UncertainReason,
)
from hematodesk.domain.errors import (
    Cancelled,
    HematodeskError,
    ModelError,
    PathError,
    PolicyError,
    ProviderError,
)
from hematodesk.domain.geometry import Box

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.workflow.analysis.run_job import RunEvent
    from hematodesk.workflow.analysis.sources import Source
    from hematodesk.workflow.services import Services

__all__ = [
    "API_VERSION",
    "Box",
    "Cell",
    "CellOrigin",
    "Fault",
    "FoundImages",
    "HematodeskError",
    "Image",
    "ImageResult",
    "ImageStatus",
    "Model",
    "ModelError",
    "PathError",
    "PolicyError",
    "Prediction",
    "Provenance",
    "ProviderError",
    "UncertainReason",
    "find_images",
    "open_model",
]

API_VERSION = "1.1.0"

ImageData: TypeAlias = "bytes | npt.NDArray[np.uint8]"

Image: TypeAlias = "str | Path | ImageData | tuple[str, ImageData]"
"""An image to name: the path of a file, the bytes of one, or RGB pixels as uint8 (H, W, 3).

Bytes and pixels may come with a name, as (name, data); without one they are called image 1, image 2 ... by
their place among the images.
"""

_READ_AHEAD = 128
"""Most results that wait for the caller; the run pauses while there are as many."""

_LOOK_S = 0.1
"""Seconds between two checks whether a run that waits for its caller is still wanted."""


def open_model(
    model: str | Path | None = None, *, provider: str | None = None, data_dir: str | Path | None = None
) -> Model:
    """Load a model package.

    Args:
        model: a package's name (`wbc4`), or the path of an .onnx package. None takes the one that was chosen
            last in the program; name it for work that is to be repeated elsewhere.
        provider: `auto`, `cpu` or `cuda`; None takes the one chosen last. What runs is `Model.provider`.
        data_dir: the program's data folder, with imported models and settings; None is the user's own.

    Raises:
        ModelError: there is no such package, or it cannot be used.
        ProviderError: the required provider is not available.
        PolicyError: the computer's administrator does not allow it, or the policy cannot be read.
        PathError: the data folder cannot be found.
    """
    from hematodesk.bootstrap import build

    services = build(None if data_dir is None else Path(data_dir))
    try:
        return Model(services, None if model is None else str(model), provider)
    except BaseException:
        services.close()
        raise


@dataclass(frozen=True, slots=True)
class FoundImages:
    """The image files in folders, and what else is there.

    Attributes:
        images: in natural order.
        left_out: how many files of each kind are not read ("HEIC", "ND2"); the key is empty for files without
            an ending, and "?" for unusual ones. A system's own files and images' companions are not counted.
        told: the same in English, with links that are not followed and folders that cannot be listed.
    """

    images: tuple[Path, ...]
    left_out: dict[str, int]
    told: tuple[str, ...]


def find_images(*folders: str | Path, recursive: bool = True) -> FoundImages:
    """List the image files of folders, as the program does for a folder that is opened.

    A file among them is taken as it is named. Raises nothing: reading an image says what is wrong with it.
    """
    from hematodesk.domain.left_out import LeftOut
    from hematodesk.workflow.analysis.image_files import gather_images

    left_out = LeftOut()
    images = tuple(gather_images(map(Path, folders), recursive, left_out))
    return FoundImages(images, dict(left_out.kinds), tuple(left_out.words()))


class Model:
    """A loaded model package that names images; made by `open_model`. For a `with` block, or `close` it.

    Several threads may name images with one model at once. Another process opens its own.

    Attributes:
        name, version, sha256: the package's, and the digest of its file.
        classes: the ids of its classes.
        provider: what it computes on, `cpu` or `cuda`.
        provider_reason: why that is not what was asked for, one sentence; empty when it is.
    """

    def __init__(self, services: Services, model: str | None, provider: str | None) -> None:
        loaded = services.models.load(model, provider)
        self.name: str = loaded.package.name
        self.version: str = loaded.package.version
        self.sha256: str = loaded.package.sha256
        self.classes: tuple[str, ...] = loaded.package.class_ids
        self.provider: str = loaded.active
        self.provider_reason: str = str(loaded.provider_reason)
        self._services = services
        self._lock = threading.Lock()
        self._runs: set[_Run] = set()
        self._closed = False

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def name_images(
        self, images: Iterable[Image], *, whole_image: bool = False, page: int | None = None
    ) -> Iterator[ImageResult]:
        """Name the cells of images; one result an image, in their order, each soon after it is ready.

        An image that cannot be read gives a result with status `error` and its `fault`, and stops no other.
        Closing the iterator (or leaving the loop and dropping it) stops the work.

        Args:
            images: read in another thread, a little ahead of the results; may be endless.
            whole_image: name each image as one cell instead of looking for cells.
            page: which picture of files that have several (TIFF), counted from 1; None for the first. A file
                without it gives a result with the fault page_not_there.

        Raises:
            TypeError, ValueError: one is no image (see `Image`); those before it are named first.
            RuntimeError: the model was closed meanwhile.
            Whatever reading `images` raises.
        """
        if isinstance(images, (str, bytes, Path)):
            raise TypeError("name_images takes several images; for a single one there is name_image")
        run = _Run(self._services, images, whole_image, page)
        with self._lock:
            if self._closed:
                raise RuntimeError("the model is closed")
            self._runs.add(run)
        try:
            yield from run.results()
        finally:
            run.stop()
            with self._lock:
                self._runs.discard(run)

    def name_image(self, image: Image, *, whole_image: bool = False, page: int | None = None) -> ImageResult:
        """Name the cells of one image; see `name_images`."""
        (result,) = self.name_images([image], whole_image=whole_image, page=page)
        return result

    def close(self) -> None:
        """Stop what is under way, and end the child processes; safe to call twice."""
        with self._lock:
            self._closed = True
            runs = tuple(self._runs)
        for run in runs:
            run.stop()
        self._services.close()


class _Run:
    """One call of name_images: a run job in a thread of its own, and the queue of its results."""

    def __init__(
        self, services: Services, images: Iterable[Image], whole_image: bool, page: int | None = None
    ) -> None:
        self._services = services
        self._images = images
        self._whole_image = whole_image
        self._page = page
        self._cancel = CancelToken()
        self._end: BaseException | None = None
        self._results: queue.Queue[ImageResult | BaseException | None] = queue.Queue(_READ_AHEAD)
        # A daemon: a forgotten iterator must not keep Python from ending.
        self._thread = threading.Thread(target=self._work, name="hematodesk-api", daemon=True)

    def results(self) -> Iterator[ImageResult]:
        """The results as they come. Raises what ended the run."""
        self._thread.start()
        while True:
            got = self._results.get()
            if got is None:
                return
            if isinstance(got, Cancelled):
                raise RuntimeError("the model was closed while it was naming images")
            if isinstance(got, BaseException):
                raise got
            yield got

    def stop(self) -> None:
        """End the run, and wait for that."""
        self._cancel.cancel()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _work(self) -> None:
        from hematodesk.workflow.analysis.run_job import RunJob, RunRequest
        from hematodesk.workflow.analysis.source_streams import LazySources

        request = RunRequest(LazySources(self._sources()), whole_image=self._whole_image, page=self._page)
        try:
            if RunJob(self._services, request).run(self._cancel, self._tell).summary.cancelled:
                self._end = Cancelled()
        except BaseException as fault:  # noqa: BLE001 - the edge of a thread: the caller gets it
            self._end = fault
        self._put(self._end)

    def _sources(self) -> Iterator[Source]:
        """The images in the run's own form, up to one that is none: what came before it is named first."""
        try:
            for place, image in enumerate(self._images, 1):
                yield _source(image, place)
        except Exception as fault:  # noqa: BLE001 - the caller's own: it gets it behind the last result
            self._end = fault

    def _tell(self, event: RunEvent) -> None:
        from hematodesk.workflow.analysis.run_job import Answers

        if isinstance(event, Answers):
            for answer in event.answers:
                self._put(answer.result)

    def _put(self, result: ImageResult | BaseException | None) -> None:
        """Pass it to the caller as soon as there is room; drop it when the caller has gone."""
        while True:
            try:
                self._results.put(result, timeout=_LOOK_S)
                return
            except queue.Full:
                if self._cancel.cancelled:
                    # The caller may still be waiting: the end replaces a result, unless it just took all.
                    with contextlib.suppress(queue.Empty):
                        self._results.get_nowait()


def _source(image: Image, place: int) -> Source:
    """The run's own form of an image. Raises TypeError and ValueError where it is none."""
    from hematodesk.workflow.analysis.sources import Picture, picture_from_pixels

    if isinstance(image, (str, Path)):
        return Path(image)
    name, data = image if isinstance(image, tuple) and len(image) == 2 else (f"image {place}", image)
    if not isinstance(name, str):
        raise TypeError(f"image {place} is named by a {type(name).__name__}, not by a str")
    if isinstance(data, (bytes, bytearray, memoryview)):
        return Picture(bytes(data), name)
    import numpy as np

    if not isinstance(data, np.ndarray):
        raise TypeError(
            f"{name} is a {type(data).__name__}; an image is a path, a file's bytes, or an array of pixels"
        )
    if data.dtype != np.uint8 or data.ndim != 3 or data.shape[2] != 3 or 0 in data.shape:
        raise ValueError(
            f"{name} has the shape {data.shape} of {data.dtype}; pixels are (height, width, 3) of uint8, RGB"
        )
    return picture_from_pixels(np.ascontiguousarray(data), name)
