"""The settings' texts are found by the translation tools."""

from __future__ import annotations

from hematodesk.ui.settings.settings_texts import SETTING_TEXTS
from hematodesk.workflow.system.settings import DECLARED


def test_every_text_of_the_settings_is_marked_and_no_other() -> None:
    declared = set()
    for setting in DECLARED:
        if setting.shown:
            declared |= {setting.section, setting.text, setting.help}
            declared |= {choice.text for choice in setting.choices}
    assert set(SETTING_TEXTS) == declared - {""}
    assert len(set(SETTING_TEXTS)) == len(SETTING_TEXTS)
