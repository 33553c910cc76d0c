"""From reviewed cells to an adapted package: what is gathered, what is refused, what is saved."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest

from hematodesk.bootstrap import build_at
from hematodesk.cli.adapt_listing import as_document, write_proposal
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import Cell, CellOrigin, ImageResult, ImageStatus, Review, Verdict
from hematodesk.domain.comparison import Verdict as Outcome
from hematodesk.domain.errors import Cancelled, ModelError
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryFilter
from hematodesk.domain.operators import Operator
from hematodesk.workflow.models import reviewed_cells
from hematodesk.workflow.models.adaptation import (
    Proposal,
    Step,
    adapt,
    is_adapted,
    keep,
    lab_name,
    next_version,
    parent_of,
)
from hematodesk.workflow.models.reviewed_cells import ReviewedCells, find_reviewed, unread_words
from hematodesk.workflow.services import Services
from hematodesk.workflow.system.paths import AppPaths

ENOUGH = {"eosinophil": 16, "lymphocyte": 16, "neutrophil": 24}
ALL = HistoryFilter()


@pytest.fixture
def services(tmp_path: Path, lab_kit: Any) -> Iterator[Services]:
    """A data folder whose shipped model is the one that cannot tell colours."""
    shipped = tmp_path / "models"
    shipped.mkdir()
    data = lab_kit.package()
    (shipped / "colour.onnx").write_bytes(data)
    (shipped / "SHA256SUMS").write_text(f"{hashlib.sha256(data).hexdigest()}  colour.onnx\n")
    made = build_at(AppPaths(tmp_path / "data", False, shipped, tmp_path))
    yield made
    made.close()


@pytest.fixture
def review(services: Services, tmp_path: Path, lab_kit: Any) -> Callable[..., list[Path]]:
    def fill(counts: dict[str, int], folder: str = "images", **options: Any) -> list[Path]:
        return lab_kit.review(services, tmp_path / folder, counts, **options)

    return fill


def found(services: Services, chosen: HistoryFilter = ALL) -> ReviewedCells:
    return find_reviewed(services.open_history(), chosen, services.models.default())


def propose(services: Services, model: str = "colour", **options: Any) -> Proposal:
    service = services.models
    parent = parent_of(service, service.store.find(model))
    reviewed = find_reviewed(services.open_history(), ALL, parent)
    version = next_version(service.packages(), lab_name(parent))
    classifier = service.open_beside(service.reference(parent))
    return adapt(parent, reviewed, classifier, services.reader, version, **options)


# What is gathered


def test_agreed_and_corrected_cells_count_rejected_and_removed_ones_do_not(services, review) -> None:
    review({"eosinophil": 3, "neutrophil": 4})
    history = services.open_history()
    pages = list(services.all_images(ALL))
    cells = [history.image(page.id).result.cells[0] for page in pages]
    history.set_review(
        cells[0].id, Review(Verdict.REJECTED, None, Operator.named("ada"), cells[0].review.created_at)
    )
    history.set_cell_removed(cells[1].id, True)
    history.set_review(cells[2].id, None)
    reviewed = found(services)
    assert reviewed.cells == 4
    assert reviewed.rejected == 1
    assert reviewed.left_out == "Rejected as no cell: 1."
    assert sum(each.cells for each in reviewed.counts) == 4


def test_only_the_chosen_part_of_the_history(services, review) -> None:
    review({"neutrophil": 3})
    assert found(services, HistoryFilter(session_id=services.session_id())).cells == 3
    assert found(services, HistoryFilter(session_id=99)).cells == 0
    assert found(services, HistoryFilter(until="2020-01-01")).cells == 0


def test_a_cell_reviewed_twice_counts_once_by_its_latest_review(services, review, tmp_path) -> None:
    (path,) = review({"neutrophil": 1})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for class_id, when in (
        ("eosinophil", "2999-01-01T00:00:00.000Z"),
        ("monocyte", "2000-01-01T00:00:00.000Z"),
    ):
        cell = Cell(
            Box(3, 4, 16, 16),
            CellOrigin.LOCATED,
            review=Review(Verdict.CORRECTED, class_id, Operator.named("bo"), when),
        )
        result = ImageResult(path.name, str(path), digest, 64, 32, ImageStatus.OK, (cell,))
        services.history.save_results(services.session_id(), [result])
    assert [(each.class_id, each.cells) for each in found(services).counts] == [("eosinophil", 1)]


def test_a_cell_that_was_rejected_later_is_no_cell_any_more(services, review) -> None:
    (path,) = review({"neutrophil": 1})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    verdict = Review(Verdict.REJECTED, None, Operator.named("bo"), "2999-01-01T00:00:00.000Z")
    cell = Cell(Box(3, 4, 16, 16), CellOrigin.ADDED, review=verdict)
    result = ImageResult(path.name, str(path), digest, 64, 32, ImageStatus.OK, (cell,))
    services.history.save_results(services.session_id(), [result])
    reviewed = found(services)
    assert (reviewed.cells, reviewed.rejected) == (0, 1)


def test_reviews_of_whole_images_are_not_cells(services, review) -> None:
    (path,) = review({"neutrophil": 1})
    verdict = Review(Verdict.CORRECTED, "eosinophil", Operator.named("ada"), "2026-11-21T00:00:00.000Z")
    whole = Cell(Box(0, 0, 64, 32), CellOrigin.WHOLE_IMAGE, review=verdict)
    services.history.save_results(
        services.session_id(),
        [ImageResult(path.name, str(path), "ef" * 32, 64, 32, ImageStatus.OK, (whole,))],
    )
    reviewed = found(services)
    assert (reviewed.cells, reviewed.other_kind) == (1, 1)


def test_a_new_class_needs_enough_cells(services, review) -> None:
    review({"neutrophil": 5, "basophil": 9})
    assert found(services).class_ids == ("eosinophil", "lymphocyte", "monocyte", "neutrophil")
    assert found(services).cells == 5
    review({"basophil": 3}, folder="more")
    assert found(services).class_ids[-1] == "basophil"


def test_of_a_common_class_the_newest_are_used(services, review, monkeypatch) -> None:
    monkeypatch.setattr(reviewed_cells, "MOST_CELLS", 4)
    files = review({"neutrophil": 7})
    reviewed = found(services)
    assert reviewed.surplus == 3
    assert [image.result.name for image in reviewed.images] == [path.name for path in files[:2:-1]]


# What is refused


@pytest.mark.parametrize(
    ("counts", "options"),
    [
        ({}, {}),
        ({"neutrophil": 60}, {}),
        ({"neutrophil": 60, "eosinophil": 9}, {}),
        ({"neutrophil": 60, "eosinophil": 12}, {"per_image": 3}),
    ],
)
def test_too_few_cells_are_refused_with_the_limit(services, review, counts, options) -> None:
    review(counts, **options)
    with pytest.raises(ModelError, match="at least 10 cells of 5 images are needed in 2 classes") as refused:
        propose(services)
    assert refused.value.code == "adapt_too_few"
    assert "Review more" in refused.value.remedy


def test_a_model_of_whole_images_says_that_the_reviews_are_of_cells(
    services, review, tmp_path, lab_kit
) -> None:
    review(ENOUGH)
    whole = tmp_path / "whole.onnx"
    model = onnx.load_from_string(lab_kit.package(name="whole"))
    manifest = json.loads(model.metadata_props[0].value)
    manifest["input"]["crop"] = {"rule": "whole"}
    model.metadata_props[0].value = json.dumps(manifest)
    whole.write_bytes(model.SerializeToString())
    told = f"Reviews of single cells, while this model looks at whole images: {sum(ENOUGH.values())}"
    with pytest.raises(ModelError, match=told):
        propose(services, str(whole))


def test_a_package_without_embedding_is_refused(services, review, tmp_path, lab_kit) -> None:
    review(ENOUGH)
    plain = tmp_path / "plain.onnx"
    plain.write_bytes(lab_kit.package(name="plain", embedding=False))
    with pytest.raises(ModelError) as refused:
        propose(services, str(plain))
    assert refused.value.code == "head_missing"


def test_moved_and_changed_images_are_named_and_left_out(services, review) -> None:
    files = review(ENOUGH)
    files[0].unlink()
    files[1].write_bytes(files[2].read_bytes())
    proposal = propose(services)
    assert proposal.unread_cells == 2
    assert proposal.unread == {"file_not_found": (files[0].name,), "image_changed": (files[1].name,)}
    assert proposal.comparison.after.cells == sum(ENOUGH.values()) - 2


def test_too_few_that_can_be_read_are_refused(services, review) -> None:
    for path in review(ENOUGH):
        if "neutrophil" not in path.name:
            path.unlink()
    with pytest.raises(ModelError, match="left out, since their images are not where they were") as refused:
        propose(services)
    assert refused.value.code == "adapt_too_few"


def test_one_cell_has_one_image() -> None:
    gone = {"file_not_found": ("a.png",)}
    assert unread_words(gone, 1) == (
        "1 reviewed cell was left out, since its image is not where it was or has changed: a.png."
    )
    assert unread_words(gone, 2).startswith("2 reviewed cells were left out, since their images")


def test_no_image_at_all_is_refused(services, review) -> None:
    for path in review(ENOUGH):
        path.unlink()
    told = rf"there are none\. {sum(ENOUGH.values())} reviewed cells were left out.*\.png.* and \d+ more"
    with pytest.raises(ModelError, match=told) as refused:
        propose(services)
    assert refused.value.code == "adapt_too_few"


# What comes of it


def test_the_adapted_package_is_better_and_says_by_how_much(services, review) -> None:
    review(ENOUGH)
    steps: list[Step] = []
    proposal = propose(services, progress=steps.append)
    change = proposal.comparison
    assert change.verdict is Outcome.BETTER
    assert [each.class_id for each in change.classes] == ["eosinophil", "lymphocyte", "neutrophil"]
    assert change.before.right == ENOUGH["neutrophil"]
    assert change.balanced_after > 0.9
    assert [step.name for step in steps if step.done == step.all] == ["reading", "checking", "writing"]
    manifest = proposal.package.manifest
    assert (manifest.name, manifest.version) == ("colour-lab", "1")
    assert manifest.provenance.parent_sha256 == services.models.default().sha256
    assert "eosinophil 16, lymphocyte 16, neutrophil 24" in manifest.provenance.data[-1]
    assert [metric.images for metric in manifest.metrics] == [56, 56]
    assert manifest.metrics[0].balanced_accuracy == pytest.approx(change.balanced_after)
    assert manifest.metrics[1].accuracy == pytest.approx(change.before.value)


def test_nothing_is_saved_until_it_is_kept_and_the_parent_stays(services, review) -> None:
    review(ENOUGH)
    parent = services.models.default()
    before = parent.path.read_bytes()
    proposal = propose(services)
    assert len(services.models.packages()) == 1
    kept = keep(services.models, proposal)
    assert parent.path.read_bytes() == before
    assert kept.path.parent == services.paths.user_models
    assert services.models.store.find("colour-lab").sha256 == proposal.package.sha256
    assert all(check.ok for check in services.models.store.verify())
    services.models.remove(kept)
    assert [each.name for each in services.models.packages()] == ["colour"]


def test_the_kept_package_names_the_cells_in_use(services, review, tmp_path) -> None:
    files = review(ENOUGH)
    keep(services.models, propose(services))
    loaded = services.models.choose("colour-lab")
    pixels = services.reader.read(files[0]).pixels
    cell = services.analyser(loaded).classify_box(pixels, Box(2, 4, 16, 16))
    assert cell.prediction.class_id == "eosinophil"
    assert cell.prediction.provenance.model == "colour-lab"


def test_a_new_class_is_learned_and_named(services, review) -> None:
    review({**ENOUGH, "basophil": 14})
    proposal = propose(services)
    assert proposal.new_classes == ("basophil",)
    assert proposal.package.class_ids[-1] == "basophil"
    basophil = next(each for each in proposal.comparison.classes if each.class_id == "basophil")
    assert (basophil.before.right, basophil.after.right) == (0, 14)


def test_a_second_adaptation_starts_from_the_first_parent_again(services, review) -> None:
    """The adapted one has seen these cells: measured on them it would look better than it is."""
    review(ENOUGH)
    first = keep(services.models, propose(services))
    assert is_adapted(first)
    second = propose(services, "colour-lab")
    assert second.parent == services.models.default()
    assert second.package.version == "2"
    assert second.comparison.before.right == ENOUGH["neutrophil"]


def test_an_adapted_package_whose_parent_is_gone_is_refused(services, review, tmp_path) -> None:
    review(ENOUGH)
    kept = keep(services.models, propose(services))
    orphan = replace(
        kept,
        manifest=replace(
            kept.manifest, provenance=replace(kept.manifest.provenance, parent_sha256="00" * 32)
        ),
    )
    with pytest.raises(ModelError) as refused:
        parent_of(services.models, orphan)
    assert refused.value.code == "adapt_parent_missing"


def test_what_is_no_better_is_said(services, review) -> None:
    """Names given at random: there is nothing to learn, and the old head stays the better one."""
    review({"neutrophil": 40})
    history = services.open_history()
    for number, page in enumerate(services.all_images(ALL)):
        if number % 3 == 0:
            cell = history.image(page.id).result.cells[0]
            history.set_review(
                cell.id, Review(Verdict.CORRECTED, "monocyte", Operator.named("bo"), cell.review.created_at)
            )
    proposal = propose(services)
    assert proposal.comparison.verdict is Outcome.NOT
    told = io.StringIO()
    write_proposal(proposal, told, saved=None, as_json=False)
    assert "not better on this lab's cells: keep colour 1.0.0" in told.getvalue()


def test_it_can_be_stopped(services, review) -> None:
    review(ENOUGH)
    token = CancelToken()

    def stop(step: Step) -> None:
        if step.name == "checking":
            token.cancel()

    with pytest.raises(Cancelled):
        propose(services, cancel=token, progress=stop)


def test_the_document_is_plain_json(services, review) -> None:
    review(ENOUGH)
    document = json.loads(json.dumps(as_document(propose(services)), allow_nan=False))
    assert document["verdict"] == "better"
    assert document["parent"]["name"] == "colour"
    assert document["per_class"]["eosinophil"]["before"]["right"] == 0
    assert document["mended"] > 20 and document["spoiled"] <= 2
