"""The available packages: those shipped with the program and those that the user imported.

Shipped packages stand in a folder with SHA256SUMS and are never written to. Imported ones are
copies in the user's folder; the copy's name carries the first digits of its digest, so that a
byte changed later is noticed without a second file that could get lost.
"""

from __future__ import annotations

import builtins
import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hematodesk.domain.errors import ModelError
from hematodesk.domain.files import make_folder, write_whole
from hematodesk.domain.messages import N_, Message, reason_of
from hematodesk.domain.packages import BrokenPackage, Listed, ModelPackage, PackageCheck
from hematodesk.inference.digests import DIGEST_FILE, read_digests
from hematodesk.inference.foreign_models import foreign_error, foreign_head
from hematodesk.inference.manifest_json import NAME_PATTERN, VERSION_PATTERN
from hematodesk.inference.package import parse_package, read_model_bytes, read_package
from hematodesk.inference.provider import open_bytes
from hematodesk.inference.report_folder import copy_report, remove_report

_REFERENCE = re.compile(rf"({NAME_PATTERN})(?:@({VERSION_PATTERN}))?")
_DIGITS = 16
_DIGEST_IN_NAME = re.compile(rf"-([0-9a-f]{{{_DIGITS}}})\.onnx")


Attempt = Callable[[bytes, ModelPackage], object]
"""Loads and runs once the bytes that a package was parsed from. Raises ModelError."""


class PackageStore:
    """The shipped folder and the user's folder, read anew in every call.

    Args:
        attempt: how a package is tried before it is imported; by default in this process.
        refusal: why a package may not be used here at all; it is then listed as broken.
    """

    def __init__(
        self,
        shipped_dir: Path,
        user_dir: Path,
        attempt: Attempt = open_bytes,
        refusal: Callable[[ModelPackage], ModelError | None] = lambda _package: None,
    ) -> None:
        self._shipped_dir = shipped_dir
        self._user_dir = user_dir
        self._attempt = attempt
        self._refusal = refusal
        self.class_orders: dict[str, tuple[str, ...]] = {}
        """The class ids of the packages that were seen, by SHA-256."""

    def list(self) -> builtins.list[Listed]:
        """Every package, shipped ones first, by name, newest version first; broken ones among them.

        Raises ModelError `model_unreadable` when a folder cannot be listed.
        """
        found = [self._allowed(each) for each in (*self._shipped(), *self._imported())]
        self.class_orders |= {
            each.sha256: tuple(each.class_ids) for each in found if isinstance(each, ModelPackage)
        }
        found.sort(key=lambda each: _version_key(each.version), reverse=True)
        found.sort(key=lambda each: (not each.shipped, each.name))
        return found

    def find(self, name_or_path: str) -> ModelPackage:
        """The package with that name (`wbc4`), name and version (`wbc4@1.0.0`), or file.

        Of several with the name those that came with the program go first, then the newest.

        What could be a name is treated as one; a file in the working folder without a suffix is
        given as `./file`.
        Raises ModelError: model_not_found, or whatever is wrong with the package meant.
        """
        reference = _REFERENCE.fullmatch(name_or_path)
        if reference is None:
            return self._file(Path(name_or_path))
        matching = [each for each in self.list() if _matches(each, reference)]
        usable = [each for each in matching if isinstance(each, ModelPackage)]
        if usable:
            # A file may call itself what it likes: a name means the program's own package where there is one.
            return max(usable, key=lambda each: (each.shipped, _version_key(each.version)))
        for each in matching:
            if isinstance(each, BrokenPackage):
                raise each.error
        with contextlib.suppress(OSError):
            # A SavedModel is a folder, and may be called as a package is.
            folder = Path(name_or_path)
            foreign = foreign_head(folder) if folder.is_dir() else None
            if foreign is not None:
                raise foreign_error(folder.name, foreign)
        raise self._no_such(name_or_path)

    def import_file(self, path: Path) -> ModelPackage:
        """Copy a package into the user's folder, once it was loaded and ran, and its report with it.

        Importing the same bytes again gives the package that is there.
        Raises ModelError: those of `read_package` and of the attempt; `model_exists` when another
        package has its name and version; `models_unwritable` when the copy cannot be written.
        """
        package = self.import_bytes(read_model_bytes(path), path)
        if not package.shipped:
            copy_report(path, package.path)
        return package

    def import_bytes(self, data: bytes, path: Path) -> ModelPackage:
        """The same for a package's bytes that were read from, or would be called, `path`."""
        package = self._usable(self._known(parse_package(data, path)))
        same = [each for each in self.list() if (each.name, each.version) == (package.name, package.version)]
        for each in same:
            if isinstance(each, ModelPackage) and each.sha256 == package.sha256:
                return each
        target = self._user_dir / f"{package.name}-{package.version}-{package.sha256[:_DIGITS]}.onnx"
        # Importing the same bytes again repairs a damaged copy.
        if any(each.path != target for each in same):
            raise ModelError(
                "model_exists",
                N_("Errors", "Another model named {name} {version} is here already."),
                N_("Errors", "Remove that one first, or give the new one another version."),
                name=package.name,
                version=package.version,
            )
        self._attempt(data, package)
        self._write(target, data)
        return replace(package, path=target)

    def remove(self, name: str) -> None:
        """Delete an imported package, named as in `find`, or as `list` names a broken one.

        Raises ModelError: model_not_found; `model_shipped` for one that came with the program;
        `model_ambiguous` when several versions have the name; `models_unwritable`.
        """
        reference = _REFERENCE.fullmatch(name)
        matching = [
            each
            for each in self.list()
            if each.name == name or (reference is not None and _matches(each, reference))
        ]
        imported = [each for each in matching if not each.shipped]
        if not matching:
            raise self._no_such(name)
        if not imported:
            raise ModelError(
                "model_shipped",
                N_("Errors", "The model {name} came with the program and stays."),
                name=name,
            )
        if len(imported) > 1:
            versions = ", ".join(each.version or each.path.name for each in imported)
            raise ModelError(
                "model_ambiguous",
                N_("Errors", "Several models are named {name}: {versions}."),
                N_("Errors", "Name one of them, such as {name}@{version}."),
                name=name,
                versions=versions,
                version=imported[0].version,
            )
        try:
            imported[0].path.unlink(missing_ok=True)
        except OSError as fault:
            raise _unwritable(fault) from None
        remove_report(imported[0].path)

    def verify(self) -> builtins.list[PackageCheck]:
        """Check every package's bytes, digest and manifest; those that are listed but missing too."""
        return [
            PackageCheck(
                each.path,
                each.shipped,
                each.name,
                each.version,
                each.error if isinstance(each, BrokenPackage) else None,
            )
            for each in self.list()
        ]

    def _shipped(self) -> builtins.list[Listed]:
        files = _models_in(self._shipped_dir)
        try:
            digests = read_digests(self._shipped_dir)
        except ModelError as error:
            return [BrokenPackage(path, True, path.stem, "", error) for path in files]
        found = [_checked(path, digests.get(path.name, ""), shipped=True) for path in files]
        present = {path.name for path in files}
        for name in digests:
            if name.lower().endswith(".onnx") and name not in present:
                path = self._shipped_dir / name
                missing = ModelError(
                    "model_not_found",
                    N_("Errors", "The shipped model {name} is missing."),
                    N_("Errors", "Install the program again."),
                    name=name,
                )
                found.append(BrokenPackage(path, True, path.stem, "", missing))
        return found

    def _imported(self) -> builtins.list[Listed]:
        return [
            _checked(path, match[1] if (match := _DIGEST_IN_NAME.search(path.name)) else "", shipped=False)
            for path in _models_in(self._user_dir)
        ]

    def _file(self, path: Path) -> ModelPackage:
        """A package given by its file; in one of our own folders its digest is checked, too."""
        with contextlib.suppress(OSError, ValueError):
            folder = path.resolve(strict=True).parent
            own = {self._shipped_dir.resolve(): self._shipped, self._user_dir.resolve(): self._imported}
            for each in own[folder]() if folder in own else ():
                if each.path.name == path.name:
                    if isinstance(each, BrokenPackage):
                        raise each.error
                    return self._usable(each)
        return self._usable(self._known(read_package(path)))

    def _known(self, package: ModelPackage) -> ModelPackage:
        """The package, marked as shipped where its bytes are those of one that came with the program."""
        with contextlib.suppress(ModelError):
            if package.sha256 in read_digests(self._shipped_dir).values():
                return replace(package, shipped=True)
        return package

    def _allowed(self, each: Listed) -> Listed:
        error = self._refusal(each) if isinstance(each, ModelPackage) else None
        if error is None:
            return each
        return BrokenPackage(each.path, each.shipped, each.name, each.version, error)

    def _usable(self, package: ModelPackage) -> ModelPackage:
        error = self._refusal(package)
        if error is not None:
            raise error
        return package

    def _no_such(self, name: str) -> ModelError:
        there = [f"{each.name}@{each.version}" for each in self.list() if isinstance(each, ModelPackage)]
        return ModelError(
            "model_not_found",
            N_("Errors", "There is no model named {name}."),
            N_("Errors", "Choose one of: {names}.") if there else N_("Errors", "Import a model package."),
            name=repr(name[:80]),
            names=", ".join(there),
        )

    def _write(self, target: Path, data: bytes) -> None:
        """Write beside, flush, replace: the folder never holds half a package."""
        try:
            make_folder(target.parent)
            write_whole(target, data)
        except OSError as fault:
            raise _unwritable(fault) from None


def _models_in(folder: Path) -> list[Path]:
    try:
        return sorted(
            entry
            for entry in folder.iterdir()
            if entry.suffix.lower() == ".onnx" and not entry.name.startswith(".")
        )
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as fault:
        raise ModelError(
            "model_unreadable",
            N_("Errors", "The models folder cannot be listed: {reason}."),
            N_("Errors", "Check the folder's permissions."),
            reason=reason_of(fault),
        ) from None


def _checked(path: Path, digest: str, *, shipped: bool) -> Listed:
    """The package, checked against a digest or the first digits of one; shipped ones must have one."""
    try:
        package = read_package(path)
    except ModelError as error:
        return BrokenPackage(path, shipped, path.stem, "", error)
    install = N_("Errors", "Install the program again.")
    if shipped and not digest:
        reason = Message(N_("Errors", "is not listed in {name}"), name=DIGEST_FILE)
    elif not package.sha256.startswith(digest):
        other = N_("Errors", "has other bytes than when it was shipped")
        reason = Message(other if shipped else N_("Errors", "was changed since its import"))
    else:
        return replace(package, shipped=shipped)
    mismatch = ModelError(
        "digest_mismatch",
        N_("Errors", "The model file {name} {reason}."),
        install if shipped else N_("Errors", "Import it again."),
        name=path.name,
        reason=reason,
    )
    return BrokenPackage(path, shipped, package.name, package.version, mismatch)


def _matches(each: Listed, reference: re.Match[str]) -> bool:
    name, version = reference[1], reference[2]
    if each.name == name:
        return version is None or each.version == version
    if not isinstance(each, BrokenPackage) or each.version:
        return False
    # A broken file without a readable name is listed under its file name.
    called = re.escape(version) if version else VERSION_PATTERN
    return re.fullmatch(rf"{name}-{called}(?:-[0-9a-f]{{{_DIGITS}}})?", each.path.stem) is not None


def _version_key(version: str) -> tuple[tuple[int, ...], bool, str]:
    """Orders versions: by numbers, a release after its pre-releases; 1.2 is 1.2.0."""
    numbers, _, extra = version.partition("-")
    parts = [int(part) for part in numbers.split(".") if part]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts), not extra, extra


def _unwritable(fault: OSError) -> ModelError:
    return ModelError(
        "models_unwritable",
        N_("Errors", "The folder of imported models cannot be written: {reason}."),
        N_("Errors", "Check the folder's permissions and the free space on its disk."),
        reason=reason_of(fault),
    )
