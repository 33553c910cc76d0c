"""An error's sentence in the person's language.

The rooms below make their errors as Messages: English sentences that remember their template and data. Here
the template is looked up, and told with the same data. A text without a template stays as it is: words of
the system, and of a history that an older version wrote.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from hematodesk.domain.messages import ClassId, Message, Value, fill
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.setting_words import tr_setting


def error_words(sentence: str) -> str:
    """The sentence or remedy of an error, or a notice, in the person's language."""
    if not isinstance(sentence, Message):
        return sentence
    template = QCoreApplication.translate("Errors", sentence.template)
    # The name of a setting stands in the sentence as it stands in the dialog.
    told = template if template != sentence.template else tr_setting(template)
    return fill(told, {key: _part(value) for key, value in sentence.data.items()})


def _part(value: Value) -> Value:
    """What fills a placeholder, in the person's language where it is words."""
    if isinstance(value, ClassId):
        return class_name(value)
    return error_words(value) if isinstance(value, Message) else value
