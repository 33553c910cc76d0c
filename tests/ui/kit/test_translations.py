"""The translations are whole and fit the program's texts; errors are told in the person's language."""

from __future__ import annotations

import errno
import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar

from hematodesk.domain.cells import Fault, ImageResult, ImageStatus
from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import RunSummary
from hematodesk.domain.messages import Message, reason_of
from hematodesk.domain.operators import Operator
from hematodesk.imaging import faults
from hematodesk.inference.package import read_model_bytes
from hematodesk.storage import faults as storage_faults
from hematodesk.storage.history import History
from hematodesk.ui.kit.cell_words import milliseconds, percent
from hematodesk.ui.kit.class_names import class_count, class_name
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.translation import install_translators
from hematodesk.ui.kit.words import number, rate_words, run_words
from hematodesk.workflow.exports.class_folders import UNREAD, WITHOUT_CLASS, FolderOutcome
from hematodesk.workflow.models.reviewed_cells import ClassCount, ReviewedCells, require_enough
from hematodesk.workflow.system.settings import SettingsStore, declared

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

DAMAGED = faults.damaged("a.png", "PNG", "a checksum does not match").message
TOO_FEW = (ClassCount("neutrophil", 1, 1, True), ClassCount("monocyte", 2, 2, True))


def refusal(call: Callable[..., object], *arguments: object) -> HematodeskError:
    with pytest.raises(HematodeskError) as caught:
        call(*arguments)
    return caught.value


def folder_notices(files: dict[str, int], left_out: dict[str, int]) -> list[str]:
    outcome = FolderOutcome(sum(files.values()), Counter(files), Counter(left_out))
    return list(outcome.notices())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (faults.empty("a b.jpg").message, "«a b.jpg» está vacío."),
        (DAMAGED, "«a.png» es un archivo PNG dañado: una suma de comprobación no coincide."),
        (faults.empty("is empty.").message, "«is empty.» está vacío."),
        (faults.empty("{name} {odd} %n").message, "«{name} {odd} %n» está vacío."),
        (
            storage_faults.unwritable(Path("history.sqlite3"), reason_of(OSError(errno.ENOSPC, ""))).message,
            "No se puede escribir history.sqlite3: No queda espacio en el dispositivo.",
        ),
        (
            refusal(require_enough, TOO_FEW).message,
            "Hay muy pocas células revisadas: se necesitan al menos 10 células de 5 imágenes en 2 clases; "
            "hay Neutrófilo: 1 de 1 imagen, Monocito: 2 de 2 imágenes.",
        ),
        (
            refusal(require_enough, (), ReviewedCells((), (), (), rejected=3).left_out).message,
            "Hay muy pocas células revisadas: se necesitan al menos 10 células de 5 imágenes en 2 clases; "
            "hay ninguna. Rechazadas por no ser célula: 3.",
        ),
        (folder_notices({"neutrophil": 2, "platelet": 1}, {})[0], "3 archivos: Neutrófilo 2, Plaqueta 1."),
        (folder_notices({"neutrophil": 1}, {})[0], "1 archivo: Neutrófilo 1."),
        (folder_notices({}, {WITHOUT_CLASS: 2})[1], "Omitido: 2 células sin clase."),
        (
            folder_notices({}, {WITHOUT_CLASS: 1, UNREAD: 1})[1],
            "Omitido: 1 célula sin clase, 1 imagen que no se pudo leer.",
        ),
        (
            refusal(SettingsStore(Path("none"), {"provider": "cpu"}).set, "provider", "cuda").message,
            "«Calcular en» lo ha fijado el administrador de este ordenador.",
        ),
        (refusal(read_model_bytes, ROOT).message, f"{ROOT.name} no es un archivo."),
        # From before the history kept what words were made of, or from the system: as they are.
        ("“a b.jpg” is empty.", "“a b.jpg” is empty."),
        ("", ""),
        (Message(""), ""),
        (
            Message("Nobody says {what}.", what=DAMAGED.data["reason"]),
            "Nobody says una suma de comprobación no coincide.",
        ),
    ],
)
def test_errors_are_told_in_the_persons_language(spanish, said, told) -> None:
    assert error_words(said) == told


def test_errors_in_english_are_told_as_they_were_made(qapp) -> None:
    for said in (DAMAGED, faults.empty("n\n.jpg").message, faults.empty("x" * 5000).message, "{odd}"):
        assert error_words(said) == str(said)
    # A class stands under its id on the command line, and under its name here.
    assert folder_notices({"neutrophil": 1}, {})[0] == "1 file: neutrophil 1."
    assert error_words(folder_notices({"neutrophil": 1}, {})[0]) == "1 file: Neutrophil 1."


def test_a_fault_of_the_history_is_told_in_the_readers_language(spanish, tmp_path) -> None:
    """It was saved by one program and is read by another, on a computer of another language."""
    error = faults.incomplete("rota.png", "PNG", "rows are missing")
    fault = Fault(error.code, error.message, error.remedy)
    result = ImageResult("rota.png", "/rota.png", "ab", 0, 0, ImageStatus.ERROR, fault=fault)
    history = History.open(tmp_path / "history.sqlite3")
    (saved,) = history.save_results(history.begin_session(Operator.named("Ada")), [result])
    stored = history.image(saved.id).result.fault
    history.close()
    assert stored is not None
    assert error_words(stored.message) == "«rota.png» es un archivo PNG incompleto: faltan filas."
    assert error_words(stored.remedy).startswith("Cópielo o expórtelo otra vez")


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
    [
        ("en", "9 images in 2 s: 12 Neutrophils, 4 images with uncertain cells."),
        ("es", "9 imágenes en 2 s: 12 Neutrófilos, 4 imágenes con células inciertas."),
    ],
)
def test_uncertain_ones_are_images_beside_counts_of_cells(qapp, language, told) -> None:
    installed = install_translators(qapp, FOLDER, language)
    try:
        summary = RunSummary(1, 9, 12, (("neutrophil", 12, 9),), 4, 0, 0, ())
        assert run_words(summary, 2.0, 9) == told
    finally:
        for translator in installed:
            qapp.removeTranslator(translator)
        QLocale.setDefault(QLocale.system())


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


@pytest.mark.parametrize("class_id", CELL_CLASSES)
def test_counts_before_class_names_have_their_plural(qapp: QApplication, class_id: str) -> None:
    one, many = class_count(class_id, 1), class_count(class_id, 5)
    assert one == f"1 {CELL_CLASSES[class_id].name}"
    assert many == f"5 {CELL_CLASSES[class_id].name}s"


def test_counts_before_class_names_have_their_plural_in_spanish(spanish: None) -> None:
    assert class_count("neutrophil", 1) == "1 Neutrófilo"
    assert class_count("neutrophil", 5) == "5 Neutrófilos"
    assert class_count("immature_granulocyte", 2) == "2 Granulocitos inmaduros"
    plurals = [class_count(each, 2).partition(" ")[2] for each in CELL_CLASSES]
    assert not set(plurals) & {CELL_CLASSES[each].plural for each in CELL_CLASSES}, "none was left in English"


def test_a_class_of_another_package_is_counted_without_a_made_up_plural(qapp: QApplication) -> None:
    assert class_count("sickle_form", 5) == "5 × Sickle form"
