"""Texts in the person's language, and loading the translation at start."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from hematodesk.domain.marking import QT_TRANSLATE_NOOP as QT_TRANSLATE_NOOP


def translate(context: str, text: str) -> str:
    """A text outside any class in the person's language; the translation tools know this name too."""
    return QCoreApplication.translate(context, text)


class Context:
    """Texts with a count outside any class, for a variable that is called as the context is.

    Of `translate` with a number the translation tools make a text without plural forms, or none; of
    `RunWords.tr(…)` they make one with them, in the context RunWords.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def tr(self, text: str, comment: str, count: int) -> str:
        """The text in the person's language and the form for that count."""
        return QCoreApplication.translate(self._name, text, comment, count)


def install_translators(application: QCoreApplication, folder: Path, language: str = "") -> list[QTranslator]:
    """Load the program's and Qt's texts in a language, and write numbers and dates as it does.

    Args:
        language: its code; empty takes the system's.
        folder: where hematodesk_<language>.qm lie; it may be missing.
    """
    system = QLocale.system()
    wanted = QLocale(language) if language else system
    if wanted.language() == system.language():
        # The country stays the system's: a decimal point in Mexico, a comma in Spain.
        wanted = system
    else:
        QLocale.setDefault(wanted)
    english = QLocale(QLocale.Language.English)
    installed: list[QTranslator] = []

    def install(locale: QLocale, name: str, place: str) -> None:
        translator = QTranslator(application)
        if translator.load(locale, name, "_", place):
            application.installTranslator(translator)
            installed.append(translator)

    # The source texts are English, but their plurals are written only in the English file: it lies
    # under every other language. The last one installed is asked first.
    install(english, "hematodesk", str(folder))
    install(wanted, "hematodesk", str(folder))
    # Qt's own texts only in a language that the program has, too: a mixture is worse.
    spoken = QLocale(installed[-1].language()) if installed else english
    install(spoken, "qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    return installed
