"""The texts of the tables outside the window are found by the translation tools."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.workflow.system.settings import DECLARED

FILE = Path(__file__).parents[3] / "resources" / "translations" / "hematodesk_es.ts"


def translated(context: str) -> set[str]:
    root = ElementTree.parse(FILE).getroot()
    (found,) = [each for each in root.iter("context") if each.findtext("name") == context]
    return {message.findtext("source", "") for message in found.iter("message")}


def test_every_text_of_the_settings_is_marked_and_no_other() -> None:
    declared = set()
    for setting in DECLARED:
        if setting.shown:
            declared |= {setting.section, setting.text, setting.help}
            declared |= {choice.text for choice in setting.choices}
    assert translated("Settings") == declared - {""}


def test_every_name_of_a_class_is_marked() -> None:
    assert {known.name for known in CELL_CLASSES.values()} <= translated("CellClass")
    assert {known.short for known in CELL_CLASSES.values()} <= translated("CellClassShort")
