"""Import of a model of another kind: the whole sentence stands in the banner and in the dialog."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from onnx import TensorProto, helper
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QLabel

from hematodesk.ui.kit.translation import install_translators
from hematodesk.ui.models.models_dialog import ModelsDialog

TRANSLATIONS = Path(__file__).parents[3] / "resources" / "translations"


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for name in names:
            opened.writestr(name, b"")
    return stream.getvalue()


def bare_onnx(*shape: int) -> bytes:
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])
    told = helper.make_tensor_value_info("output0", TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("Identity", ["images"], ["output0"])], "g", [given], [told])
    return bytes(helper.make_model(graph).SerializeToString())


FILES = {
    "leukocytes_efficientnet_fold_3_best.h5": b"\x89HDF\r\n\x1a\n" + bytes(100),
    "converted_keras.zip": archive("keras_model.h5", "labels.txt"),
    "model_unquant.tflite": b"\x1c\0\0\0TFL3" + bytes(60),
    "resnet18_blood_cells_state_dict.pth": archive("net/data.pkl"),
    "export.pkl": b"\x80\x04K\x01.",
    "bare.onnx": bare_onnx(1, 4),
    "yolov8n.onnx": bare_onnx(1, 84, 8400),
}


@pytest.fixture(params=["en", "es"])
def language(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[str]:
    before = QLocale()
    installed = install_translators(qapp, TRANSLATIONS, request.param)
    yield request.param
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)


def whole(label: QLabel) -> bool:
    return label.heightForWidth(label.width()) <= label.height() and (
        label.minimumSizeHint().width() <= label.width()
    )


def test_each_kind_is_told_whole_on_a_small_screen(bench, qtbot, language: str) -> None:
    window = bench.show()
    window.resize(1366, 740)
    for name, data in FILES.items():
        (bench.folder / name).write_bytes(data)
        window.models.import_model(str(bench.folder / name))
        bench.rest(window)
        (notice,) = window.banners.notices()
        assert name in notice.text
        banner = window.banners.banner(notice.code)
        assert banner is not None
        told = banner.findChild(QLabel)
        assert notice.remedy[-30:] in told.text().replace("\u200b", "")
        qtbot.waitUntil(lambda told=told: told.isVisible() and whole(told))
        window.banners.put_away(notice.code)


def test_the_dialog_tells_it_whole_too(bench, qtbot, language: str) -> None:
    window = bench.show()
    window.resize(1366, 740)
    window.actions_["models"].trigger()
    dialog = window.dialogs.open_now["models"]
    assert isinstance(dialog, ModelsDialog)
    bench.rest(window)
    for name in ("resnet18_blood_cells_state_dict.pth", "bare.onnx"):
        (bench.folder / name).write_bytes(FILES[name])
        window.models.import_model(str(bench.folder / name))
        bench.rest(window)
        assert name in dialog.status.text() and "export_tools convert" in dialog.status.text()
        qtbot.waitUntil(lambda: whole(dialog.status))
        assert dialog.height() <= 740
    dialog.reject()
