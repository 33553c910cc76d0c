"""Cells, predictions, reviews and results: the values that travel between the rooms.

Times are ISO 8601 strings in UTC with milliseconds, as `now_utc` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from hematodesk.domain.geometry import Box
from hematodesk.domain.messages import Message, understood
from hematodesk.domain.operators import Operator


def now_utc() -> str:
    """The present time: ISO 8601, UTC, milliseconds, ending in Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class CellOrigin(StrEnum):
    """Where a cell's box came from."""

    LOCATED = "located"
    ADDED = "added"
    WHOLE_IMAGE = "whole_image"


class ImageStatus(StrEnum):
    """How an image's analysis ended."""

    OK = "ok"
    NO_CELL = "no_cell"
    ERROR = "error"


class Verdict(StrEnum):
    """A person's verdict on a prediction."""

    AGREED = "agreed"
    CORRECTED = "corrected"
    REJECTED = "rejected"


class UncertainReason(StrEnum):
    """Why a model abstained."""

    LOW_CONFIDENCE = "low_confidence"
    UNFAMILIAR = "unfamiliar"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a prediction.

    Attributes:
        model, version, sha256: the package's name, version and the digest of its file.
        requested: the provider asked for (auto, cpu or cuda).
        provider: the provider that ran (cpu or cuda).
        elapsed_ms: time of preprocessing and inference for this cell, in milliseconds.
        created_at: when, UTC.
    """

    model: str
    version: str
    sha256: str
    requested: str
    provider: str
    elapsed_ms: float
    created_at: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's ranked class probabilities for one cell.

    Attributes:
        ranked: (class id, calibrated probability) pairs, most probable first, summing to 1.
        uncertain: None, or why the model abstains.
        provenance: what made it.
    """

    ranked: tuple[tuple[str, float], ...]
    uncertain: UncertainReason | None
    provenance: Provenance

    @property
    def class_id(self) -> str:
        """The most probable class."""
        return self.ranked[0][0]

    @property
    def confidence(self) -> float:
        """The calibrated probability of the most probable class."""
        return self.ranked[0][1]


@dataclass(frozen=True, slots=True)
class Review:
    """A person's verdict. `class_id` is the class that stands; None when rejected as no cell."""

    verdict: Verdict
    class_id: str | None
    operator: Operator
    created_at: str


@dataclass(frozen=True, slots=True)
class LocatedCell:
    """One cell as the locator found it: its box and a score from 0 to 1 (higher is surer)."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Localisation:
    """What the locator says of one image.

    Attributes:
        cells: best score first; empty when there is no white cell.
        red_cell_diameter: median diameter of the red cells in pixels of the image as given,
            or None when too few stand free to measure.
    """

    cells: tuple[LocatedCell, ...]
    red_cell_diameter: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of an image with all that is known of it. `id` is the history's, None before saving."""

    box: Box
    origin: CellOrigin
    score: float = 1.0
    prediction: Prediction | None = None
    review: Review | None = None
    note: str = ""
    removed: bool = False
    id: int | None = None

    @property
    def label(self) -> str | None:
        """The class that stands: the reviewed one if there is a review, else the predicted one.

        None when the review rejected it as no cell, or when there is neither.
        """
        if self.review is not None:
            return self.review.class_id
        return self.prediction.class_id if self.prediction is not None else None

    @property
    def uncertain(self) -> bool:
        """Whether the model abstains and no person has spoken yet."""
        return self.review is None and self.prediction is not None and self.prediction.uncertain is not None


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as data: code, one sentence, and what to do.

    Both texts are Messages, but for those of a history or an export that knew no templates.
    """

    code: str
    message: str
    remedy: str = ""

    def templates(self) -> dict[str, Any]:
        """What the two texts were made of, as plain JSON values: `with_templates` reads them."""
        texts = {"message": self.message, "remedy": self.remedy}
        return {key: text.document() for key, text in texts.items() if isinstance(text, Message)}

    def with_templates(self, documents: object) -> Fault:
        """The same fault that knows what its texts were made of, as far as the documents say just that.

        Whoever wrote them is not trusted: see messages.understood.
        """
        known = documents if isinstance(documents, dict) else {}
        message, remedy = known.get("message"), known.get("remedy")
        return Fault(self.code, understood(message, self.message), understood(remedy, self.remedy))


@dataclass(frozen=True, slots=True)
class ImageResult:
    """The result of analysing one image, ready to be saved.

    Attributes:
        name: the file's name, or what a pasted picture is called.
        path: absolute path as text; empty for a picture that came without a file.
        digest: SHA-256 of the file's bytes, hexadecimal; empty when it could not be read.
        width, height: pixels, upright; 0 when it could not be read.
        status: ok, no_cell or error.
        cells: the cells found (one whole-image cell for a whole-image package).
        fault: the error, when status is error.
        notices: codes of what the reader did that the user should know (domain.image_notices).
        thumbnail: JPEG bytes, longest edge 96 px; empty when it could not be read.
        red_cell_diameter: see Localisation.
        elapsed_ms: decode to answer, milliseconds.
        created_at: when, UTC.
    """

    name: str
    path: str
    digest: str
    width: int
    height: int
    status: ImageStatus
    cells: tuple[Cell, ...] = ()
    fault: Fault | None = None
    notices: tuple[str, ...] = ()
    thumbnail: bytes = b""
    red_cell_diameter: float | None = None
    elapsed_ms: float = 0.0
    created_at: str = field(default_factory=now_utc)
