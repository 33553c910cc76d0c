"""Errors with a stable code, one sentence for the person as template and data, and what to do.

The environment's faults (a file, a disk, a driver) are HematodeskError; our own bugs stay
ordinary exceptions and end in the report of the program's edge.
"""

from __future__ import annotations

from hematodesk.domain.messages import Message


class HematodeskError(Exception):
    """A fault that the person can understand and often mend.

    Attributes:
        code: stable snake_case id, part of the command line's contract.
        message: one sentence in English; names the file or the field and the reason. A Message.
        remedy: what to do about it, one sentence; may be empty. A Message.
    """

    def __init__(self, code: str, template: str, remedy: str = "", /, **data: object) -> None:
        """Template and remedy are marked with N_ where they stand, and share the data.

        A sentence that is a Message already is taken as it is. Tools beside the program, which are not
        translated, give a finished sentence and no data.
        """
        self.code = code
        self.message = _message(template, data)
        self.remedy = _message(remedy, data)
        super().__init__(self.message)

    def __reduce__(self) -> tuple[type[HematodeskError], tuple[str, str, str]]:
        """Errors go from process to process whole: where many compute, one of them may raise."""
        return type(self), (self.code, self.message, self.remedy)


def _message(template: str, data: dict[str, object]) -> Message:
    return template if isinstance(template, Message) else Message(template, **data)


class ImageError(HematodeskError):
    """An image that cannot be read. Codes are listed in imaging.read."""


class ModelError(HematodeskError):
    """A model package that cannot be used. Codes are listed in inference.package."""


class ProviderError(HematodeskError):
    """A required execution provider that is not available."""


class HistoryError(HematodeskError):
    """The history cannot be opened, read or written. Codes are listed in storage.history."""


class ExportError(HematodeskError):
    """An export that could not be written."""


class CameraError(HematodeskError):
    """A camera or a video file that gives no pictures. Codes are listed in imaging.capture."""


class DocumentError(HematodeskError):
    """A file to import that cannot be read or understood. Codes are listed in reporting.json_import."""


class SettingsError(HematodeskError):
    """A setting's value that is not allowed."""


class Cancelled(Exception):
    """The person stopped the work: normal, not an error."""


class PolicyError(HematodeskError):
    """Something that the computer's administrator does not allow. Codes: policy_invalid, not_allowed."""


class PathError(HematodeskError):
    """A folder of the program that cannot be found, made or written."""
