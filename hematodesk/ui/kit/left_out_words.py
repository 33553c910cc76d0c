"""What was left out of a folder in words."""

from __future__ import annotations

from hematodesk.domain.left_out import LeftOut
from hematodesk.ui.kit.translation import Context, translate
from hematodesk.ui.kit.words import listed

LeftOutWords = Context("LeftOutWords")


def left_out_words(left_out: LeftOut, folder: str = "") -> str:
    """One sentence, with the folder's name where it is given; only for what holds something."""
    if folder:
        words = translate("LeftOutWords", "Left out of {folder}: {others}.")
        return words.format(folder=folder, others=what_is_there(left_out))
    return translate("LeftOutWords", "Left out: {others}.").format(others=what_is_there(left_out))


def what_is_there(left_out: LeftOut) -> str:
    """The same without a verb: "2 files of kinds that are not read (HEIC and ND2)"."""
    parts = []
    if left_out.files:
        kinds, more = left_out.named_kinds()
        if more and kinds:
            kinds.append(LeftOutWords.tr("%n more kind(s)", "", more))
        elif more:
            kinds.append(translate("LeftOutWords", "without a usual ending"))
        words = LeftOutWords.tr("%n file(s) of kinds that are not read ({kinds})", "", left_out.files)
        parts.append(words.format(kinds=", ".join(kinds)))
    if left_out.links:
        parts.append(LeftOutWords.tr("%n link(s) that are not followed", "", left_out.links))
    if left_out.closed:
        parts.append(LeftOutWords.tr("%n folder(s) that cannot be listed", "", left_out.closed))
    return listed(parts)
