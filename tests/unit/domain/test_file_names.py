"""Names made of any text are names on every system."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hematodesk.domain.file_names import name_key, safe_name

RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789¹²³"),
}


@given(st.text(), st.integers(8, 60))
def test_any_text_becomes_a_name_for_every_system(text, longest):
    name = safe_name(text, longest)
    assert 0 < len(name.encode("utf-8")) <= longest + 1
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f]', name)
    assert not name.startswith((".", " ")) and not name.endswith((".", " "))
    assert name.split(".")[0].lower() not in RESERVED
    assert not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs") for sign in name)
    assert unicodedata.is_normalized("NFC", name)


@pytest.mark.parametrize(("text", "name"), [
    ("smear 01", "smear 01"), ("../../etc/passwd", "_.._etc_passwd"), ("CON", "_CON"),
    ("nul.tar", "_nul.tar"), ("COM¹", "_COM¹"), ("\u202egpj", "_gpj"), ("bad\udcff", "bad_"),
    ("e\u0301", "é"), ("...", "image"),
    ("日本語", "日本語"),
])  # fmt: skip
def test_names(text, name):
    assert safe_name(text) == name


def test_names_that_some_system_takes_for_one_have_one_key():
    assert name_key("Über.png") == name_key("u\u0308BER.PNG")
    assert name_key("a.png") != name_key("b.png")
