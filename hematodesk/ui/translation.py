"""Texts in the person's language: marking them in tables, and loading the translation at start."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:
    """Mark a table's text for the translation tools, which look for this very name; returns the text.

    Qt's own function of the name is typed as giving an object.
    """
    del context
    return text


def translate(context: str, text: str) -> str:
    """A text outside any class in the person's language; the translation tools know this name too."""
    return QCoreApplication.translate(context, text)


def install_translators(application: QCoreApplication, folder: Path, language: str = "") -> list[QTranslator]:
    """Load Qt's and the program's translations for a language, where there are any.

    Args:
        language: its code; empty takes the system's.
        folder: where hematodesk_<language>.qm lie; it may be missing.
    """
    wanted = QLocale(language) if language else QLocale()
    english = QLocale(QLocale.Language.English)
    installed = []
    # The source texts are English, but their plurals are written only in the English file: it lies
    # under every other language. The last one installed is asked first.
    for locale, name, place in (
        (english, "hematodesk", str(folder)),
        (wanted, "qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        (wanted, "hematodesk", str(folder)),
    ):
        translator = QTranslator(application)
        if translator.load(locale, name, "_", place):
            application.installTranslator(translator)
            installed.append(translator)
    return installed
