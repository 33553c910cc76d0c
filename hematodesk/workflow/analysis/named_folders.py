"""The folders that a batch was given, and whether one of them (a stick, a share) has vanished since."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from hematodesk.domain.cells import ImageResult
from hematodesk.domain.image_formats import image_suffixes
from hematodesk.domain.slide_regions import region_of
from hematodesk.workflow.analysis.image_files import is_folder

_NOT_READ = frozenset({"file_not_found", "file_unreadable"})


class NamedFolders:
    """The folders among what was named, and those of the files that were named, as they are now.

    Only folders that exist at the beginning can vanish: a folder that was deleted on purpose must not
    stop a batch each time that it is resumed.
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        suffixes = image_suffixes()
        folders: dict[Path, None] = {}
        for root in roots:
            path = root.absolute()
            if (named := region_of(path)) is not None:
                path, _ = named
            # Asking for the drive of each of a thousand named files would take long.
            is_file = path.suffix.casefold() in suffixes or not is_folder(path)
            folders[path.parent if is_file else path] = None
        devices = ((folder, _device(folder)) for folder in folders)
        self._devices = {folder: device for folder, device in devices if device is not None}

    def gone(self, result: ImageResult) -> Path | None:
        """The named folder that an image was in, where that is why it could not be read."""
        if result.fault is None or result.fault.code not in _NOT_READ or not result.path:
            return None
        for folder in Path(result.path).parents:
            if folder in self._devices:
                return folder if _device(folder) != self._devices[folder] else None
        return None


def _device(folder: Path) -> int | None:
    """The device of a folder; None when it does not exist, or the drive does not answer.

    The place where a drive was mounted may still be there: it lies on another device then.
    """
    try:
        device = folder.stat().st_dev
    except (OSError, ValueError):
        return None
    try:
        with os.scandir(folder) as entries:
            list(islice(entries, 1))
    except PermissionError:
        # Files in it may still be readable by name.
        return device
    except OSError:
        return None
    return device
