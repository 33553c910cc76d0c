"""Familiarity measured anew: which cells count, what is a stranger, where the limit comes from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export_tools.data.records import Record
from export_tools.evaluation.refit import (
    Seen,
    familiarity_of,
    fitted_on,
    kinds_of,
    limits,
    yardsticks_of,
)
from hematodesk.domain.classes import WBC4
from hematodesk.inference.classify import Classifier
from hematodesk.inference.head import Centres
from hematodesk.inference.manifest_json import manifest_to_json
from hematodesk.inference.package import parse_package
from hematodesk.inference.store import PackageStore

MODELS = Path(__file__).parents[4] / "models"

_SIDE = 8
_PLACES = {name: index for index, name in enumerate((*WBC4, "blast"))}


def record(source: str, number: int, name: str, *, part: str = "", subtype: str = "") -> Record:
    key = f"{source}:{name}{number}"
    file = Path(source) / name / f"{number}.png"
    return Record(file, None, name, source, key, key, part, subtype=subtype)


def seen_of(sources: dict[str, tuple[str, ...]], each: int = 40) -> Seen:
    """Cells whose class decides one coordinate of the embedding, and whose laboratory nothing."""
    random = np.random.default_rng(3)
    records, rows = [], []
    for source, names in sources.items():
        for name in names:
            for number in range(each):
                records.append(record(source, number, name, subtype="myeloblast" if name == "blast" else ""))
                row = random.normal(0, 0.3, _SIDE)
                row[_PLACES[name]] += 3
                rows.append(row)
    return Seen(tuple(records), np.array(rows), np.ones(len(rows), bool))


def test_nothing_held_out_or_named_test_is_fitted_on() -> None:
    table = [
        record("pbc", 0, "monocyte"),
        record("pbc", 1, "monocyte"),
        record("pbc", 2, "monocyte"),
        record("krd", 0, "neutrophil"),
        record("marrow", 0, "blast", part="test", subtype="myeloblast"),
        record("marrow", 1, "blast", part="train", subtype="myeloblast"),
        record("marrow", 2, "neutrophil", part="train", subtype="neutrophil_seg"),
    ]
    trained, held = {"pbc/monocyte/0.png"}, {"pbc/monocyte/1.png"}
    assert fitted_on(table, trained, held, [], []) == [table[0], table[3], table[5], table[6]]
    assert fitted_on(table, trained, held, ["krd"], ["myeloblast"]) == [table[0], table[6]]
    with pytest.raises(ValueError, match="nothing called kdr"):
        fitted_on(table, trained, held, ["kdr"], [])


def test_what_the_package_does_not_name_is_told_by_stage() -> None:
    rows = [record("marrow", 0, "immature_granulocyte", subtype="myelocyte"), record("krd", 0, "monocyte")]
    assert kinds_of(rows, WBC4) == ["immature_granulocyte:myelocyte", "monocyte"]


def test_a_kind_that_is_fitted_on_is_strange() -> None:
    seen = seen_of({"pbc": WBC4, "marrow": ("blast", "neutrophil")})
    strange = familiarity_of(seen, WBC4).strangeness(seen.embeddings)
    blast = np.array([each.class_id == "blast" for each in seen.records])
    assert strange[blast].min() > 2 * np.quantile(strange[~blast], 0.99)


def test_the_limit_comes_from_usual_films_that_the_network_never_saw() -> None:
    seen = seen_of({"pbc": WBC4, "krd": ("neutrophil", "lymphocyte"), "marrow": ("blast", "neutrophil")})
    trained = {f"pbc/{name}/{number}.png" for name in WBC4 for number in range(30)}
    assert yardsticks_of(seen.records, trained, WBC4) == {"krd"}
    apart = np.array([each.source == "krd" for each in seen.records])
    fitted = familiarity_of(seen.part(~apart), WBC4)
    found = limits(seen.part(apart), fitted, WBC4, 0.8)
    assert set(found) == {"krd"}
    strange = fitted.strangeness(seen.part(apart).embeddings)
    assert np.mean(strange <= found["krd"]) == pytest.approx(0.8, abs=0.02)


def test_a_class_without_a_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="no cell of the class neutrophil"):
        familiarity_of(seen_of({"pbc": WBC4[:3]}), WBC4)


def test_a_package_keeps_its_answers_and_measures_anew(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from export_tools.conversion.onnx_graph import with_familiarity

    old = PackageStore(MODELS, tmp_path).find("wbc4")
    random = np.random.default_rng(0)
    projection, centres = random.normal(size=(1280, 6)), random.normal(size=(4, 6))
    manifest = replace(old.manifest, version="9.0.0")
    data = with_familiarity(old.path.read_bytes(), projection, centres, manifest_to_json(manifest))
    new = parse_package(data, tmp_path / "wbc4-9.0.0.onnx")
    assert new.version == "9.0.0"
    new.path.write_bytes(data)
    crops = [random.integers(0, 256, (144, 144, 3), dtype=np.uint8) for _ in range(3)]
    before, after = Classifier(old, "cpu"), Classifier(new, "cpu")
    assert [each.ranked for each in after.classify(crops)] == [each.ranked for each in before.classify(crops)]
    embeddings, strange = after.embed(crops)
    assert strange == pytest.approx(Centres(projection, centres).strangeness(embeddings), rel=0.01)
