"""The features make up the window: what one of them forgets is found here."""

from __future__ import annotations

from collections import Counter

from hematodesk.ui.kit.actions import ACTIONS, Actions


def test_every_action_is_bound_by_exactly_one(bench, monkeypatch) -> None:
    bound: Counter[str] = Counter()
    bind = Actions.bind

    def noted(actions: Actions, handlers) -> None:
        bound.update(list(handlers))
        bind(actions, handlers)

    monkeypatch.setattr(Actions, "bind", noted)
    bench.show()
    # "Show why" is on or off: who shows it listens to that.
    assert bound == Counter({spec.id: 1 for spec in ACTIONS if spec.id != "show_why"})
