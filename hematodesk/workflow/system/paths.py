"""The program's paths: the user's data folder, shipped model packages, resources."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from hematodesk.domain.errors import PathError
from hematodesk.domain.files import make_folder
from hematodesk.domain.messages import N_, reason_of
from hematodesk.workflow.system.private_folder import keep_private

PORTABLE_MARKER = "hematodesk-portable"
PORTABLE_FOLDER = "hematodesk-data"

_prepared: set[Path] = set()
_PACKAGE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class AppPaths:
    """The files and folders of one data folder, and the program's own resources.

    The properties create nothing; `prepare` makes the data folder.

    Attributes:
        data: the data folder.
        portable: whether a marker file chose it.
        shipped_models, resources: what the program brought with it, read-only.
    """

    data: Path
    portable: bool
    shipped_models: Path
    resources: Path

    @property
    def settings_file(self) -> Path:
        """The settings, JSON."""
        return self.data / "settings.json"

    @property
    def history_file(self) -> Path:
        """The history's database."""
        return self.data / "history.sqlite3"

    @property
    def backups(self) -> Path:
        """The daily backups of the history."""
        return self.data / "backups"

    @property
    def user_models(self) -> Path:
        """Packages that the user imported."""
        return self.data / "models"

    @property
    def model_verdicts(self) -> Path:
        """What came out when models that did not come with the program were tried, JSON."""
        return self.data / "model-verdicts.json"

    @property
    def pictures(self) -> Path:
        """Pasted and dragged pictures that came without a file, kept so that they open again."""
        return self.data / "pictures"

    @property
    def runs(self) -> Path:
        """The locks of the running batches."""
        return self.data / "runs"

    @property
    def scratch(self) -> Path:
        """Files that an export needs only while it is written."""
        return self.data / "scratch"

    @property
    def log_file(self) -> Path:
        """The log: codes, counts and versions only."""
        return self.data / "hematodesk.log"

    @property
    def crash_file(self) -> Path:
        """The file for the code lines of a native crash."""
        return self.data / "crash.log"

    @property
    def samples(self) -> Path:
        """The sample images."""
        return self.resources / "samples"

    @property
    def own(self) -> tuple[Path, ...]:
        """What no output may touch, with all that is in it; what may only be linked to is named."""
        linked = (self.history_file, self.settings_file, self.backups, self.user_models, self.pictures)
        brought = (self.shipped_models, self.resources, _PACKAGE)
        # A folder above the data folder is not all the program's.
        return (self.data, *linked, self.runs, *(each for each in brought if not self._lies_in(each)))

    def _lies_in(self, folder: Path) -> bool:
        return self.data.is_relative_to(folder)

    def prepare(self) -> None:
        """Make the data folder, readable by its owner alone where the system knows such rights.

        The first call of a process closes an older, looser one, and removes what killed programs left.
        Raises PlaceError (data_folder_unusable) when it cannot be made.
        """
        try:
            made = not self.data.exists()
            make_folder(self.data)
        except OSError as fault:
            raise PathError(
                "data_folder_unusable",
                N_("Errors", "The data folder {folder} cannot be made: {reason}."),
                N_("Errors", "Choose a folder you may write to with --data-dir."),
                folder=self.data,
                reason=reason_of(fault),
            ) from fault
        if self.data not in _prepared:
            _prepared.add(self.data)
            keep_private(self.data, made=made)


def find_paths(override: Path | None = None) -> AppPaths:
    """The places for this start.

    `--data-dir` wins, then a marker file beside the program, then the platform's data folder.
    """
    marked = None if override is not None else _portable_folder()
    return AppPaths(
        data=data_dir(override),
        portable=marked is not None,
        shipped_models=models_dir(),
        resources=resources_dir(),
    )


def data_dir(override: Path | None = None) -> Path:
    """The data folder, absolute; it need not exist yet."""
    if override is not None:
        return Path(override).expanduser().absolute()
    marked = _portable_folder()
    if marked is not None:
        return marked
    from platformdirs import user_data_path

    return user_data_path("hematodesk", appauthor=False)


def models_dir() -> Path:
    """The folder of the shipped model packages."""
    return _brought("models")


def resources_dir() -> Path:
    """The folder of icons, samples and texts."""
    return _brought("resources")


def _brought(name: str) -> Path:
    """A folder of the program: frozen, installed, or in the source tree.

    A source tree wins over an installed copy only because the installed package has no such
    neighbour: `_data` exists in wheels alone.
    """
    installed = _PACKAGE / "_data" / name
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        bundled = Path(frozen) / "hematodesk" / "_data" / name
        return bundled if bundled.is_dir() else Path(frozen) / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def _portable_folder() -> Path | None:
    """The data folder that a marker file beside the program asks for, if there is one.

    Beside the program means the frozen executable, or the script that was started. The working
    folder does not count: it may be somebody's memory stick full of images.
    """
    program = sys.executable if getattr(sys, "frozen", False) else sys.argv[0] if sys.argv else ""
    if not program:
        return None
    folder = Path(program).absolute().parent
    try:
        marked = (folder / PORTABLE_MARKER).is_file()
    except OSError:
        return None
    return folder / PORTABLE_FOLDER if marked else None
