"""The bill of materials of the frozen folder: CycloneDX 1.6, JSON, with the digest of every file."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from parts import OWN, Part

_NAMESPACE = uuid.UUID("b2a1c9f0-6f0e-5d3b-9a64-6d2f6b7d0c11")


def bill_of_materials(parts: Sequence[Part], folder: Path, when: int) -> str:
    """The document, the same bytes for the same program.

    Args:
        folder: the frozen program; paths in `parts` are looked up below it.
        when: its time stamp, in seconds since 1970.
    """
    bom = Bom()
    others: list[Component] = []
    where = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for part in parts:
        component = _component(part)
        for file in sorted(part.files):
            place = where.get(file) or where.get(f"_internal/{file}")
            if place is not None:
                component.components.add(_file(file, place))
        if part.name == OWN:
            # The programs and the archive of modules in them are made here.
            for program in sorted(name for name in where if "/" not in name):
                component.components.add(_file(program, where[program]))
            bom.metadata.component = component
        else:
            bom.components.add(component)
            others.append(component)
    if bom.metadata.component is not None:
        bom.register_dependency(bom.metadata.component, others)
    bom.metadata.timestamp = datetime.fromtimestamp(when, UTC)
    bom.serial_number = uuid.uuid5(_NAMESPACE, "".join(sorted(_digest(path) for path in where.values())))
    return str(JsonV1Dot6(bom).output_as_string(indent=1))


def _component(part: Part) -> Component:
    licences = [LicenseFactory().make_from_string(part.licence)] if part.licence else []
    purl = PackageURL.from_string(part.purl)
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.APPLICATION if part.name == OWN else ComponentType.LIBRARY,
        bom_ref=part.purl,
        purl=purl,
        licenses=licences,
    )


def _file(name: str, place: Path) -> Component:
    return Component(
        name=name,
        type=ComponentType.FILE,
        bom_ref=f"file:{name}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=_digest(place))],
        properties=[Property(name="size", value=str(place.stat().st_size))],
    )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
