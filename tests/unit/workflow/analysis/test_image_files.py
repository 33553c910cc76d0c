from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hematodesk.domain.left_out import LeftOut, kind_of
from hematodesk.workflow.analysis.image_files import ImageListing, gather_images, natural_key


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b10.PNG", "b2.jpg", "a.tif", ".hidden.png", "notes.txt", "deep/c.webp", ".git/d.png"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    return tmp_path


def names(found, root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found]


def test_a_folder_gives_its_images_in_natural_order_without_hidden_ones(tree):
    assert names(gather_images([tree]), tree) == ["a.tif", "b2.jpg", "b10.PNG", "deep/c.webp"]


def test_without_recursion_the_inner_folders_are_left_out(tree):
    assert names(gather_images([tree], recursive=False), tree) == ["a.tif", "b2.jpg", "b10.PNG"]


def test_a_named_file_is_always_taken(tree):
    given_paths = [tree / "notes.txt", tree / ".hidden.png", tree / "missing.png"]
    assert list(gather_images(given_paths)) == given_paths


def test_no_file_comes_twice(tree, monkeypatch):
    monkeypatch.chdir(tree)
    found = list(gather_images([Path("b2.jpg"), tree, tree / "a.tif"]))
    assert len(found) == 4
    assert found[0] == Path("b2.jpg")


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_to_a_folder_is_not_followed(tree):
    (tree / "deep" / "loop").symlink_to(tree)
    assert len(list(gather_images([tree]))) == 4


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are POSIX")
def test_a_link_that_leads_nowhere_and_a_pipe_are_passed_over(tree):
    (tree / "broken.png").symlink_to(tree / "nowhere.png")
    os.mkfifo(tree / "pipe.png")
    assert len(list(gather_images([tree]))) == 4


def test_a_folder_that_cannot_be_listed_is_told_when_named_and_passed_over_inside(tree, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "deep":
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert names(gather_images([tree]), tree) == ["a.tif", "b2.jpg", "b10.PNG"]
    assert list(gather_images([tree / "deep"])) == [tree / "deep"]


def test_a_path_that_no_system_takes_is_yielded_as_a_file():
    assert list(gather_images([Path("a\0b.png")])) == [Path("a\0b.png")]


def test_listing_is_lazy(tree):
    found = gather_images([tree])
    first = next(found)
    assert first.name == "a.tif"


@given(st.lists(st.text(min_size=1, max_size=12), max_size=8))
def test_natural_keys_can_always_be_compared(texts):
    assert len(sorted(texts, key=natural_key)) == len(texts)


def test_numbers_are_compared_as_numbers_and_case_does_not_matter():
    assert sorted(["x10", "X9", "x1"], key=natural_key) == ["x1", "X9", "x10"]


def test_a_listing_is_taken_from_while_it_grows_and_counts_exactly(tmp_path):
    for number in range(4_500):
        (tmp_path / f"smear_{number}.png").touch()
    listing = ImageListing([tmp_path])
    assert listing.total is None
    lister = threading.Thread(target=listing.list_all)
    lister.start()
    names = [path.name for path in listing]
    lister.join()
    assert names == [f"smear_{number}.png" for number in range(4_500)]
    assert listing.total == listing.found == 4_500


def test_a_stopped_listing_lets_everybody_go(tmp_path):
    (tmp_path / "a.png").touch()
    listing = ImageListing([tmp_path])
    waiting = threading.Thread(target=lambda: list(listing))
    waiting.start()
    listing.stop()
    waiting.join(5)
    assert not waiting.is_alive()


MESSY = (
    *(
        "a.jpg",
        "b.HEIC",
        "c.heif",
        "d.nd2",
        "e",
        "f.what is this",
        "g.ƒ",
        "h.cr3",
        "deep/i.nd2",
        "deep/j.png",
    ),
    *(
        "a.xmp",
        "notes.txt",
        "table.CSV",
        "a.jpg.json",
        "a.xml",
        ".DS_Store",
        "._a.jpg",
        "Thumbs.db",
        "desktop.ini",
    ),
    *("@eaDir/SYNOFILE_THUMB_M.jpg", "#recycle/old.jpg", "$RECYCLE.BIN/x.png", ".thumbnails/t.png"),
    *(".Trash-1000/x.jpg", "System Volume Information/x.dat", "__MACOSX/a.jpg", "deep/@eaDir/j.png"),
)


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    for name in MESSY:
        file = tmp_path / "messy" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path / "messy"


def test_a_folder_tells_what_it_leaves_out_by_kind_and_what_systems_made_is_not_told(messy):
    left_out = LeftOut()
    assert names(gather_images([messy], left_out=left_out), messy) == ["a.jpg", "deep/j.png"]
    assert left_out.kinds == {"HEIC": 2, "ND2": 2, "Canon RAW": 1, "": 1, "?": 2}
    assert left_out.words() == ["8 files of kinds that are not read (HEIC, ND2, Canon RAW, 2 more kinds)"]


def test_the_folders_that_are_not_gone_into_are_told(messy):
    left_out = LeftOut()
    list(gather_images([messy], recursive=False, left_out=left_out))
    assert (left_out.files, left_out.inner) == (7, 1)
    assert left_out.words()[-1] == "1 folder inside (read with --recursive)"


def test_what_is_named_twice_is_told_once(messy):
    left_out = LeftOut()
    list(gather_images([messy, messy / "deep", messy], left_out=left_out))
    assert left_out.files == 8


def test_named_files_are_never_left_out(messy):
    left_out = LeftOut()
    named = [messy / "b.HEIC", messy / "e", messy / "@eaDir/SYNOFILE_THUMB_M.jpg"]
    assert list(gather_images(named, left_out=left_out)) == named
    assert not left_out and left_out.words() == []
    assert names(gather_images([messy / "@eaDir"]), messy) == ["@eaDir/SYNOFILE_THUMB_M.jpg"]


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_links_and_closed_folders_are_told(tree, monkeypatch):
    (tree / "loop").symlink_to(tree)
    (tree / "broken.png").symlink_to(tree / "nowhere.png")
    (tree / "b2 again.jpg").symlink_to(tree / "b2.jpg")
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "deep":
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    left_out = LeftOut()
    assert "b2 again.jpg" in names(gather_images([tree], left_out=left_out), tree)
    assert left_out.words() == ["2 links not followed", "1 folder that cannot be listed"]


def test_a_listing_tells_what_it_left_out(messy):
    listing = ImageListing([messy])
    assert listing.list_all() == 2
    assert listing.left_out.files == 8


@given(st.text(max_size=30))
def test_kinds_are_short_and_printable_whatever_the_name(name):
    kind = kind_of(name)
    assert len(kind) <= 13 and kind.isprintable()
