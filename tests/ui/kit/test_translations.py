"""The translations are whole and fit the program's texts; errors are told in the person's language."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar

from hematodesk.domain.history import RunSummary
from hematodesk.ui.kit.cell_words import milliseconds, percent
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.error_texts import ERROR_TEXTS
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.translation import install_translators
from hematodesk.ui.kit.words import number, rate_words, run_words
from hematodesk.workflow.system.settings import declared

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "resources" / "translations"
LANGUAGES = [path.stem.removeprefix("hematodesk_") for path in sorted(FOLDER.glob("*.ts"))]

_PLACEHOLDER = re.compile(r"\{\w*\}|%n")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """packaging/translations.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("translations", ROOT / "packaging" / "translations.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def spanish(qapp: QApplication) -> Iterator[None]:
    """The program in Spanish."""
    installed = install_translators(qapp, FOLDER, "es")
    yield
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(QLocale.system())


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_stale_left_over_or_unfinished(tool, language) -> None:
    """Mend with `python packaging/translations.py`, then translate what it names and run it again."""
    assert list(tool.problems(FOLDER / f"hematodesk_{language}.ts")) == []


def test_stale_texts_are_found(tool, tmp_path) -> None:
    file = tmp_path / "hematodesk_es.ts"
    text = (FOLDER / "hematodesk_es.ts").read_text(encoding="utf-8")
    text = text.replace("<translation>Eosinófilo</translation>", '<translation type="unfinished"/>')
    text = text.replace("<source>Monocyte</source>", "<source>Monocytes</source>")
    file.write_text(text, encoding="utf-8")
    found = "\n".join(tool.problems(file))
    assert "not translated, CellClass: 'Eosinophil'" in found
    assert "new, CellClass: 'Monocyte'" in found
    assert "not in the program any more, CellClass: 'Monocytes'" in found
    assert "hematodesk_es.qm: not compiled" in found


def test_the_settings_offer_the_languages_there_are() -> None:
    offered = {choice.value for choice in declared("language").choices}
    assert offered == {"system", *LANGUAGES}


def test_translations_keep_placeholders_and_mnemonics(tool) -> None:
    texts = tool.texts(FOLDER / "hematodesk_es.ts")
    assert len(texts) > 800
    for (_, source, _), forms in texts.items():
        for form in forms:
            assert Counter(_PLACEHOLDER.findall(form)) == Counter(_PLACEHOLDER.findall(source)), source
            assert form.count("&") == source.count("&"), source
            assert (form[-1] in ".…:") == (source[-1] in ".…:") or form.startswith("¿"), source
            assert form.count("\n") == source.count("\n"), source


def test_the_word_diagnosis_is_only_of_people(tool) -> None:
    """The program names cells; people diagnose."""
    for (_, source, _), forms in tool.texts(FOLDER / "hematodesk_es.ts").items():
        if any("diagn" in form.lower() for form in forms):
            assert "diagn" in source.lower(), source


def test_keys_of_a_menu_differ(bench, spanish) -> None:
    window = bench.show()
    menus = [window.menuBar(), *window.findChildren(QMenu)]
    assert len(menus) > 7
    for menu in menus:
        assert isinstance(menu, QMenu | QMenuBar)
        texts = [action.text() for action in menu.actions() if not action.isSeparator()]
        keys = [found[1].lower() for text in texts if (found := re.search("&([^&])", text))]
        assert len(keys) == len(set(keys)), texts
    assert "&Archivo" in [action.text() for action in window.menuBar().actions()]


# Errors

_ROOMS = ("domain", "imaging", "inference", "storage", "reporting", "workflow", "child")
_ONLY_COMMAND_LINE = {"adapt_command.py", "history_commands.py", "arguments.py", "output.py"}
_SHARED_REMEDIES = {"_REMEDY", "_CONVERT", "_COPY_AGAIN", "_REPAIR_REMEDY"}
_ERRORS = re.compile(
    r"(Image|Model|Provider|History|Export|Camera|Document|Settings|Policy|Place|Hematodesk)Error$"
)


def _templates(node: ast.expr) -> Iterator[str]:
    """The sentences that an argument can be, with {} for data; nothing for what is no text by itself."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rstrip":
        yield from _templates(node.func.value)
    elif isinstance(node, ast.IfExp):
        yield from _templates(node.body)
        yield from _templates(node.orelse)


def _sentences(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and _ERRORS.search(node.func.id):
            for argument in node.args[1:]:
                yield from _templates(argument)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_Broken":
            yield from _templates(node.args[0])
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith(".left_out"):
            yield from _templates(node.slice)
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in _SHARED_REMEDIES
        ):
            yield from _templates(node.value)


def test_every_sentence_of_an_error_can_be_translated() -> None:
    known = {re.sub(r"\{\w+\}", "{}", text) for text in ERROR_TEXTS}
    missing, seen = [], 0
    for room in _ROOMS:
        for path in sorted((ROOT / "hematodesk" / room).rglob("*.py")):
            if path.name in _ONLY_COMMAND_LINE:
                continue
            for sentence in _sentences(path):
                seen += 1
                if sentence and sentence not in known:
                    missing.append(f"{path.name}: {sentence}")
    assert missing == []
    assert len(set(ERROR_TEXTS)) == len(ERROR_TEXTS)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("“a b.jpg” is empty.", "«a b.jpg» está vacío."),
        (
            "“a.png” is a damaged PNG file: a checksum does not match.",
            "«a.png» es un archivo PNG dañado: una suma de comprobación no coincide.",
        ),
        ("“is empty.” is empty.", "«is empty.» está vacío."),
        (
            "history.sqlite3 cannot be written: No space left on device.",
            "No se puede escribir history.sqlite3: No queda espacio en el dispositivo.",
        ),
        (
            "There are too few reviewed cells: at least 10 cells of 5 images are needed in 2 classes; "
            "there are neutrophil 1 of 1 image, monocyte 2 of 2 images.",
            "Hay muy pocas células revisadas: se necesitan al menos 10 células de 5 imágenes en 2 clases; "
            "hay Neutrófilo: 1 de 1 imagen, Monocito: 2 de 2 imágenes.",
        ),
        ("3 files: neutrophil 2, platelet 1.", "3 archivos: Neutrófilo 2, Plaqueta 1."),
        ("1 file: neutrophil 1.", "1 archivo: Neutrófilo 1."),
        ("Left out: 2 cells without a class.", "Omitido: 2 células sin clase."),
        (
            "Left out: 1 cell without a class, 1 image that could not be read.",
            "Omitido: 1 célula sin clase, 1 imagen que no se pudo leer.",
        ),
        ("{odd} is not a file.", "{odd} no es un archivo."),
        ("Nobody has said this before.", "Nobody has said this before."),
        ("", ""),
    ],
)
def test_errors_are_told_in_the_persons_language(spanish, said, told) -> None:
    assert error_words(said) == told


def test_errors_in_english_are_told_as_they_were_made(qapp) -> None:
    for said in ("“a.png” is a damaged PNG file: rows are missing.", "“n\n.jpg” is empty.", "x" * 5000):
        assert error_words(said) == said


def test_an_error_in_the_window_is_spanish(bench, spanish) -> None:
    broken = bench.folder / "rota.jpg"
    broken.write_bytes(b"not a picture at all")
    window = bench.show(start=[broken])
    shown = window.answer.accessibleName() + " ".join(
        label.text() for label in window.answer.findChildren(type(window.strip.sign))
    )
    assert "no es una imagen, diga lo que diga su nombre" in shown.replace("\u200b", "")


# Numbers and dates


def test_numbers_follow_the_language(spanish) -> None:
    assert percent(0.97) == "97\u00a0%"
    assert milliseconds(4.25) in ("4,2\u00a0ms", "4,3\u00a0ms")
    assert number(1_234_567) == "1.234.567"
    assert rate_words(2.44) == "2,4"
    assert class_name("erythroblast") == "Eritroblasto"


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", ("1 image in 2 s.", "9 images in 2 s.")), ("es", ("1 imagen en 2 s.", "9 imágenes en 2 s."))],
)
def test_one_is_no_plural_in_texts_outside_classes_either(qapp, language, told) -> None:
    installed = install_translators(qapp, FOLDER, language)
    try:
        summary = RunSummary(1, 1, 0, (), 0, 0, 0, ())
        assert tuple(run_words(summary, 2.0, count) for count in (1, 9)) == told
    finally:
        for translator in installed:
            qapp.removeTranslator(translator)
        QLocale.setDefault(QLocale.system())


def test_qts_own_texts_are_spanish(spanish) -> None:
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancelar"


def test_a_language_that_is_not_spoken_is_english_through_and_through(qapp) -> None:
    installed = install_translators(qapp, FOLDER, "de")
    try:
        assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel"
        assert class_name("platelet") == "Platelet"
        assert QCoreApplication.translate("CellCard", "%n cells", "", 1) == "1 cell"
    finally:
        for translator in installed:
            qapp.removeTranslator(translator)
        QLocale.setDefault(QLocale.system())
