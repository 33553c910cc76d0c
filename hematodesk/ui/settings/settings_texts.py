"""The settings' texts, marked for the translation tools.

The settings are declared in workflow, where there is no Qt and nothing that its tools would find. A
test holds this list and the declaration together.
"""

from __future__ import annotations

from hematodesk.ui.kit.translation import QT_TRANSLATE_NOOP

SETTING_TEXTS = (
    QT_TRANSLATE_NOOP("Settings", "General"),
    QT_TRANSLATE_NOOP("Settings", "Operator"),
    QT_TRANSLATE_NOOP("Settings", "The name that reviews and sessions carry. Empty: the login name."),
    QT_TRANSLATE_NOOP("Settings", "Go on after a review"),
    QT_TRANSLATE_NOOP("Settings", "After a verdict the next cell that has none is chosen."),
    QT_TRANSLATE_NOOP("Settings", "Ask before deleting"),
    QT_TRANSLATE_NOOP("Settings", "Deleting can be undone until the program is closed."),
    QT_TRANSLATE_NOOP("Settings", "Appearance"),
    QT_TRANSLATE_NOOP("Settings", "Theme"),
    QT_TRANSLATE_NOOP("Settings", "Light or dark, or as the system has it."),
    QT_TRANSLATE_NOOP("Settings", "As the system"),
    QT_TRANSLATE_NOOP("Settings", "Light"),
    QT_TRANSLATE_NOOP("Settings", "Dark"),
    QT_TRANSLATE_NOOP("Settings", "Language"),
    QT_TRANSLATE_NOOP("Settings", "Used from the next start."),
    QT_TRANSLATE_NOOP("Settings", "English"),
    QT_TRANSLATE_NOOP("Settings", "Español"),
    QT_TRANSLATE_NOOP("Settings", "Analysis"),
    QT_TRANSLATE_NOOP("Settings", "Compute on"),
    QT_TRANSLATE_NOOP("Settings", "Automatic takes the graphics card where it works, else the processor."),
    QT_TRANSLATE_NOOP("Settings", "Automatic"),
    QT_TRANSLATE_NOOP("Settings", "Processor (CPU)"),
    QT_TRANSLATE_NOOP("Settings", "Graphics card (CUDA)"),
    QT_TRANSLATE_NOOP("Settings", "Show earlier results of the same image"),
    QT_TRANSLATE_NOOP("Settings", "An image that this model has seen before is not analysed again."),
    QT_TRANSLATE_NOOP("Settings", "Keep thumbnails"),
    QT_TRANSLATE_NOOP("Settings", "Look into a watched folder every"),
    QT_TRANSLATE_NOOP("Settings", "Less often is easier on a network drive."),
    QT_TRANSLATE_NOOP("Settings", "1 s"),
    QT_TRANSLATE_NOOP("Settings", "2 s"),
    QT_TRANSLATE_NOOP("Settings", "5 s"),
    QT_TRANSLATE_NOOP("Settings", "10 s"),
    QT_TRANSLATE_NOOP("Settings", "30 s"),
    QT_TRANSLATE_NOOP("Settings", "60 s"),
    QT_TRANSLATE_NOOP(
        "Settings", "Small pictures of the images in the history. Applies to images analysed from now on."
    ),
)
