"""Manifests: every field is checked and named."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hematodesk.domain.errors import ModelError
from hematodesk.domain.manifest import Familiarity
from hematodesk.inference.manifest_json import manifest_to_json, parse_manifest


def refused(made: Any) -> str:
    """The sentence with which a manifest is refused."""
    with pytest.raises(ModelError) as caught:
        parse_manifest(made)
    assert caught.value.code == "manifest_invalid"
    assert caught.value.message == str(caught.value)
    return caught.value.message


def test_every_field_arrives(kit) -> None:
    manifest = parse_manifest(kit.document())
    assert (manifest.name, manifest.version, manifest.date) == ("tiny", "1.0.0", "2026-11-21")
    assert manifest.class_ids == kit.CLASSES
    assert manifest.classes[1].display == "Lymphocyte"
    assert manifest.input.scale == (0.00784313725490196,) * 3
    assert manifest.input.offset == (-1.0, -1.0, -1.0)
    assert (manifest.input.crop.rule, manifest.input.crop.red_cells, manifest.input.crop.context) == (
        "cell",
        3.0,
        1.6,
    )
    assert manifest.graph_outputs == ("logits", "cam", "embedding")
    assert manifest.provenance.data == ("phantoms",)
    assert manifest.metrics[0].interval == (0.8, 0.95)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"input__scale": [0.1, 0.2, 0.3]},
        {"input__crop": {"rule": "whole"}},
        {"outputs": {"scores": "p", "kind": "probabilities", "activation_map": None, "embedding": None}},
        {"abstention__familiarity": {"output": "strange", "max": 3.5}},
        {"provenance__parent_sha256": "0" * 64},
        {"metrics": []},
        {"intended_use": "Für den Unterricht; 白血球"},
    ],
)
def test_written_manifests_are_read_back_the_same(kit, changes: dict[str, Any]) -> None:
    manifest = parse_manifest(kit.document(**changes))
    assert parse_manifest(manifest_to_json(manifest)) == manifest


def test_familiarity_names_an_output_of_the_graph(kit) -> None:
    manifest = parse_manifest(kit.document(abstention__familiarity={"output": "strange", "max": 3.5}))
    assert manifest.abstention.familiarity == Familiarity("strange", 3.5)
    assert "strange" in manifest.graph_outputs


REQUIRED = [
    "schema",
    "name",
    "version",
    "licence",
    "intended_use",
    "date",
    "classes",
    "input",
    "input.name",
    "input.width",
    "input.height",
    "input.layout",
    "input.colour",
    "input.scale",
    "input.offset",
    "input.crop",
    "input.crop.rule",
    "input.crop.red_cells",
    "input.crop.context",
    "outputs",
    "outputs.scores",
    "outputs.kind",
    "calibration",
    "calibration.temperature",
    "abstention",
    "abstention.min_confidence",
    "provenance",
    "provenance.data",
    "provenance.split",
    "provenance.base_weights",
    "provenance.commit",
    "metrics",
]


@pytest.mark.parametrize("field", REQUIRED)
def test_a_missing_field_is_named(kit, field: str) -> None:
    made = kit.document()
    *parents, last = field.split(".")
    place = made
    for parent in parents:
        place = place[parent]
    del place[last]
    assert f"field {field} is missing" in refused(made)


WRONG = [
    ("schema", 2),
    ("schema", True),
    ("schema", "1"),
    ("name", ""),
    ("name", "../evil"),
    ("name", "a/b"),
    ("name", "a\\b"),
    ("name", "wbc4."),
    ("name", "con"),
    ("name", "Upper"),
    ("name", "x" * 65),
    ("name", "a\u0000b"),
    ("version", "1.0/../2"),
    ("version", "v1"),
    ("version", "1.0.0\n"),
    ("version", 1.0),
    ("licence", ""),
    ("licence", None),
    ("intended_use", "x" * 20_001),
    ("intended_use", "bell\x07"),
    ("intended_use", "\ud800"),
    ("intended_use", "for \u202egnihcaet\u202c"),
    *(
        ("classes", [{"id": "monocyte", "display": f"{turn}etycohpmyl"}, {"id": "other", "display": "Other"}])
        for turn in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
    ),
    ("licence", "MIT\x9b31m"),
    ("date", "21.11.2026"),
    ("date", "2026-13-01"),
    ("classes", []),
    ("classes", [{"id": "a", "display": "A"}]),
    ("classes", "eosinophil"),
    ("input", []),
    ("input.name", ""),
    ("input.width", 15),
    ("input.width", 4096),
    ("input.width", 16.5),
    ("input.width", True),
    ("input.height", 32),
    ("input.layout", "NHWC"),
    ("input.colour", "grey"),
    ("input.colour", ["rgb"]),
    ("input.scale", 0),
    ("input.scale", "1"),
    ("input.scale", [1, 2]),
    ("input.scale", True),
    ("input.scale", [1, 0, 1]),
    ("input.scale", 10**400),
    ("input.offset", [0, 0]),
    ("input.offset", 0),
    ("input.offset", [0, 0, None]),
    ("input.crop", "cell"),
    ("input.crop.rule", "square"),
    ("input.crop.red_cells", 0),
    ("input.crop.context", 0.5),
    ("outputs.scores", 3),
    ("outputs.kind", "softmax"),
    ("outputs.activation_map", ""),
    ("outputs.embedding", 7),
    ("outputs.embedding", "logits"),
    ("calibration.temperature", 0),
    ("calibration.temperature", -1),
    ("calibration.temperature", None),
    ("abstention.min_confidence", 1.1),
    ("abstention.familiarity", 3),
    ("abstention.familiarity", {"output": "x"}),
    ("abstention.familiarity", {"output": "x", "max": "9"}),
    ("abstention.familiarity", {"output": "x", "max": 9, "min": 1}),
    ("provenance.data", "bccd"),
    ("provenance.data", [3]),
    ("provenance.split", None),
    ("provenance.parent_sha256", "abc"),
    ("metrics", None),
    ("metrics", [{}]),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_value_is_refused_with_the_fields_name(kit, field: str, value: Any) -> None:
    *parents, last = field.split(".")
    made = kit.document()
    place = made
    for parent in parents:
        place = place[parent]
    place[last] = value
    message = refused(made)
    # A doubled output name is a matter of all outputs.
    assert f"field {field}" in message or f"field {parents[0] if parents else ''} names" in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data", ""),
        ("accuracy", 1.5),
        ("balanced_accuracy", None),
        ("images", -1),
        ("images", 1.0),
        ("source_images", "20"),
        ("interval", [0.9, 0.1]),
        ("interval", [0.1]),
    ],
)
def test_a_wrong_metric_is_named_with_its_place(kit, key: str, value: Any) -> None:
    made = kit.document()
    made["metrics"].append(copy.deepcopy(made["metrics"][0]))
    made["metrics"][1][key] = value
    assert f"metrics[1].{key}" in refused(made)


def test_a_repeated_class_is_named_with_its_place(kit) -> None:
    made = kit.document()
    made["classes"][2]["id"] = "eosinophil"
    assert "classes[2].id" in refused(made)


@pytest.mark.parametrize(
    "place", ["", "input", "input.crop", "outputs", "calibration", "abstention", "provenance"]
)
def test_an_unknown_field_is_refused_rather_than_ignored(kit, place: str) -> None:
    made = kit.document()
    target = made
    for key in filter(None, place.split(".")):
        target = target[key]
    target["tempreature"] = 2
    assert f"{place}.tempreature".lstrip(".") in refused(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '{"schema": NaN}',
        "[" * 100_000,
        '{"schema": ' + "9" * 5_000 + "}",
    ],
)
def test_text_that_is_no_manifest_is_refused(text: str) -> None:
    refused(text)


def test_a_field_that_stands_twice_is_refused(kit) -> None:
    text = json.dumps(kit.document()).replace('"colour": "rgb"', '"colour": "bgr", "colour": "rgb"')
    assert "field colour stands twice" in refused(text)


def test_a_manifest_that_would_be_refused_is_not_written(kit) -> None:
    manifest = parse_manifest(kit.document())
    object.__setattr__(manifest, "temperature", -1.0)
    with pytest.raises(ModelError, match=r"calibration\.temperature"):
        manifest_to_json(manifest)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(REQUIRED), value=ANYTHING)
def test_any_value_in_any_field_is_read_or_refused(kit, field: str, value: Any) -> None:
    made = kit.document()
    *parents, last = field.split(".")
    place = made
    for parent in parents:
        place = place[parent]
    place[last] = value
    for form in (made, json.dumps(made)):
        try:
            manifest = parse_manifest(form)
        except ModelError as error:
            assert error.code == "manifest_invalid"
        else:
            assert parse_manifest(manifest_to_json(manifest)) == manifest


CURVES = [{"name": "loss", "values": [1.5, 0.7]}, {"name": "held_out_accuracy", "values": [0.4, 0.5]}]


def test_training_curves_are_kept_and_may_be_left_out(kit) -> None:
    assert parse_manifest(kit.document()).curves == ()
    manifest = parse_manifest(kit.document() | {"curves": CURVES})
    assert [(each.name, each.values) for each in manifest.curves] == [
        ("loss", (1.5, 0.7)),
        ("held_out_accuracy", (0.4, 0.5)),
    ]
    assert parse_manifest(manifest_to_json(manifest)) == manifest


@pytest.mark.parametrize(
    ("curves", "place"),
    [
        ("loss", "curves"),
        ([{"name": "loss", "values": []}], r"curves\[0\].values"),
        ([{"name": "loss", "values": [1, "x"]}], r"curves\[0\].values\[1\]"),
        ([{"name": "loss", "values": [1], "more": 2}], r"curves\[0\].more"),
    ],
)
def test_a_wrong_curve_is_named_with_its_place(kit, curves: Any, place: str) -> None:
    with pytest.raises(ModelError, match=f"field {place} "):
        parse_manifest(kit.document() | {"curves": curves})
