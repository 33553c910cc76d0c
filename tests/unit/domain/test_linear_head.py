"""The head is moved by cells, held by its parent, and checked on groups that it never saw."""

from __future__ import annotations

import numpy as np
import pytest

from hematodesk.domain.linear_head import (
    STRENGTHS,
    Labelled,
    LinearHead,
    choose_head,
    class_weights,
    fit_head,
    grouped_folds,
    out_of_fold,
)
from hematodesk.domain.minimise import minimise

DEPTH = 24


def cells(count: int, *, per_image: int = 1, seed: int = 0, classes: int = 3) -> Labelled:
    """Embeddings whose first columns tell the class, on a shift that the parent does not know."""
    random = np.random.default_rng(seed)
    truth = np.arange(count) % classes
    embeddings = random.normal(0, 1, (count, DEPTH))
    embeddings[np.arange(count), truth] += 2.5
    embeddings[:, 0] += 3
    groups = tuple(f"image {index // per_image}" for index in range(count))
    return Labelled(embeddings, truth.astype(np.int64), groups)


PARENT = LinearHead(np.eye(DEPTH, 3), np.zeros(3))


def share(head: LinearHead, labelled: Labelled) -> float:
    return float((head.logits(labelled.embeddings).argmax(axis=1) == labelled.truth).mean())


def test_minimise_finds_the_lowest_point_of_a_bent_valley() -> None:
    scales = np.array([1.0, 100.0, 0.01])
    goal = np.array([3.0, -2.0, 50.0])

    def valley(point: np.ndarray) -> tuple[float, np.ndarray]:
        apart = point - goal
        return float((scales * apart**2).sum() / 2), scales * apart

    assert minimise(valley, np.zeros(3), tolerance=1e-7) == pytest.approx(goal, abs=1e-3)


def test_no_group_is_on_two_sides_and_classes_are_spread() -> None:
    labelled = cells(90, per_image=3)
    for seed in range(5):
        folds = grouped_folds(labelled, 5, seed)
        sides: dict[str, set[int]] = {}
        for group, fold in zip(labelled.groups, folds.tolist(), strict=True):
            sides.setdefault(group, set()).add(fold)
        assert all(len(each) == 1 for each in sides.values())
        assert sorted(np.bincount(folds).tolist()) == [18] * 5


def test_folds_do_not_depend_on_the_order_of_the_cells() -> None:
    labelled = cells(40, per_image=2)
    turned = np.arange(40)[::-1]
    other = Labelled(
        labelled.embeddings[turned], labelled.truth[turned], tuple(labelled.groups[i] for i in turned)
    )
    assert (grouped_folds(labelled, 4)[turned] == grouped_folds(other, 4)).all()


def test_one_image_cannot_be_dealt_into_folds() -> None:
    with pytest.raises(ValueError, match="1 groups"):
        grouped_folds(cells(6, per_image=6), 5)


def test_rare_classes_weigh_more_but_not_without_end() -> None:
    weights = class_weights(np.array([0] * 98 + [1, 2]), 3)
    assert weights[0] == pytest.approx(100 / 98 / 3)
    assert weights[98] == weights[99] == 8.0


def test_cells_move_the_head_and_help_on_cells_never_seen() -> None:
    head, _ = choose_head(PARENT, cells(90))
    fresh = cells(300, seed=9)
    assert share(PARENT, fresh) < 0.6
    assert share(head, fresh) > 0.85


def test_a_strong_prior_keeps_the_parent_and_few_cells_move_it_less() -> None:
    few, many = cells(12), cells(240)
    moved = [
        np.abs(fit_head(PARENT, labelled, strength).weights - PARENT.weights).max()
        for labelled, strength in ((few, 1e6), (few, 0.5), (many, 0.5))
    ]
    assert moved[0] < 1e-3 < moved[1] < moved[2]


def test_a_class_without_cells_keeps_its_column() -> None:
    four = PARENT.with_classes(1)
    fitted, _ = choose_head(four, cells(60))
    assert fitted.weights[:, 3] == pytest.approx(four.weights[:, 3])
    assert fitted.bias[3] == four.bias[3]
    assert np.abs(fitted.weights[:, 0] - four.weights[:, 0]).max() > 0.01


def test_a_class_with_hardly_a_cell_calls_for_the_strongest_prior() -> None:
    labelled = cells(60)
    few = labelled.part((labelled.truth != 2) | (np.arange(60) < 6))
    assert (few.truth == 2).sum() == 2
    assert choose_head(PARENT, few)[1] == max(STRENGTHS)
    assert choose_head(PARENT, labelled)[1] != max(STRENGTHS)


def test_a_new_class_is_learned() -> None:
    labelled = cells(120, classes=4)
    head, _ = choose_head(PARENT.with_classes(1), labelled)
    fresh = cells(200, seed=3, classes=4)
    assert (head.logits(fresh.embeddings).argmax(axis=1) == fresh.truth)[fresh.truth == 3].mean() > 0.7


def test_fewer_numbers_give_the_same_head() -> None:
    """With fewer cells than dimensions the fit runs in the space that they span."""
    labelled = cells(18)
    head, strength = choose_head(PARENT, labelled)
    straight = fit_head(PARENT, labelled, strength)
    assert head.weights == pytest.approx(straight.weights, abs=2e-3)
    assert head.bias == pytest.approx(straight.bias, abs=2e-3)


def test_the_same_cells_give_the_same_head() -> None:
    one, other = choose_head(PARENT, cells(50))[0], choose_head(PARENT, cells(50))[0]
    assert (one.weights == other.weights).all() and (one.bias == other.bias).all()


def test_out_of_fold_answers_come_from_heads_without_the_cell() -> None:
    """A cell whose label is wrong is not learned by heart: its own label must not decide its answer."""
    labelled = cells(60)
    wrong = labelled.truth.copy()
    wrong[7] = (wrong[7] + 1) % 3
    folds = grouped_folds(labelled, 5)
    told = [
        out_of_fold(PARENT, Labelled(labelled.embeddings, truth, labelled.groups), folds)
        for truth in (labelled.truth, wrong)
    ]
    assert told[0][7] == pytest.approx(told[1][7])
    others = folds != folds[7]
    assert np.abs(told[0][others] - told[1][others]).max() > 1e-3


def test_the_work_can_be_stopped_between_fits() -> None:
    def stop() -> None:
        raise InterruptedError

    labelled = cells(40)
    with pytest.raises(InterruptedError):
        out_of_fold(PARENT, labelled, grouped_folds(labelled, 5), check=stop)
