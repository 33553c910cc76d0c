"""The export formats, declared once.

The dialog, the command line's choices and options, endings of names and the manual's table are drawn from it;
a new format needs its writer and a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hematodesk.domain.marking import QT_TRANSLATE_NOOP
from hematodesk.domain.separators import Separator
from hematodesk.workflow.exports import export_writers as writers
from hematodesk.workflow.exports.class_folders import FolderOptions
from hematodesk.workflow.exports.export_request import ExportJob, ExportOptions, ExportOutcome, Paper


@dataclass(frozen=True, slots=True)
class ExportOption:
    """One option of a format.

    Attributes:
        key: its name in `export_options`.
        default: its value unless asked for otherwise; a flag where it is true or false.
        argument: on the command line; that of a flag inverts the default.
        help: there, in English, without the format's name.
        text: in the dialog: a flag's words, or what a choice is of.
        choices: values with their texts, where the dialog offers a choice.
    """

    key: str
    default: bool | str
    argument: str
    help: str
    text: str
    choices: tuple[tuple[bool | str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format.

    Attributes:
        id: the command line's word for it.
        suffix: what a file's name ends with, dot included; empty for a folder.
        title, about: in the dialog and the manual: what it is, and what for.
        write: its writer.
        options: in the dialog's order.
        drawn: whether its writer needs a renderer of pages.
    """

    id: str
    suffix: str
    title: str
    about: str
    write: Callable[[ExportJob], ExportOutcome]
    options: tuple[ExportOption, ...] = ()
    drawn: bool = False


EXPORT_FORMATS: dict[str, ExportFormat] = {
    known.id: known
    for known in (
        ExportFormat(
            "csv",
            ".csv",
            QT_TRANSLATE_NOOP("ExportDialog", "Table, one row a cell (CSV)"),
            QT_TRANSLATE_NOOP(
                "ExportDialog", "For spreadsheets and statistics. Text is never run as a formula."
            ),
            writers.write_csv,
            (
                ExportOption(
                    "separator",
                    Separator.COMMA.value,
                    "--separator",
                    "what parts the columns; with semicolon numbers have a decimal comma; default: comma",
                    QT_TRANSLATE_NOOP("ExportDialog", "Columns"),
                    (
                        (
                            Separator.COMMA.value,
                            QT_TRANSLATE_NOOP("ExportDialog", "Columns parted by commas (0.97)"),
                        ),
                        (
                            Separator.SEMICOLON.value,
                            QT_TRANSLATE_NOOP("ExportDialog", "Columns parted by semicolons (0,97)"),
                        ),
                        (
                            Separator.TAB.value,
                            QT_TRANSLATE_NOOP("ExportDialog", "Columns parted by tabs (0.97)"),
                        ),
                    ),
                ),
            ),
        ),
        ExportFormat(
            "xlsx",
            ".xlsx",
            QT_TRANSLATE_NOOP("ExportDialog", "Excel workbook (XLSX)"),
            QT_TRANSLATE_NOOP("ExportDialog", "Sheets for cells, images and sessions, with filters."),
            writers.write_workbook,
            (
                ExportOption(
                    "pictures",
                    False,
                    "--pictures",
                    "with a small picture of each cell",
                    QT_TRANSLATE_NOOP("ExportDialog", "A small &picture of each cell"),
                ),
            ),
        ),
        ExportFormat(
            "pdf",
            ".pdf",
            QT_TRANSLATE_NOOP("ExportDialog", "Report with pictures (PDF)"),
            QT_TRANSLATE_NOOP("ExportDialog", "Each image with its cells, classes, confidence and reviews."),
            writers.write_report,
            (
                ExportOption(
                    "paper",
                    Paper.AUTO.value,
                    "--paper",
                    "auto follows the country",
                    QT_TRANSLATE_NOOP("ExportDialog", "Paper"),
                    (
                        (
                            Paper.AUTO.value,
                            QT_TRANSLATE_NOOP("ExportDialog", "Paper as usual in this country"),
                        ),
                        (Paper.A4.value, QT_TRANSLATE_NOOP("ExportDialog", "A4")),
                        (Paper.LETTER.value, QT_TRANSLATE_NOOP("ExportDialog", "US Letter")),
                    ),
                ),
            ),
            drawn=True,
        ),
        ExportFormat(
            "json",
            ".json",
            QT_TRANSLATE_NOOP("ExportDialog", "Everything, to be imported again (JSON)"),
            QT_TRANSLATE_NOOP(
                "ExportDialog", "All that the history knows, for other systems or another computer."
            ),
            writers.write_json,
            (
                ExportOption(
                    "thumbnails",
                    True,
                    "--no-thumbnails",
                    "without the history's small pictures",
                    QT_TRANSLATE_NOOP("ExportDialog", "With the history's small &pictures"),
                ),
            ),
        ),
        ExportFormat(
            "folders",
            "",
            QT_TRANSLATE_NOOP("ExportDialog", "Pictures in class folders, for training"),
            QT_TRANSLATE_NOOP("ExportDialog", "Into an empty or a new folder, with a table of labels."),
            writers.copy_folders,
            (
                ExportOption(
                    "crops",
                    True,
                    "--whole-images",
                    "copy whole images, not cells cut out",
                    QT_TRANSLATE_NOOP("ExportDialog", "What is copied"),
                    (
                        (
                            True,
                            QT_TRANSLATE_NOOP("ExportDialog", "Each cell, cut out as its model sees it"),
                        ),
                        (False, QT_TRANSLATE_NOOP("ExportDialog", "Whole images with cells of one class")),
                    ),
                ),
                ExportOption(
                    "reviewed_only",
                    True,
                    "--unreviewed",
                    "also cells that nobody has reviewed",
                    QT_TRANSLATE_NOOP("ExportDialog", "Only what a person has &reviewed"),
                ),
            ),
        ),
    )
}


def export_options(chosen: Mapping[str, bool | str]) -> ExportOptions:
    """The options of those values by key; of what is not given the default."""
    known = {option.key: option.default for each in EXPORT_FORMATS.values() for option in each.options}
    known |= chosen
    return ExportOptions(
        thumbnails=bool(known["thumbnails"]),
        pictures=bool(known["pictures"]),
        folders=FolderOptions(bool(known["crops"]), bool(known["reviewed_only"])),
        paper=Paper(str(known["paper"])),
        separator=Separator(str(known["separator"])),
    )
