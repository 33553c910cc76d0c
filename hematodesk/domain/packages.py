"""Model packages as values: readable and broken ones, and the report beside a package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hematodesk.domain.errors import ModelError
from hematodesk.domain.manifest import Manifest


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A package whose manifest was read and is valid.

    Attributes:
        path: the file.
        sha256: digest of the file's bytes, hexadecimal.
        manifest: its metadata.
        shipped: whether it came with the program (and its digest was checked).
    """

    path: Path
    sha256: str
    manifest: Manifest
    shipped: bool = False

    @property
    def name(self) -> str:
        """The manifest's name."""
        return self.manifest.name

    @property
    def version(self) -> str:
        """The manifest's version."""
        return self.manifest.version

    @property
    def class_ids(self) -> tuple[str, ...]:
        """The class ids in the order of the score columns."""
        return self.manifest.class_ids


@dataclass(frozen=True, slots=True)
class BrokenPackage:
    """A file among the packages that cannot be used, and why.

    `name` and `version` are the manifest's where it could be read; else the file's name without
    its suffix, and nothing.
    """

    path: Path
    shipped: bool
    name: str
    version: str
    error: ModelError


Listed = ModelPackage | BrokenPackage


@dataclass(frozen=True, slots=True)
class PackageCheck:
    """The outcome of checking one package; `error` is None when all is well."""

    path: Path
    shipped: bool
    name: str
    version: str
    error: ModelError | None

    @property
    def ok(self) -> bool:
        """Whether the package may be used: its bytes are unchanged, and it is allowed here."""
        return self.error is None

    @property
    def whole(self) -> bool:
        """Whether it is whole and its own, be it allowed or not; only such a package is asked about."""
        return self.error is None or self.error.code == "not_allowed"


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One chart or table.

    Attributes:
        path: the file.
        section: the folder that it lies in, such as `test` or `training`; empty in the report itself.
        kind: what the file's name begins with: curves, confusion, classification, reliability,
            risk_coverage; or its whole name.
        of: the rest of the name, such as `held_out`; empty without one.
        picture: whether it is a picture (PNG); else plain text.
    """

    path: Path
    section: str
    kind: str
    of: str
    picture: bool
