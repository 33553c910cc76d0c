"""Images come in: by drop, paste, command line, samples; known ones, failed ones, none at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from hematodesk.domain.cells import ImageStatus
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.state.viewer_state import ViewState


def drop(window: MainWindow, mime: QMimeData) -> bool:
    """Drag over the window and let go; whether the window took it."""
    enter = QDragEnterEvent(
        QPoint(400, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter.ignore()
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(
        QPointF(400, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def shown_names(window: MainWindow) -> list[str]:
    model = window.panel.model
    summaries = [model.summary(image_id) for image_id in model.image_ids(window.session.session_id or -1)]
    return [summary.name for summary in summaries if summary is not None]


def test_a_dropped_file_shows_its_answer_and_is_saved(bench, qtbot: QtBot) -> None:
    window = bench.show()
    assert window.viewer.state is ViewState.EMPTY
    assert drop(window, files(bench.field("a smear ü.jpg")))
    bench.rest(window)
    assert window.viewer.state is ViewState.SHOWN
    assert window.viewer.saved
    assert window.viewer.cell is not None
    assert window.viewer.cell.prediction is not None
    assert window.viewer.cell.prediction.class_id == "neutrophil"
    assert window.centre.view.isVisible()
    assert len(window.centre.view.cells) == len(window.viewer.cells)
    assert shown_names(window) == ["a smear ü.jpg"]
    assert window.panel.selected_ids() == [window.viewer.image_id]


def test_a_dropped_picture_and_its_cells_are_shown_once(bench, monkeypatch) -> None:
    window = bench.show(start=[bench.field("before.jpg", "smear_02_eosinophil.jpg")])
    view = window.centre.view
    pictures, cells = [], []
    put, mark = view.set_image, view.set_cells

    def set_image(pixels, name="", shown=(), *arguments, **told) -> None:
        pictures.append(pixels)
        cells.extend([shown] if shown else [])
        put(pixels, name, shown, *arguments, **told)

    def set_cells(shown, *arguments) -> None:
        cells.extend([shown] if shown else [])
        mark(shown, *arguments)

    monkeypatch.setattr(view, "set_image", set_image)
    monkeypatch.setattr(view, "set_cells", set_cells)
    assert drop(window, files(bench.field()))
    bench.rest(window)
    assert len(pictures) == len(cells) == 1
    assert window.viewer.saved
    assert "not saved" not in window.strip.cells.text()
    assert window.actions_["note"].isEnabled()
    assert window.viewer.cell is not None
    assert window.viewer.cell.id is not None


def test_a_dropped_folder_is_taken_whole_in_natural_order(bench) -> None:
    window = bench.show()
    for name in ("smear_10.jpg", "smear_2.jpg", "inner/smear_1.jpg"):
        bench.field(f"folder/{name}")
    (bench.folder / "folder" / "notes.txt").write_text("no image")
    assert drop(window, files(bench.folder / "folder"))
    bench.rest(window)
    assert window.viewer.name == "smear_2.jpg"
    assert shown_names(window) == ["smear_2.jpg"]


def test_many_dropped_files_are_listed_in_their_order_and_the_first_is_shown(bench) -> None:
    window = bench.show()
    paths = bench.plain(30)
    assert drop(window, files(*paths))
    bench.rest(window)
    assert shown_names(window) == [path.name for path in paths]
    assert window.viewer.name == paths[0].name
    assert window.viewer.result is not None
    assert window.viewer.result.status is ImageStatus.NO_CELL


def test_a_drag_without_images_is_not_taken(bench) -> None:
    window = bench.show()
    mime = QMimeData()
    mime.setText("hello")
    assert not drop(window, mime)
    mime.setUrls([QUrl("https://example.org/cell.jpg")])
    assert not drop(window, mime)


def test_image_bytes_dragged_from_a_browser_are_named_and_kept(bench) -> None:
    window = bench.show()
    mime = QMimeData()
    data = bench.field().read_bytes()
    mime.setUrls([QUrl("https://example.org/cell.jpg")])
    mime.setData("image/jpeg", QByteArray(data))
    assert drop(window, mime)
    bench.rest(window)
    assert window.viewer.result is not None
    assert window.viewer.result.status is ImageStatus.OK
    kept = Path(window.viewer.result.path)
    assert kept.read_bytes() == data
    assert kept.is_relative_to(bench.folder / "data")


def test_pasted_pixels_and_pasted_paths_open(bench) -> None:
    window = bench.show()
    clipboard = QGuiApplication.clipboard()
    clipboard.setImage(QImage(str(bench.field())))
    window.actions_["paste"].trigger()
    bench.rest(window)
    assert window.viewer.result is not None
    assert window.viewer.result.status is ImageStatus.OK
    assert window.viewer.name.startswith("Pasted picture")
    first = window.viewer.image_id
    clipboard.setText(f"{bench.field('b.jpg', 'smear_02_eosinophil.jpg')}\n")
    window.actions_["paste"].trigger()
    bench.rest(window)
    assert window.viewer.image_id != first
    assert window.viewer.name == "b.jpg"
    clipboard.setText("just words")
    window.actions_["paste"].trigger()
    assert [notice.code for notice in window.banners.notices()] == ["nothing_to_open"]
    clipboard.clear()


def test_a_failed_file_says_why_and_stays_in_the_list(bench) -> None:
    broken = bench.folder / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    window = bench.show(start=[broken])
    assert window.viewer.state is ViewState.FAILED
    assert window.viewer.result is not None
    assert window.viewer.result.fault is not None
    assert window.centre.message.isVisible()
    assert shown_names(window) == ["broken.jpg"]


def test_failures_in_a_batch_end_in_one_banner_that_leads_to_them(bench, qtbot: QtBot) -> None:
    paths = bench.plain(5)
    for number in (1, 3):
        paths[number].write_bytes(b"")
    window = bench.show(start=paths)
    banner = window.banners.banner("some_failed")
    assert banner is not None
    assert banner.button is not None
    banner.button.click()
    bench.rest(window)
    qtbot.waitUntil(lambda: window.panel.model.rowCount() == 3)
    names = [window.panel.model.neighbour(None, 1)]
    assert names[0] is not None
    assert names[0].name == paths[1].name


def test_an_image_seen_before_shows_its_earlier_result_and_says_so(bench) -> None:
    path = bench.field()
    window = bench.show(start=[path])
    first = window.viewer.image_id
    window.actions_["agree"].trigger()
    bench.rest(window)
    bench.close(window)
    again = bench.show(start=[path])
    assert again.viewer.image_id == first
    assert any(cell.review is not None for cell in again.viewer.cells)
    banner = again.banners.banner("known_image")
    assert banner is not None
    assert banner.button is not None
    banner.button.click()
    bench.rest(again)
    assert again.viewer.image_id != first
    assert all(cell.review is None for cell in again.viewer.cells)


def test_without_a_model_the_image_is_shown_and_named_as_soon_as_there_is_one(empty_bench, bench) -> None:
    paths = [empty_bench.field(), *empty_bench.plain(2)]
    window = empty_bench.show(start=paths)
    assert window.viewer.state is ViewState.UNNAMED
    assert window.centre.view.has_image
    assert not window.viewer.saved
    assert not window.actions_["agree"].isEnabled()
    banner = window.banners.banner("no_model")
    assert banner is not None
    assert banner.button is not None
    window.models.import_model(str(bench.folder / "models" / "tiny.onnx"))
    empty_bench.rest(window)
    assert window.viewer.state is ViewState.SHOWN
    assert shown_names(window) == [path.name for path in paths]
    assert window.banners.banner("no_model") is None


def test_the_samples_open_and_the_recent_ones_are_remembered(bench) -> None:
    window = bench.show()
    window.actions_["open_samples"].trigger()
    bench.rest(window)
    assert len(shown_names(window)) == len(
        [path for path in bench.samples.iterdir() if path.suffix != ".txt"]
    )
    assert window.services.settings.items("recent") == []
    window.opener.open_paths([bench.field()])
    bench.rest(window)
    assert window.services.settings.items("recent") == [str(bench.folder / "field.jpg")]


def test_an_empty_folder_says_that_nothing_is_in_it(bench) -> None:
    (bench.folder / "nothing").mkdir()
    window = bench.show(start=[bench.folder / "nothing"])
    assert window.banners.banner("no_images") is not None
    assert window.viewer.state is ViewState.EMPTY


@pytest.mark.parametrize("name", ["model.h5", "net.PT", "converted_keras.zip"])
def test_a_dropped_model_of_another_kind_says_what_it_is_and_is_no_image(bench, name: str) -> None:
    (bench.folder / name).write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    window = bench.show()
    assert drop(window, files(bench.folder / name))
    bench.rest(window)
    (notice,) = window.banners.notices()
    assert name in notice.text and "Keras" in notice.text
    assert f'export_tools convert "{name}"' in notice.remedy
    banner = window.banners.banner("model_foreign")
    assert banner is not None
    # What is copied from the banner has no unseen characters in the command.
    assert f'`python -m export_tools convert "{name}" --output mine.onnx' in banner.findChild(QLabel).text()
    assert shown_names(window) == []


def test_a_dropped_package_is_imported(bench, empty_bench) -> None:
    window = empty_bench.show()
    assert drop(window, files(bench.folder / "models" / "tiny.onnx", bench.field()))
    empty_bench.rest(window)
    assert window.model_state.name == "tiny 1.0.0"
    assert shown_names(window) == ["field.jpg"]


def test_a_dropped_folder_of_a_model_says_what_it_is(bench) -> None:
    folder = bench.folder / "net"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"\x08\x01")
    window = bench.show()
    assert drop(window, files(folder))
    bench.rest(window)
    (notice,) = window.banners.notices()
    assert "SavedModel" in notice.text


@pytest.mark.parametrize(
    ("text", "count"),
    [("/a/b.png\n/c.jpg", 2), ("file:///a/b%20c.png", 1), ('"/a/b.png"', 1), ("relative.png", 0), ("", 0)],
)
def test_paths_in_text_are_absolute_or_nothing(text: str, count: int) -> None:
    from hematodesk.ui.kit.mime import paths_of_text

    assert len(paths_of_text(text)) == count


def test_a_batch_of_known_images_says_so_and_analyses_them_again_when_asked(bench) -> None:
    paths = bench.plain(4)
    bench.close(bench.show(start=paths))
    window = bench.show(start=paths)
    banner = window.banners.banner("known_images")
    assert banner is not None
    assert "3 image" in banner.notice.text
    assert banner.button is not None
    banner.button.click()
    bench.rest(window)
    assert shown_names(window) == [path.name for path in paths[1:]]


def test_a_first_image_that_cannot_be_read_counts_with_the_rest(bench) -> None:
    missing = [bench.folder / "gone_1.png", bench.folder / "gone_2.png"]
    window = bench.show(start=[*missing, *bench.plain(2)])
    banner = window.banners.banner("some_failed")
    assert banner is not None
    assert banner.notice.text.startswith("2 ")


def test_a_dropped_folder_tells_what_was_left_out_of_it(bench) -> None:
    window = bench.show()
    bench.field("mixed/a.jpg")
    for name in ("b.heic", "c.HEIC", "d.nd2", "notes.txt", "@eaDir/SYNOFILE_THUMB_M.jpg"):
        file = bench.folder / "mixed" / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    assert drop(window, files(bench.folder / "mixed"))
    bench.rest(window)
    assert shown_names(window) == ["a.jpg"]
    banner = window.banners.banner("left_out")
    words = "Left out: 3 file(s) of kinds that are not read (HEIC, ND2)."
    assert banner is not None and banner.notice.text == banner.accessibleName() == words


def test_a_folder_of_other_kinds_says_what_is_in_it(bench) -> None:
    window = bench.show()
    (bench.folder / "phone").mkdir()
    (bench.folder / "phone" / "a.heic").touch()
    assert drop(window, files(bench.folder / "phone"))
    bench.rest(window)
    banner = window.banners.banner("no_images")
    assert banner is not None
    assert (
        banner.notice.text == "There are no images in phone, but 1 file(s) of kinds that are not read (HEIC)."
    )
    assert "JPEG" in banner.notice.remedy
    assert window.banners.banner("left_out") is None
