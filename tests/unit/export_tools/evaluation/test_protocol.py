"""The whole table: what each part tests, the proof that it was never trained on, and the reports."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from export_tools.__main__ import main
from export_tools.data import product_way
from export_tools.data.file_lists import HELD_OUT, TRAINED_ON, beside, file_key
from export_tools.data.non_cells import KINDS, draw_non_cells
from export_tools.data.tables import SourceError
from export_tools.evaluation import abstaining, evaluate, protocol
from export_tools.evaluation.abstaining import abstaining_markdown, other_cells, without_cells
from export_tools.evaluation.protocol_parts import (
    LABORATORIES,
    PARTS,
    Table,
    part_records,
    read_table,
    strange_records,
)
from export_tools.figures import charts as pictures
from hematodesk.domain.cells import Localisation, LocatedCell, Prediction, Provenance, UncertainReason
from hematodesk.domain.classes import WBC4
from hematodesk.domain.geometry import Box
from hematodesk.domain.manifest import CropRule

DATA = Path(__file__).parents[5] / "shared" / "data"


@pytest.fixture
def data(tmp_path: Path, write_image) -> Path:
    """The laboratories, marrow and kaggle4 in small: a colour a class, every picture different."""
    seeds = iter(range(1000))
    folder = tmp_path / "data"

    def picture(place: Path, class_id: str) -> None:
        write_image(place, seed=next(seeds))
        noisy = cv2.imread(str(place))
        if "pbc" in place.parts:
            noisy = cv2.resize(noisy, (360, 363))
        shade = np.full_like(noisy, 60 * WBC4.index(class_id) if class_id in WBC4 else 250)
        cv2.imwrite(str(place.with_suffix(".png")), (noisy // 16) + shade // 2)
        place.with_suffix(".png").rename(place)

    rows = ["file,class,subtype"]
    for class_id in (*WBC4, "basophil"):
        for number in range(6):
            picture(folder / "pbc" / class_id / f"{class_id}_{number}.jpg", class_id)
            rows.append(f"{class_id}/{class_id}_{number}.jpg,{class_id},X")
    for number in range(2):
        picture(folder / "pbc" / "ig" / f"PMY_{number}.jpg", "monocyte")
        rows.append(f"ig/PMY_{number}.jpg,ig,PMY")
    (folder / "pbc" / "labels.csv").write_text("\n".join(rows) + "\n")
    rows, boxes, originals = (
        ["original,label,kaggle_split,field_group,cell_group"],
        [],
        ["file,class,original"],
    )
    for number in range(24):
        class_id = WBC4[number % 4]
        part = "TEST" if number < 8 else "TRAIN"
        picture(folder / "bccd" / "images" / f"f{number}.jpg", class_id)
        rows.append(f"f{number}.jpg,{class_id.upper()},{part},{number},{number}")
        boxes.append(f"f{number}.jpg,WBC,5,5,25,25")
        if part == "TEST":
            for turn in range(2):
                picture(folder / "kaggle4" / "TEST" / class_id.upper() / f"_{number}_{turn}.jpeg", class_id)
                originals.append(f"TEST/{class_id.upper()}/_{number}_{turn}.jpeg,{class_id},f{number}.jpg")
            picture(folder / "kaggle4" / "TEST_SIMPLE" / class_id.upper() / f"_{number}.jpeg", class_id)
            originals.append(f"TEST_SIMPLE/{class_id.upper()}/_{number}.jpeg,{class_id},f{number}.jpg")
    (folder / "bccd" / "labels.csv").write_text("\n".join(rows) + "\n")
    (folder / "bccd" / "boxes.csv").write_text("\n".join(["file,class,xmin,ymin,xmax,ymax", *boxes]) + "\n")
    (folder / "kaggle4" / "originals.csv").write_text("\n".join(originals) + "\n")
    krd, chula, raabin = [], [], []
    for number in range(8):
        class_id = WBC4[number % 4]
        picture(folder / "krd" / "images" / f"k{number}.jpg", class_id)
        krd.append(f"k{number}.jpg,{class_id},5,5,30,30,1")
        picture(folder / "chula" / "images" / f"c{number}.jpg", class_id)
        chula.append(f"c{number}.jpg,{class_id},5,5,30,30,S-{number % 4},train")
        picture(folder / "txl" / "images" / f"r{number}.jpg", class_id)
        raabin.append(f"txl/images/r{number}.jpg,raabin,train,,WBC,5,5,30,30")
    places = "xmin,ymin,xmax,ymax"
    tables = {
        "krd/labels.csv": [f"file,class,{places},parts", *krd],
        "chula/boxes.csv": [f"file,class,{places},slide,published_part", *chula],
        "txl/boxes.csv": [f"file,source,split,pbc_class,class,{places}", *raabin],
        "txl/published_names.csv": ["file,class", *(f"r{n}.jpg,{WBC4[n % 4]}" for n in range(8))],
    }
    for name, lines in tables.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    for number in range(8):
        picture(
            folder / "marrow" / "myeloblast" / f"{number}_1.jpg", "eosinophil" if number % 2 else "monocyte"
        )
        picture(folder / "marrow" / "neutrophil_seg" / f"{number}_1.jpg", "neutrophil")
    return folder


@pytest.fixture
def table(data: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setattr("export_tools.data.grouping.find_alike", lambda *given: [])
    return read_table(data, None)


def lists(package: Path, trained: Sequence[str], held: Sequence[str]) -> Path:
    package.write_bytes(b"")
    beside(package, TRAINED_ON).write_text("\n".join(trained))
    beside(package, HELD_OUT).write_text("\n".join(held))
    return package


PBC = [f"pbc/{name}/{name}_{number}.jpg" for name in WBC4 for number in range(6)]
HELD = [name for name in PBC if name.endswith("_0.jpg")]
KEPT = [name for name in PBC if name not in HELD]
FIELDS = [f"bccd/images/f{number}.jpg" for number in range(24)]


def test_each_part_tests_what_its_name_says(table: Table, tmp_path: Path) -> None:
    package = lists(tmp_path / "m-1.0.onnx", KEPT + FIELDS[8:], HELD)
    assert sorted(file_key(each.file) for each in part_records("pbc4", table, package)) == sorted(HELD)
    assert len(part_records("test", table, package)) == 16
    simple = part_records("test_simple", table, package)
    assert len({each.original for each in simple}) == len(simple) == 8
    without = lists(tmp_path / "l.onnx", KEPT, HELD)
    assert len(part_records("leave_bccd_out", table, without)) == 24
    other = lists(tmp_path / "o.onnx", FIELDS[8:], [])
    assert {each.class_id for each in part_records("leave_pbc_out", table, other)} == set(WBC4)


@pytest.mark.parametrize("source", LABORATORIES)
def test_a_laboratory_left_out_is_tested_whole_and_by_itself(
    table: Table, tmp_path: Path, source: str
) -> None:
    other = lists(tmp_path / "m.onnx", FIELDS[8:] if source == "pbc" else KEPT, HELD)
    found = part_records(f"leave_{source}_out", table, other)
    assert {each.source for each in found} == {source}
    assert {each.class_id for each in found} == set(WBC4)
    assert len(found) == {"pbc": 24, "bccd": 24}.get(source, 8)


def test_immature_cells_are_those_that_a_package_never_saw(table: Table, tmp_path: Path) -> None:
    package = lists(tmp_path / "m.onnx", [*KEPT, "pbc/ig/PMY_0.jpg"], HELD)
    found = strange_records(table, package)
    marrow = [each for each in found if each.source == "marrow"]
    # A half by the digest of the name, without the mature cells.
    assert {each.class_id for each in marrow} == {"blast"}
    assert 0 < len(marrow) < 8
    assert [file_key(each.file) for each in found if each.source == "pbc"] == ["pbc/ig/PMY_1.jpg"]
    learnt = lists(tmp_path / "n.onnx", [*KEPT, file_key(marrow[0].file)], HELD)
    with pytest.raises(ValueError, match="marrow's kept half"):
        strange_records(table, learnt)


@pytest.mark.parametrize(
    ("part", "learnt"),
    [
        ("pbc4", [HELD[0]]),
        ("test", ["bccd/images/f3.jpg"]),
        ("test_simple", ["TEST/EOSINOPHIL/_0_1.jpeg"]),
        ("leave_bccd_out", ["bccd/images/f20.jpg"]),
        ("leave_pbc_out", [KEPT[0]]),
        ("leave_krd_out", ["krd/images/k3.jpg"]),
        ("leave_chula_out", ["chula/images/c3.jpg"]),
        ("leave_raabin_out", ["txl/images/r3.jpg"]),
    ],
)
def test_what_was_trained_on_is_refused_by_name(
    table: Table, tmp_path: Path, part: str, learnt: list[str]
) -> None:
    own = FIELDS if part == "leave_pbc_out" else KEPT
    package = lists(tmp_path / "m.onnx", own, HELD)
    assert part_records(part, table, package)
    lists(package, [*own, *learnt], HELD)
    with pytest.raises(ValueError, match="was trained on these files") as fault:
        part_records(part, table, package)
    hidden = {"test": "TEST/NEUTROPHIL/_3_0.jpeg", "test_simple": "TEST_SIMPLE/EOSINOPHIL/_0.jpeg"}
    assert hidden.get(part, learnt[0]) in str(fault.value)


def test_a_package_without_its_lists_or_with_foreign_ones_is_refused(table: Table, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"")
    with pytest.raises(SourceError, match=r"m\.trained_on\.txt"):
        part_records("test", table, tmp_path / "m.onnx")
    package = lists(tmp_path / "m.onnx", ["elsewhere/x/y.jpg"], HELD)
    with pytest.raises(SourceError, match="names no file"):
        part_records("test", table, package)


class Shades:
    """Stands in for a classifier: the class is in how bright the crop is; the darkest are uncertain."""

    crop_rule = CropRule("cell", 3.0, 1.6)
    input_size = 8
    active = "cpu"
    package = SimpleNamespace(name="shades", version="1.0.0", sha256="ab" * 32, class_ids=WBC4)

    def classify(self, crops: Sequence[np.ndarray]) -> list[Prediction]:
        told = []
        for crop in crops:
            index = min(3, max(0, round((float(crop.mean()) - 7) / 30)))
            names = [WBC4[index], *(name for name in WBC4 if name != WBC4[index])]
            ranked = tuple(zip(names, (0.91, 0.03, 0.03, 0.03), strict=True))
            uncertain = UncertainReason.LOW_CONFIDENCE if index == 0 else None
            made = Provenance("shades", "1.0.0", "", "cpu", "cpu", 0.0, "")
            told.append(Prediction(ranked, uncertain, made))
        return told


@pytest.fixture
def shades(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that needs a real package, smear or the export extra is stood in for."""
    known = Localisation((LocatedCell(Box(8, 6, 20, 20), 1.0),), None)
    for module in (abstaining, product_way):
        monkeypatch.setattr(module, "locate_cells", lambda pixels: known)
    eight = SimpleNamespace(class_ids=PARTS["pbc8"].classes)
    monkeypatch.setattr(protocol, "read_package", lambda path: eight)
    for module in (protocol, evaluate):
        monkeypatch.setattr(module, "require_drawing", lambda: None)
    monkeypatch.setattr(protocol, "Classifier", lambda package, provider: Shades())
    for name in ("draw_confusion", "draw_reliability", "draw_coverage"):
        monkeypatch.setattr(pictures, name, lambda figures, title, target: target.write_bytes(b"picture"))


def test_the_whole_table_in_one_command(
    data: Path, shades: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main_package = lists(tmp_path / "m-1.0.onnx", KEPT + FIELDS[8:], HELD)
    command = ["evaluate", "--protocol", str(data), "--non-cells", "1"]
    command += ["--package", f"pbc4={main_package}", "--package", f"pbc8={main_package}"]
    for source in LABORATORIES:
        trained = FIELDS[8:] if source == "pbc" else KEPT
        package = lists(tmp_path / f"{source}.onnx", trained, [])
        command += ["--package", f"leave_{source}_out={package}"]
    assert main(command) == 0
    told = capsys.readouterr().out
    home = tmp_path / "m-1.0.report"
    document = json.loads((home / "protocol.json").read_text())
    assert set(document["parts"]) == set(PARTS)
    rows = {each["laboratory"]: each for each in document["laboratories"]}
    assert set(rows) == {title for _, title in LABORATORIES.values()}
    chula = rows["Chula (Bangkok)"]
    assert (chula["cells"], chula["groups"], chula["located"]) == (8, 4, 8)
    assert chula["accuracy"]["value"] == chula["certain_accuracy"]["value"] == 1
    # The darkest class is never certain.
    assert chula["certain"]["value"] == 0.75
    unknown = document["unknown"]["leave_chula_out"]
    kinds = {each["kind"]: each for each in unknown["immature"]}
    assert set(kinds) == {"marrow myeloblast", "pbc PMY"}
    assert kinds["pbc PMY"]["named"] == {"monocyte": 2}
    assert [each["blasts"] for each in unknown["films"]] == [0, 1, 3, 5, 20]
    assert document["parts"]["test"]["source_images"] == 8
    assert document["parts"]["test"]["images"] == 16
    assert document["parts"]["test"]["accuracy"] == 1
    assert document["parts"]["test"]["confidence"]["expected_calibration_error"] == pytest.approx(0.09)
    assert {each["kind"] for each in document["non_cells"]} == set(KINDS)
    others = {each["kind"]: each["pictures"] for each in document["other_cells"]}
    assert others == {"basophil": 6, "immature_granulocyte": 2}
    for name in (
        "report.json",
        "report.md",
        "answers.tsv",
        "confusion.png",
        "reliability.png",
        "risk_coverage.png",
    ):
        assert (home / "test" / name).is_file()
    assert "| Kaggle 4-class, published TEST folder | 16 | 8 | 100.0% |" in told
    assert (home / "protocol.md").read_text() in told


def test_a_trial_says_so(
    data: Path, shades: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = lists(tmp_path / "m.onnx", KEPT, HELD)
    command = ["evaluate", "--protocol", str(data), "--parts", "test", "--package", f"pbc4={package}"]
    assert main([*command, "--limit", "5", "--non-cells", "1", "--output", str(tmp_path / "r")]) == 0
    assert "A trial on at most 5 images" in capsys.readouterr().out
    assert json.loads((tmp_path / "r" / "protocol.json").read_text())["parts"]["test"]["images"] <= 5


def test_missing_packages_are_trained_with_what_their_part_leaves_out(
    data: Path, shades: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def other_command(arguments: list[str]) -> int:
        ran.append(arguments)
        if arguments[0] == "train":
            lists(Path(arguments[arguments.index("--output") + 1]), KEPT, HELD)
        if arguments[0] == "convert":
            Path(arguments[-1]).write_bytes(b"")
        return 0

    monkeypatch.setattr(protocol, "run_command", other_command)
    command = [
        "evaluate",
        "--protocol",
        str(data),
        "--parts",
        "leave_bccd_out",
        "--work",
        str(tmp_path / "w"),
    ]
    assert main([*command, "--training", "--passes 3", "--cache", str(tmp_path / "c")]) == 0
    assert [each[0] for each in ran] == ["train", "calibrate", "convert"]
    assert ran[0][1:6] == [str(data / name) for name in ("pbc", "bccd", "txl", "krd", "chula")]
    assert ran[0][-6:] == ["--leave-out", "bccd", "--cache", str(tmp_path / "c"), "--passes", "3"]
    # What was made once is used again.
    assert main(command) == 0
    assert len(ran) == 3
    monkeypatch.setattr(protocol, "run_command", lambda arguments: 1)
    assert main([*command[:-1], str(tmp_path / "v")]) == 1


def test_a_command_that_makes_a_package_runs_as_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = ["convert", str(tmp_path / "a.keras"), "--output", str(tmp_path / "a.txt")]
    assert protocol.run_command(refused) == 1
    assert "a.txt does not end in .onnx" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        protocol.run_command(["train", "--no-such-option"])


def protocol_command(data: Path, tmp_path: Path, *packages: str) -> list[str]:
    parts = ",".join(each.partition("=")[0] for each in packages)
    command = ["evaluate", "--protocol", str(data), "--parts", parts, "--non-cells", "1"]
    for each in packages:
        command += ["--package", each]
    return [*command, "--output", str(tmp_path / "r"), "--work", str(tmp_path / "w")]


def test_an_interrupted_training_goes_on_and_a_finished_one_is_not_repeated(
    data: Path, shades: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def cut_off(arguments: list[str]) -> int:
        ran.append(arguments)
        (tmp_path / "w" / "leave_bccd_out.checkpoints").mkdir()
        raise KeyboardInterrupt

    def trained(arguments: list[str]) -> int:
        ran.append(arguments)
        if arguments[0] == "train":
            (tmp_path / "w" / "leave_bccd_out.keras").write_bytes(b"")
            lists(tmp_path / "w" / "leave_bccd_out.keras", KEPT, HELD)
        return int(arguments[0] == "calibrate")

    command = [*protocol_command(data, tmp_path), "--parts", "leave_bccd_out"]
    monkeypatch.setattr(protocol, "run_command", cut_off)
    assert main(command) == 130
    assert "--resume" not in ran[-1]
    monkeypatch.setattr(protocol, "run_command", trained)
    assert main(command) == 1
    assert "--resume" in ran[-2] and ran[-2][0] == "train" and ran[-1][0] == "calibrate"
    assert main(command) == 1
    assert [each[0] for each in ran] == ["train", "train", "calibrate", "calibrate"]


def test_what_was_done_stays_when_the_rest_is_cut_off(
    data: Path, shades: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = lists(tmp_path / "m.onnx", KEPT + FIELDS[8:], HELD)
    whole, asked = Shades.classify, []

    def cut_off(self: Shades, crops: Sequence[np.ndarray]) -> list[Prediction]:
        asked.append(len(crops))
        if len(asked) > 1:
            raise KeyboardInterrupt
        return whole(self, crops)

    monkeypatch.setattr(Shades, "classify", cut_off)
    assert main(protocol_command(data, tmp_path, f"test={package}", f"pbc4={package}")) == 130
    document = json.loads((tmp_path / "r" / "protocol.json").read_text())
    assert set(document["parts"]) == {"test"} and document["parts"]["test"]["seconds"] >= 0
    told = (tmp_path / "r" / "protocol.md").read_text()
    assert "**Unfinished: 1 of 2 parts.**" in told and "published TEST folder | 16 | 8 |" in told
    monkeypatch.setattr(Shades, "classify", whole)
    assert main(protocol_command(data, tmp_path, f"test={package}", f"pbc4={package}")) == 0
    assert "Unfinished" not in (tmp_path / "r" / "protocol.md").read_text()


def test_nothing_is_trained_for_a_run_that_cannot_end_well(
    data: Path,
    shades: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def train(arguments: list[str]) -> int:
        raise AssertionError("trained for nothing")

    monkeypatch.setattr(protocol, "run_command", train)
    learnt = lists(tmp_path / "m.onnx", [*KEPT, *HELD], HELD)
    command = protocol_command(data, tmp_path, f"pbc4={learnt}")
    command[command.index("--parts") + 1] = "leave_pbc_out,pbc4"
    assert main(command) == 1
    assert "was trained on these files" in capsys.readouterr().err
    four = SimpleNamespace(class_ids=WBC4)
    monkeypatch.setattr(protocol, "read_package", lambda path: four)
    command = protocol_command(data, tmp_path, f"pbc8={lists(tmp_path / 'n.onnx', KEPT, HELD)}")
    command[command.index("--parts") + 1] = "leave_pbc_out,pbc8"
    assert main(command) == 1
    assert (
        "n.onnx cannot be tested on pbc8: it does not name basophil, erythroblast" in capsys.readouterr().err
    )
    shutil.rmtree(data / "kaggle4")
    assert main([*protocol_command(data, tmp_path), "--parts", "leave_pbc_out,test"]) == 1
    assert "no kaggle4/TEST in" in capsys.readouterr().err


def test_wrong_usage_is_told(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate"]) == 2
    assert main(["evaluate", "m.onnx", "x", "--protocol"]) == 2
    assert main(["evaluate", "--protocol", str(data), "--parts", "nothing"]) == 1
    assert "no part nothing" in capsys.readouterr().err
    assert main(["evaluate", "--protocol", str(data), "--package", "pbc4"]) == 1
    assert "PART=FILE" in capsys.readouterr().err


def test_packages_are_looked_at_before_the_long_work(
    shades: None,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def long(*_given: object) -> Table:
        raise AssertionError("the pictures are read for nothing")

    monkeypatch.setattr(protocol, "read_table", long)
    package = tmp_path / "m.onnx"
    package.write_bytes(b"")
    assert main(["evaluate", "--protocol", str(data), "--package", f"pbc4={package}"]) == 1
    assert "there is no m.trained_on.txt beside it" in capsys.readouterr().err


def test_pictures_without_cells_are_the_same_each_time_and_of_every_kind() -> None:
    one, other = draw_non_cells(2, seed=3), draw_non_cells(2, seed=3)
    assert [kind for kind, _ in one] == [kind for kind in KINDS for _ in range(2)]
    for (_, first), (_, second) in zip(one, other, strict=True):
        assert first.dtype == np.uint8
        assert first.shape == (480, 640, 3)
        assert np.array_equal(first, second)
    assert not any(np.array_equal(one[2 * n][1], one[2 * n + 1][1]) for n in range(len(KINDS)))
    assert not np.array_equal(one[0][1], draw_non_cells(1, seed=4)[0][1])


def test_confident_names_for_what_is_no_cell_are_counted(
    shades: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bright = np.full((48, 64, 3), 97, np.uint8)
    dark = np.zeros((48, 64, 3), np.uint8)
    drawn = [("page", bright), ("page", dark), ("text", bright)]
    monkeypatch.setattr(abstaining, "draw_non_cells", lambda each, seed: drawn)
    page, text = without_cells(Shades())
    assert (page.pictures, page.located, page.confident, page.forced) == (2, 2, 1, 1)
    assert text.names == (("neutrophil", 1),)
    monkeypatch.setattr(abstaining, "locate_cells", lambda pixels: Localisation((), None))
    page, _ = without_cells(Shades())
    assert (page.located, page.confident, page.forced) == (0, 0, 1)
    assert "| all | 3 | 0 | 100.0% |" in abstaining_markdown("x", without_cells(Shades()))
    assert other_cells(Shades(), []) == []


@pytest.mark.real_data
def test_the_parts_of_the_real_data_hold_the_published_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (DATA / "bccd").is_dir():
        pytest.skip("the real images are not beside the project")
    monkeypatch.setattr("export_tools.data.grouping.find_alike", lambda *given: [])
    table = read_table(DATA, None)
    monocyte = "pbc/monocyte/MO_100013.jpg"
    known = next(file_key(each.file) for each in table.joined if each.source == "pbc")
    package = lists(tmp_path / "m.onnx", [known, monocyte], [])
    copies = part_records("test", table, package)
    assert (len(copies), len({each.original for each in copies})) == (2487, 71)
    assert len(part_records("test_simple", table, package)) == 71
    assert len(part_records("leave_bccd_out", table, package)) == 347
    assert len(part_records("leave_krd_out", table, package)) == 577
    assert len(part_records("leave_chula_out", table, package)) == 410
    marrow = [each for each in strange_records(table, package) if each.source == "marrow"]
    assert 200 < len(marrow) < 330
    # One cell stands in the published test and training folders under two names.
    lists(package, ["bccd/images/BloodImage_00277.jpg"], [])
    with pytest.raises(ValueError, match="TEST/EOSINOPHIL"):
        part_records("test", table, package)
