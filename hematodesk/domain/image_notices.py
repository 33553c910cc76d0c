"""What a reader may have done to an image that a person should know, declared once.

Results, the history and the command line's JSON carry the codes; window and table tell the sentences. A
code's place is its bit in a decoder's reply, so a new one goes to the end.
"""

from __future__ import annotations

from hematodesk.domain.messages import N_, Message

FIRST_PAGE, DEPTH_REDUCED, ALPHA_FLATTENED = "first_page_of_many", "depth_reduced", "alpha_flattened"
DAMAGE_SUSPECTED, FIRST_FRAME, UNIFORM = "damage_suspected", "first_frame", "uniform_picture"
CHANNELS_MERGED, CHANNELS_LEFT_OUT = "channels_merged", "channels_left_out"
SCALED_BY_RANGE, OFFSET_REMOVED, VALUES_MISSING = "scaled_by_range", "offset_removed", "values_missing"
COLOUR_CONVERTED, COLOUR_APPROXIMATE = "colour_converted", "colour_approximate"

IMAGE_NOTICES: dict[str, str] = {
    FIRST_PAGE: N_("Errors", "The file has several pages; this is the first."),
    DEPTH_REDUCED: N_("Errors", "The image has more than 8 bits a colour; it was scaled to 8."),
    ALPHA_FLATTENED: N_("Errors", "The image was partly transparent; it lies on white."),
    DAMAGE_SUSPECTED: N_(
        "Errors", "The file's coded pixels are not quite in order: part of the image may be wrong."
    ),
    FIRST_FRAME: N_("Errors", "The file has several frames; this is the first."),
    UNIFORM: N_("Errors", "The image is one even colour: nothing can be seen in it."),
    CHANNELS_MERGED: N_("Errors", "The file keeps its colours as separate channels; they were put together."),
    CHANNELS_LEFT_OUT: N_(
        "Errors", "The file has more channels than the picture's colours; they are left out."
    ),
    SCALED_BY_RANGE: N_(
        "Errors", "The file does not say which value is white; brightness was scaled by what it holds."
    ),
    OFFSET_REMOVED: N_("Errors", "A constant offset was taken off the image's values."),
    VALUES_MISSING: N_("Errors", "Some of the image's values are no numbers; they are shown black."),
    COLOUR_CONVERTED: N_("Errors", "The image's colours were converted to those of a screen (sRGB)."),
    COLOUR_APPROXIMATE: N_(
        "Errors", "The image has printing colours without a profile; they are shown approximately."
    ),
}
"""Code to sentence."""


def notice_sentences(codes: tuple[str, ...]) -> list[Message]:
    """The sentences of the codes that are known, in the order of the table."""
    return [Message(sentence) for code, sentence in IMAGE_NOTICES.items() if code in codes]
