"""What the administrator of this computer allows, read from one file that users cannot write.

The file is JSON, in a folder of the system:

- Linux: /etc/hematodesk/policy.json
- Windows: the system's ProgramData folder\\hematodesk\\policy.json
- macOS: /Library/Application Support/hematodesk/policy.json

    {"schema": 1, "data_folder": "D:\\\\cells\\\\%USERNAME%", "packages": ["wbc4"], "provider": "cpu",
     "export": false, "camera": false, "model_import": false, "slides": false}

Every field but the schema may be left out. A policy that cannot be read or understood stops the
program: going on without it could allow what was meant to be forbidden. Only where nothing is there, not
even a dangling link or something else in the folder's place, is there no policy.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hematodesk.domain.errors import ModelError, PolicyError
from hematodesk.domain.messages import N_, Message, reason_of
from hematodesk.workflow.system.identity import expanded, program_data
from hematodesk.workflow.system.prohibitions import PROHIBITIONS, prohibition

if TYPE_CHECKING:
    from hematodesk.domain.packages import ModelPackage

SCHEMA = 1
_LARGEST = 1024 * 1024
_PROVIDERS = ("auto", "cpu", "cuda")


@dataclass(frozen=True, slots=True)
class Policy:
    """The administrator's policy; without a file everything is allowed.

    Attributes:
        file: its path, None without one.
        data_folder: the data folder of every user; None leaves it to the user.
        packages: the only packages that may be used, None for all. A name or name@version stands for one
            that came with the program, whatever other files call themselves; a SHA-256 for that file.
        provider: auto, cpu or cuda, for every user; None leaves it to the user.
        export, camera, model_import, slides: whether these are allowed.
    """

    file: Path | None = None
    data_folder: Path | None = None
    packages: tuple[str, ...] | None = None
    provider: str | None = None
    export: bool = True
    camera: bool = True
    model_import: bool = True
    slides: bool = True

    @property
    def settings(self) -> dict[str, str]:
        """Settings that the policy fixes."""
        return {"provider": self.provider} if self.provider is not None else {}

    def in_words(self) -> str:
        """What it sets and forbids, in the program's plain English; never empty."""
        told = []
        if self.data_folder is not None:
            told.append(f"data in {self.data_folder}")
        if self.packages is not None:
            told.append(f"models {', '.join(self.packages) or 'none'}")
        if self.provider is not None:
            told.append(f"provider {self.provider}")
        told += [f"no {each.barred}" for each in PROHIBITIONS if not getattr(self, each.name)]
        return "; ".join(told) or "it sets nothing"

    def require(self, what: str) -> None:
        """Raise PolicyError (not_allowed) unless that is allowed; see `prohibitions` for what it covers."""
        if not getattr(self, what):
            raise PolicyError(
                "not_allowed",
                N_("Errors", "{what} is not allowed on this computer."),
                self._ask(N_("Errors", "It is set in {name}: ask the administrator.")),
                what=Message(prohibition(what).title),
            )

    def check_data_dir(self, override: Path | None) -> Path | None:
        """The data folder to use. Raises PolicyError (not_allowed) when another one is asked for."""
        if self.data_folder is None:
            return override
        if override is not None and override.expanduser().absolute() != self.data_folder:
            raise PolicyError(
                "not_allowed",
                N_(
                    "Errors", "The data folder of this computer is {folder}, and --data-dir asks for another."
                ),
                self._ask(N_("Errors", "It is set in {name}: ask the administrator.")),
                folder=self.data_folder,
            )
        return self.data_folder

    def check_provider(self, asked: str | None) -> None:
        """Raise PolicyError (not_allowed) when another provider than the policy's is asked for."""
        if self.provider is not None and asked is not None and asked != self.provider:
            raise PolicyError(
                "not_allowed",
                N_("Errors", "Models compute on “{provider}” on this computer; “{asked}” is not allowed."),
                self._ask(N_("Errors", "It is set in {name}: ask the administrator.")),
                provider=self.provider,
                asked=asked,
            )

    def refusal(self, package: ModelPackage) -> ModelError | None:
        """Why a package may not be used; None when it may."""
        if self.packages is not None and package.sha256 in self.packages:
            return None
        if package.shipped:
            names = {package.name, f"{package.name}@{package.version}"}
            if self.packages is None or names & set(self.packages):
                return None
        elif self.packages is None and self.model_import:
            return None
        return ModelError(
            "not_allowed",
            N_("Errors", "The model {name} {version} is not among those allowed on this computer."),
            self._ask(N_("Errors", "The list is set in {name}: ask the administrator.")),
            name=package.name,
            version=package.version,
        )

    def _ask(self, template: str) -> Message:
        return Message(template, name=self.file)


NO_POLICY = Policy()


def policy_file() -> Path:
    """The path of this system's policy, whether it exists or not; the environment is not asked.

    Raises PolicyError (policy_invalid) when the system does not say where it would be.
    """
    if sys.platform == "win32":
        try:
            return program_data() / "hematodesk" / "policy.json"
        except OSError as fault:
            raise _invalid(Path("policy.json"), str(fault)) from fault
    if sys.platform == "darwin":
        return Path("/Library/Application Support/hematodesk/policy.json")
    return Path("/etc/hematodesk/policy.json")


def read_policy(file: Path) -> Policy:
    """The policy of a file; one that allows everything when nothing is there.

    Raises PolicyError (policy_invalid), naming the file and the field.
    """
    try:
        if _absent(file):
            return Policy()
        about = file.stat()
        if not stat.S_ISREG(about.st_mode):
            raise _invalid(file, Message(N_("Errors", "it is no file")))
        if about.st_size > _LARGEST:
            raise _invalid(file, Message(N_("Errors", "it is larger than 1 MB")))
        document = json.loads(file.read_bytes(), object_pairs_hook=lambda pairs: _once(file, pairs))
    except OSError as fault:
        raise _invalid(file, reason_of(fault)) from fault
    except RecursionError as fault:
        raise _invalid(file, Message(N_("Errors", "it is nested too deep"))) from fault
    except ValueError as fault:
        raise _invalid(file, Message(N_("Errors", "it is no JSON"))) from fault
    if not isinstance(document, dict):
        raise _invalid(file, Message(N_("Errors", "it holds no JSON object")))
    return _checked(file, document)


def _absent(file: Path) -> bool:
    """Whether neither the file is there nor anything in its place. Raises OSError, PolicyError.

    A link that leads nowhere, or a file in a folder's place, may hide a policy.
    """
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    else:
        return False
    for folder in file.parents:
        try:
            folder.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise _invalid(file, Message(N_("Errors", "{folder} is no folder"), folder=folder))
        return True
    return True


def _once(file: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object none of whose fields stands twice: the second could lift the first."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _invalid(file, Message(N_("Errors", "“{name}” stands there twice"), name=name[:80]))
        found[name] = value
    return found


def writable_by_user(file: Path) -> bool:
    """Whether the person at work could change the policy, or put another one in its place."""
    if sys.platform == "win32":
        return _writable_by_trying(file)
    places = [each for each in (file, file.parent, file.parent.parent) if each.exists()]
    # Root may write everything; that is no fault of the rights.
    return os.geteuid() != 0 and any(os.access(each, os.W_OK, effective_ids=True) for each in places)


def _writable_by_trying(file: Path) -> bool:
    """Windows' rights are only known by trying; nothing is changed."""
    with contextlib.suppress(OSError):
        file.open("r+b").close()
        return True
    with contextlib.suppress(OSError), tempfile.TemporaryFile(dir=file.parent):
        return True
    return False


def _checked(file: Path, document: dict[str, Any]) -> Policy:
    readers: dict[str, Callable[[Any], Any]] = {
        "data_folder": _folder,
        "packages": _packages,
        "provider": _provider,
        **{each.name: _flag for each in PROHIBITIONS},
    }
    if document.get("schema") != SCHEMA:
        raise _invalid(file, Message(N_("Errors", "“schema” must be {schema}"), schema=SCHEMA))
    read: dict[str, Any] = {}
    for name, value in document.items():
        if name == "schema":
            continue
        # An unknown field may be a misspelt prohibition.
        if name not in readers:
            none = N_("Errors", "“{name}” is none of {names}")
            raise _invalid(file, Message(none, name=name[:80], names=", ".join(readers)))
        try:
            read[name] = readers[name](value)
        except ValueError as fault:
            raise _invalid(file, Message("“{name}” {reason}", name=name, reason=fault.args[0])) from fault
    return Policy(file=file, **read)


def _folder(value: object) -> Path:
    if not isinstance(value, str) or not value:
        raise ValueError(Message(N_("Errors", "must be a path")))
    try:
        folder = Path(expanded(value))
    except OSError as fault:
        raise ValueError(reason_of(fault)) from fault
    except ValueError as fault:
        words = N_("Errors", "names {name}, which the system does not fill in")
        raise ValueError(Message(words, name=fault.args[0])) from fault
    if not folder.is_absolute():
        raise ValueError(Message(N_("Errors", "must be an absolute path, not {value}"), value=value))
    return folder


def _packages(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise ValueError(Message(N_("Errors", "must be a list of names")))
    return tuple(value)


def _provider(value: object) -> str:
    if value not in _PROVIDERS:
        raise ValueError(Message(N_("Errors", "must be one of {names}"), names=", ".join(_PROVIDERS)))
    return str(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(Message(N_("Errors", "must be true or false")))
    return value


def _invalid(file: Path, why: str) -> PolicyError:
    return PolicyError(
        "policy_invalid",
        N_("Errors", "The administrator's policy {name} cannot be followed: {reason}."),
        N_("Errors", "Have the administrator mend it; until then the program does not start."),
        name=file,
        reason=why,
    )
