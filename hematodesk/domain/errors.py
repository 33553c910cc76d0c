"""Errors with a stable code, one sentence for the person, and what to do.

The environment's faults (a file, a disk, a driver) are HematodeskError; our own bugs stay
ordinary exceptions and end in the report of the program's edge.
"""

from __future__ import annotations


class HematodeskError(Exception):
    """A fault that the person can understand and often mend.

    Attributes:
        code: stable snake_case id, part of the command line's contract.
        message: one sentence; names the file or the field and the reason.
        remedy: what to do about it, one sentence; may be empty.
    """

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


class ImageError(HematodeskError):
    """An image that cannot be read. Codes are listed in imaging.read."""


class ModelError(HematodeskError):
    """A model package that cannot be used. Codes are listed in inference.package."""


class ProviderError(HematodeskError):
    """An execution provider that was required and is not to be had."""


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
