"""What a Keras file says of itself is looked through whole, however it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from export_tools.conversion.keras_config import Described, check_safe
from hematodesk.domain.errors import ModelError


def nested(inside: Any, depth: int) -> dict[str, Any]:
    for _ in range(depth):
        inside = {"a": [inside]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": [], "x": inside}}


def test_a_description_of_any_depth_is_looked_through() -> None:
    path = Path("deep.keras")
    assert check_safe(Described("Keras 3", nested(1, 5_000), ()), path, False) == {}
    code = {"class_name": "__lambda__", "config": {}}
    with pytest.raises(ModelError) as caught:
        check_safe(Described("Keras 3", nested(code, 5_000), ()), path, False)
    assert caught.value.code == "model_unsafe"


def test_the_first_object_in_the_order_of_the_file_is_named() -> None:
    def layer(name: str) -> dict[str, Any]:
        activation = {"class_name": "function", "module": f"odd.{name}", "config": name}
        return {
            "class_name": "Dense",
            "config": {"name": name, "dtype": "float32", "activation": activation},
        }

    document = {"class_name": "Functional", "config": {"layers": [layer("one"), layer("two")]}}
    with pytest.raises(ModelError, match="the layer 'one' of type Dense uses"):
        check_safe(Described("Keras 3", document, ()), Path("m.keras"), False)
