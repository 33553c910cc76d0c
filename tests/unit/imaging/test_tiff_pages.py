"""Which picture of a TIFF file is read, and channels that are put together."""

from __future__ import annotations

import hashlib
import io
import struct

import numpy as np
import pytest
import tifffile

from hematodesk.domain.errors import ImageError
from hematodesk.imaging.files import ReadImage, page_digest
from hematodesk.imaging.read import decode_image
from tests import tiff_files as tf
from tests.tiff_files import Directory, picture, tiff_file


def colours(seed: int, height: int = 40, width: int = 52) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def page(pixels: np.ndarray, **tags: int) -> Directory:
    names = {"kind": tf.NEW_KIND, "old": tf.OLD_KIND}
    made = {names[name]: (tf.LONG, value) for name, value in tags.items()}
    return picture(pixels, bits=8, photometric=2 if pixels.ndim == 3 else 1, tags=made)


def read(data: bytes, number: int | None = None) -> ReadImage:
    return decode_image(data, "stack.tif", number)


SMALL, FIRST, SECOND = colours(1, 20, 26), colours(2), colours(3)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", "<>")
def test_each_page_is_read_by_its_number(big, order):
    pages = [colours(seed, 30 + seed) for seed in range(4)]
    directories = [picture(each, bits=8, photometric=2, order=order) for each in pages]
    data = tiff_file(directories, order=order, big=big)
    usual = read(data)
    assert (usual.page, usual.pages, usual.notices) == (1, 4, ("first_page_of_many",))
    for number, pixels in enumerate(pages, 1):
        image = read(data, number)
        assert np.array_equal(image.pixels, pixels)
        assert (image.page, image.pages, image.notices) == (number, 4, ())
        assert image.digest == page_digest(hashlib.sha256(data).hexdigest(), number)
    assert read(data, 1).digest == usual.digest == hashlib.sha256(data).hexdigest()
    assert len({read(data, number).digest for number in range(1, 5)}) == 4
    with pytest.raises(ImageError) as missing:
        read(data, 5)
    assert missing.value.code == "page_not_there" and "1 to 4" in missing.value.message


def test_pages_are_asked_of_a_format_that_has_one_only(files):
    for kind in ("png", "jpeg", "bmp", "webp"):
        assert decode_image(files[kind], "x", 1).page == 1
        with pytest.raises(ImageError) as missing:
            decode_image(files[kind], "x", 2)
        assert missing.value.code == "page_not_there"


@pytest.mark.parametrize(
    "small", [page(SMALL, kind=1), page(SMALL, old=2), page(SMALL, kind=4), page(SMALL, kind=5)]
)
def test_small_copies_and_masks_are_no_pages(small):
    for pages in ([small, page(FIRST)], [page(FIRST), small], [small, page(FIRST), small]):
        image = read(tiff_file(pages))
        assert np.array_equal(image.pixels, FIRST) and (image.pages, image.notices) == (1, ())
    both = read(tiff_file([small, page(FIRST), page(SECOND)]), 2)
    assert np.array_equal(both.pixels, SECOND)


def test_a_file_of_small_copies_alone_shows_the_largest():
    data = tiff_file([page(SMALL, kind=1), page(FIRST, kind=1)])
    assert np.array_equal(read(data).pixels, FIRST)


@pytest.mark.parametrize("order", "<>")
def test_a_full_picture_beneath_a_small_copy_is_read(order):
    for beneath in ([page(FIRST)], [page(SMALL, kind=1), page(FIRST)]):
        small = picture(SMALL, bits=8, photometric=2, order=order, tags={tf.NEW_KIND: (tf.LONG, 1)})
        data = tiff_file([Directory(small.tags, small.pieces, beneath=beneath)], order=order)
        assert np.array_equal(read(data).pixels, FIRST)


def test_pyramids_beneath_a_picture_are_no_pages():
    whole = page(FIRST)
    data = tiff_file([Directory(whole.tags, whole.pieces, beneath=[page(SMALL, kind=1)])])
    image = read(data)
    assert np.array_equal(image.pixels, FIRST) and image.pages == 1


@pytest.mark.parametrize("kind", ["filter", "nikon", "dng", "canon"])
def test_camera_raw_is_refused_by_name(kind):
    raw = picture(
        FIRST[..., 0],
        bits=8,
        photometric=32_803 if kind != "nikon" else 1,
        compression=34_713 if kind == "nikon" else 1,
        encode=lambda block: block.tobytes(),
    )
    small = page(SMALL, kind=1)
    if kind == "dng":
        raw.tags[50_706] = (tf.BYTE, [1, 4, 0, 0])
    data = tiff_file([Directory(small.tags, small.pieces, beneath=[raw])])
    if kind == "canon":
        data = bytearray(tiff_file([page(FIRST)]))
        first = struct.unpack_from("<I", data, 4)[0]
        data = bytes(data[:4] + struct.pack("<I", first) + b"CR\2\0" + data[12:])
    with pytest.raises(ImageError) as refused:
        read(data)
    assert refused.value.code == "format_unsupported" and "camera raw" in refused.value.message


def test_a_chain_that_bites_its_tail_ends():
    data = bytearray(tiff_file([page(FIRST), page(SECOND)]))
    first = struct.unpack_from("<I", data, 4)[0]
    second_link = first + 2 + 12 * struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<I", data, second_link)[0]
    last_link = second + 2 + 12 * struct.unpack_from("<H", data, second)[0]
    struct.pack_into("<I", data, last_link, first)
    assert read(bytes(data)).pages == 2


# ImageJ


def imagej(values: np.ndarray, **metadata: object) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, values, imagej=True, metadata=metadata)
    return out.getvalue()


def planes(rgb: np.ndarray) -> np.ndarray:
    return np.moveaxis(rgb, 2, 0)


@pytest.mark.parametrize("mode", ["composite", "color"])
@pytest.mark.parametrize("deep", [False, True])
def test_a_composite_has_the_colours_that_imagej_gives_its_channels(mode, deep):
    values = planes(FIRST.astype(np.uint16) * 16 if deep else FIRST)
    image = read(imagej(values, axes="CYX", mode=mode))
    expected = np.rint(FIRST.astype(float) * 16 * 255 / 4095) if deep else FIRST
    assert np.abs(image.pixels - expected).max() == 0
    assert "channels_merged" in image.notices and image.pages == 1


def test_tables_and_ranges_of_a_composite_count():
    cyan = np.stack([np.zeros(256), np.arange(256), np.arange(256)]).astype(np.uint8)
    red = np.stack([np.arange(256), np.zeros(256), np.zeros(256)]).astype(np.uint8)
    values = np.stack([FIRST[..., 0], FIRST[..., 1]])
    data = imagej(values, axes="CYX", mode="composite", LUTs=[cyan, red], Ranges=(0.0, 255.0, 10.0, 110.0))
    pixels = read(data).pixels.astype(int)
    assert np.array_equal(pixels[..., 1], FIRST[..., 0]) and np.array_equal(pixels[..., 2], FIRST[..., 0])
    assert np.abs(pixels[..., 0] - np.clip((FIRST[..., 1].astype(float) - 10) * 2.55, 0, 255)).max() <= 1


@pytest.mark.parametrize("why", ["grayscale", "grey tables", "no mode"])
def test_channels_without_colours_are_pages(why):
    grey = np.stack([np.arange(256)] * 3).astype(np.uint8)
    more = {
        "grayscale": {"mode": "grayscale"},
        "grey tables": {"mode": "composite", "LUTs": [grey] * 3},
        "no mode": {},
    }[why]
    image = read(imagej(planes(FIRST), axes="CYX", **more))
    assert np.array_equal(image.pixels, np.repeat(FIRST[..., :1], 3, axis=2))
    assert image.pages == 3 and "first_page_of_many" in image.notices


def test_a_hyperstack_has_a_page_for_each_section_and_time():
    stack = np.stack([np.stack([planes(colours(10 + 3 * t + z)) for z in range(3)]) for t in range(2)])
    data = imagej(stack, axes="TZCYX", mode="composite")
    assert read(data).pages == 6
    for number in range(1, 7):
        assert np.array_equal(read(data, number).pixels, colours(9 + number))


def test_imagejs_large_stacks_have_one_directory():
    pages = [picture(FIRST[..., 0], bits=8, photometric=1)]
    pages[0].tags[tf.DESCRIPTION] = (tf.ASCII, "ImageJ=1.54\nimages=3\nslices=3\n")
    pages[0].pieces = [planes(FIRST).tobytes()]
    pages[0].tags[tf.COUNTS] = (tf.LONG, FIRST[..., 0].size)
    data = tiff_file(pages)
    for number in range(3):
        image = read(data, number + 1)
        assert np.array_equal(image.pixels[..., 0], FIRST[..., number]) and image.pages == 3
    cut = data.replace(b"images=3\nslices=3", b"images=9\nslices=9")
    with pytest.raises(ImageError) as missing:
        read(cut, 9)
    assert missing.value.code == "image_truncated"


def test_a_stack_of_colour_pictures_is_pages():
    data = imagej(np.stack([FIRST, SECOND]), axes="ZYXS")
    assert np.array_equal(read(data, 2).pixels, SECOND) and read(data).pages == 2


@pytest.mark.parametrize(
    "words",
    [
        "ImageJ=1.54\nimages=x\nchannels=3\nmode=composite",
        "ImageJ=1.54\nimages=99\nchannels=3\nmode=composite",
        "ImageJ=1.54\nimages=3\nchannels=0\nmode=composite",
        "ImageJ=1.54\nimages=4\nchannels=3\nmode=composite",
        "ImageJ=1.54\nimages=-3\nchannels=-3\nmode=composite",
        "<OME><Image><Pixels SizeC='x'/></Image></OME>",
        "<OME><Image><Pixels SizeC='3'",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><OME><Image><Pixels SizeC='3'/></Image></OME>",
        "<OME><Image/></OME>",
    ],
)
def test_a_description_that_is_wrong_hides_no_picture(words):
    pages = [page(FIRST[..., place]) for place in range(3)]
    pages[0].tags[tf.DESCRIPTION] = (tf.ASCII, words)
    assert np.array_equal(read(tiff_file(pages)).pixels[..., 0], FIRST[..., 0])


# OME


def ome(
    pages: list[np.ndarray],
    channels: str,
    *,
    bits: int = 8,
    order: str = "XYCZT",
    sizes: str = 'SizeC="3" SizeZ="1" SizeT="1"',
    data: str = "<TiffData/>",
    depth: str = "",
) -> bytes:
    words = (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        f'<Image ID="Image:0"><Pixels ID="P:0" DimensionOrder="{order}" Type="uint{bits}" '
        f"{sizes} {depth}>{channels}{data}</Pixels></Image></OME>"
    )
    made = [picture(each, bits=bits, photometric=1) for each in pages]
    made[0].tags[tf.DESCRIPTION] = (tf.ASCII, words)
    return tiff_file(made)


def channel(**attributes: object) -> str:
    return "<Channel " + " ".join(f'{name}="{value}"' for name, value in attributes.items()) + "/>"


NAMED = "".join(channel(ID=number, Name=name) for number, name in enumerate(("Red", "Green", "Blue")))


def test_ome_channels_by_their_names_in_any_order():
    assert np.array_equal(read(ome(list(planes(FIRST)), NAMED)).pixels, FIRST)
    turned = "".join(channel(ID=name, Name=name) for name in ("blue", "red", "green"))
    image = read(ome([FIRST[..., place] for place in (2, 0, 1)], turned))
    assert np.array_equal(image.pixels, FIRST)
    assert image.notices == ("channels_merged",)


def test_ome_channels_by_their_colours():
    codes = [0xFF0000FF - (1 << 32), 0x00FF00FF, 0x0000FFFF]
    stated = "".join(channel(ID=number, Color=code) for number, code in enumerate(codes))
    assert np.array_equal(read(ome(list(planes(FIRST)), stated)).pixels, FIRST)


@pytest.mark.parametrize(
    "channels",
    [
        channel(ID=0) * 3,
        channel(ID=0, Name="DAPI") + channel(ID=1, Name="FITC") + channel(ID=2, Name="Cy5"),
        channel(ID=0, Color=-1) * 3,
        channel(ID=0, Name="Red"),
    ],
)
def test_ome_channels_of_unknown_colours_are_pages(channels):
    image = read(ome(list(planes(FIRST)), channels))
    assert np.array_equal(image.pixels[..., 0], FIRST[..., 0])
    assert image.pages == 3 and image.notices == ("first_page_of_many",)


@pytest.mark.parametrize("order", ["XYCZT", "XYZCT", "XYTCZ"])
def test_ome_planes_in_their_order(order):
    stacks = [colours(20), colours(21)]
    if order == "XYCZT":
        pages = [part for stack in stacks for part in planes(stack)]
    else:
        pages = [stack[..., place] for place in range(3) for stack in stacks]
    sizes = {"XYTCZ": 'SizeC="3" SizeZ="1" SizeT="2"'}.get(order, 'SizeC="3" SizeZ="2" SizeT="1"')
    data = ome(pages, NAMED, order=order, sizes=sizes)
    assert read(data).pages == 2
    assert all(np.array_equal(read(data, 1 + place).pixels, stacks[place]) for place in range(2))


def test_ome_planes_where_the_file_says_they_are():
    places = {0: 2, 1: 0, 2: 1}
    data = "".join(f'<TiffData IFD="{at}" FirstC="{c}" PlaneCount="1"/>' for c, at in places.items())
    pages = [FIRST[..., 1], FIRST[..., 2], FIRST[..., 0]]
    assert np.array_equal(read(ome(pages, NAMED, data=data)).pixels, FIRST)


def test_omes_significant_bits_decide_the_scale():
    dark = FIRST.astype(np.uint16) // 4 * 16
    data = ome(list(planes(dark)), NAMED, bits=16, depth='SignificantBits="12"')
    assert np.array_equal(read(data).pixels, np.rint(dark * 255.0 / 4095))


def test_one_channel_of_three_samples_is_a_colour_page():
    made = page(FIRST)
    words = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image>'
        '<Pixels DimensionOrder="XYCZT" SizeC="3" SizeZ="1" SizeT="1"><Channel ID="0" SamplesPerPixel="3"/>'
        "<TiffData/></Pixels></Image></OME>"
    )
    made.tags[tf.DESCRIPTION] = (tf.ASCII, words)
    assert np.array_equal(read(tiff_file([made])).pixels, FIRST)
