"""Several networks of one build become one with the mean of their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")


def written(keras: Any, path: Path, units: int, value: float, trained_on: str = "a.png\n") -> Path:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])
    model.set_weights([np.full((2, units), value), np.full(units, 2 * value)])
    model.save(path)
    path.with_suffix(".training.json").write_text("{}")
    for kind, text in (("trained_on", trained_on), ("held_out", "b.png\n"), ("tested", "")):
        path.with_name(f"{path.stem}.{kind}.txt").write_text(text)
    return path


def test_the_weights_are_the_mean_and_the_lists_stay(keras: Any, tmp_path: Path) -> None:
    from export_tools.__main__ import main

    one = written(keras, tmp_path / "one.keras", 3, 1.0)
    two = written(keras, tmp_path / "two.keras", 3, 4.0)
    target = tmp_path / "both.keras"
    assert main(["average", str(one), str(two), "--output", str(target)]) == 0
    kernel, bias = keras.models.load_model(target, compile=False).get_weights()
    assert kernel == pytest.approx(np.full((2, 3), 2.5))
    assert bias == pytest.approx(np.full(3, 5.0))
    assert (tmp_path / "both.trained_on.txt").read_text() == "a.png\n"
    assert (tmp_path / "both.training.json").is_file()


def test_what_does_not_belong_together_is_refused(
    keras: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from export_tools.__main__ import main

    one = written(keras, tmp_path / "one.keras", 3, 1.0)
    wider = written(keras, tmp_path / "wider.keras", 4, 1.0)
    elsewhere = written(keras, tmp_path / "elsewhere.keras", 3, 1.0, trained_on="c.png\n")
    output = ["--output", str(tmp_path / "n.keras")]
    assert main(["average", str(one), str(wider), *output]) == 1
    assert "different builds" in capsys.readouterr().err
    assert main(["average", str(one), str(elsewhere), *output]) == 1
    assert "elsewhere.keras" in capsys.readouterr().err
    assert main(["average", str(one), str(tmp_path / "missing.keras"), *output]) == 1
    assert "missing.keras" in capsys.readouterr().err
