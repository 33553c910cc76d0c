"""Formats beside the plain ones, each against a second reader or against what was written."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from hematodesk.domain.errors import ImageError
from hematodesk.imaging.read import decode_image

LINEAR = bytes(
    imagecodecs.cms_profile(
        "rgb", whitepoint=[0.3127, 0.329, 1.0], primaries=[0.64, 0.33, 0.3, 0.6, 0.15, 0.06], gamma=1.0
    )
)


def pixels_of(data: bytes) -> np.ndarray:
    return decode_image(data, "smear").pixels.astype(int)


def by_pillow(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def refused(data: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode_image(data, "smear")
    return caught.value


def to_srgb(light: np.ndarray) -> np.ndarray:
    """Linear light from 0 to 1 as sRGB's numbers (IEC 61966-2-1)."""
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


# BMP


def bmp(body: bytes, info: bytes, palette: bytes = b"") -> bytes:
    """A BMP file of its headers and what follows."""
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + info + palette + body


def info(width: int, height: int, bits: int, compression: int = 0, used: int = 0, size: int = 40) -> bytes:
    head = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, compression, 0, 0, 0, used, 0)
    return head.ljust(size, b"\0")[:size]


def rows_of(numbers: np.ndarray, bits: int) -> bytes:
    """Rows of palette numbers from below, packed and filled up to four bytes."""
    each = 8 // bits
    filled = np.pad(numbers, ((0, 0), (0, -numbers.shape[1] % each))).reshape(len(numbers), -1, each)
    packed = np.zeros(filled.shape[:2], np.uint8)
    for place in range(each):
        packed |= filled[..., place].astype(np.uint8) << (8 - bits * (place + 1))
    return np.pad(packed, ((0, 0), (0, -packed.shape[1] % 4)))[::-1].tobytes()


def some_palette(bits: int, entry: int = 4) -> bytes:
    rng = np.random.default_rng(bits)
    return np.pad(rng.integers(0, 256, (1 << bits, 3), dtype=np.uint8), ((0, 0), (0, entry - 3))).tobytes()


@pytest.mark.parametrize("bits", [1, 4, 8])
@pytest.mark.parametrize("header", ["windows", "os2", "os2 second"])
def test_palettes_of_windows_and_os2(bits: int, header: str) -> None:
    numbers = np.random.default_rng(1).integers(0, 1 << bits, (18, 21))
    entry = 3 if header == "os2" else 4
    head = {
        "windows": info(21, 18, bits),
        "os2": struct.pack("<IHHHH", 12, 21, 18, 1, bits),
        "os2 second": info(21, 18, bits, size=64),
    }[header]
    palette = some_palette(bits, entry)
    data = bmp(rows_of(numbers, bits), head, palette)
    colours = np.frombuffer(palette, np.uint8).reshape(-1, entry)[:, 2::-1]
    np.testing.assert_array_equal(pixels_of(data), colours[numbers])
    np.testing.assert_array_equal(pixels_of(data), by_pillow(data))


def test_a_bmp_from_the_top_down() -> None:
    numbers = np.random.default_rng(1).integers(0, 256, (18, 21))
    data = bmp(rows_of(numbers[::-1], 8), info(21, -18, 8), some_palette(8))
    np.testing.assert_array_equal(pixels_of(data), by_pillow(data))


@pytest.mark.parametrize(
    ("bits", "masks", "size"),
    [
        (16, None, 40),
        (16, (0x7C00, 0x3E0, 0x1F), 40),
        (16, (0xF800, 0x7E0, 0x1F), 40),
        (16, (0xF800, 0x7E0, 0x1F), 108),
        (32, (0xFF, 0xFF00, 0xFF0000), 40),
        (32, (0x3FF00000, 0xFFC00, 0x3FF), 56),
    ],
)
def test_colours_where_masks_say(bits: int, masks: tuple[int, int, int] | None, size: int) -> None:
    rng = np.random.default_rng(3)
    words = rng.integers(0, 1 << bits, (16, 20), dtype=np.uint64)
    body = words[::-1].astype(f"<u{bits // 8}").tobytes()
    head = info(20, 16, bits, 3 if masks else 0, size=size)
    packed = struct.pack("<3I", *masks) if masks else b""
    data = bmp(body, head + packed if size == 40 else head[:40] + packed + head[40 + len(packed) :])
    made = pixels_of(data)
    for place, mask in enumerate(masks or (0x7C00, 0x3E0, 0x1F)):
        low = mask & -mask
        expected = ((words & np.uint64(mask)) // np.uint64(low)).astype(float) * 255 / (mask // low)
        assert np.abs(made[..., place] - expected).max() <= 1


def run_length(numbers: np.ndarray, halves: bool, *, absolute: bool, ended: bool = True) -> bytes:
    """RLE8 or RLE4, rows from below: single runs, or absolute stretches where they are long enough."""
    body = bytearray()
    for row in numbers[::-1]:
        values = [int(each) for each in row]
        while values:
            if absolute and len(values) >= 3:
                some, values = values[:7], values[7:]
                if len(some) < 3:
                    values = some + values
                    continue
                coded = bytes(some)
                if halves:
                    pairs = [*some, 0][: len(some) + len(some) % 2]
                    coded = bytes(high << 4 | low for high, low in zip(pairs[::2], pairs[1::2], strict=True))
                body += bytes((0, len(some))) + coded + b"\0" * (len(coded) % 2)
                continue
            some, values = values[:1], values[1:]
            body += bytes((1, some[0] << 4 if halves else some[0]))
        body += b"\0\0"
    if ended:
        body[-1:] = b"\1"
    return bytes(body)


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize("ended", [True, False])
def test_run_length_pictures(bits: int, absolute: bool, ended: bool) -> None:
    numbers = np.random.default_rng(1).integers(0, 1 << bits, (18, 21))
    palette = some_palette(bits)
    body = run_length(numbers, bits == 4, absolute=absolute, ended=ended)
    data = bmp(body, info(21, 18, bits, 2 if bits == 4 else 1), palette)
    colours = np.frombuffer(palette, np.uint8).reshape(-1, 4)[:, 2::-1]
    np.testing.assert_array_equal(pixels_of(data), colours[numbers])


def test_run_length_jumps_and_runs_over_the_edge() -> None:
    palette = bytes((0, 0, 0, 0, 10, 20, 30, 0)).ljust(1024, b"\0")
    # Two right and one up, a run of 40 that the row cuts off, then the end.
    data = bmp(bytes((0, 2, 2, 1, 40, 1, 0, 1)), info(20, 16, 8, 1), palette)
    expected = np.zeros((16, 20, 3), int)
    expected[14, 2:] = (30, 20, 10)
    np.testing.assert_array_equal(pixels_of(data), expected)


def test_a_cut_run_length_picture_is_refused() -> None:
    numbers = np.random.default_rng(1).integers(0, 256, (18, 21))
    body = run_length(numbers, halves=False, absolute=True)
    data = bmp(body[: len(body) // 2], info(21, 18, 8, 1), some_palette(8))
    assert refused(data).code == "image_truncated"


def test_the_profile_of_a_bmp_counts() -> None:
    numbers = np.tile(np.arange(21) * 12, (18, 1))
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, axis=1).tobytes()
    head = bytearray(info(21, 18, 8, size=124))
    head[56:60] = b"DEBM"
    body = rows_of(numbers, 8)
    struct.pack_into("<II", head, 112, 124 + len(grey) + len(body), len(LINEAR))
    made = decode_image(bmp(body + LINEAR, bytes(head), grey), "smear")
    assert made.notices == ("colour_converted",)
    np.testing.assert_allclose(made.pixels[0, :, 0], to_srgb(numbers[0] / 255), atol=1)


@pytest.mark.parametrize(
    ("compression", "bits", "size", "word"),
    [(4, 24, 40, "JPEG"), (5, 24, 40, "PNG"), (3, 1, 64, "OS/2"), (4, 24, 64, "OS/2")],
)
def test_other_formats_in_a_bmp_are_refused_by_name(
    compression: int, bits: int, size: int, word: str
) -> None:
    error = refused(bmp(bytes(4_000), info(20, 16, bits, compression, size=size)))
    assert error.code == "format_unsupported" and word in error.message


# Colour


def png_with(data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    made = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return data[:33] + made + data[33:]


def gamma(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def profile_chunk(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"some\0\0" + zlib.compress(profile)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ADOBE = bytes(imagecodecs.cms_profile("adobergb"))
SAME = [
    [gamma(0.45455)],
    [(b"sRGB", b"\0"), gamma(1.0)],
    [profile_chunk(SRGB), gamma(1.0)],
    [profile_chunk(ADOBE)],
    [profile_chunk(b"no profile at all")],
    [profile_chunk(bytes(200))],
    [(b"iCCP", b"some\0\0nonsense")],
    [gamma(0)],
    [(b"cICP", bytes((1, 13, 0, 1))), gamma(1.0)],
]


@pytest.mark.parametrize("chunks", SAME)
def test_usual_colours_stay_bit_for_bit(picture, files, chunks) -> None:
    made = decode_image(png_with(files["png"], *chunks), "smear")
    np.testing.assert_array_equal(made.pixels, picture)
    assert made.notices == ()


@pytest.mark.parametrize(
    "chunks",
    [
        [gamma(1.0)],
        [profile_chunk(LINEAR)],
        [profile_chunk(LINEAR), gamma(0.45455)],
        [(b"cICP", bytes((1, 8, 0, 1)))],
        [gamma(1.0), (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))],
        [gamma(1.0), (b"cHRM", bytes(32))],
    ],
)
def test_linear_light_becomes_srgb(picture, files, chunks) -> None:
    made = decode_image(png_with(files["png"], *chunks), "smear")
    np.testing.assert_allclose(made.pixels, to_srgb(picture / 255), atol=2)
    assert made.notices == ("colour_converted",)


def test_a_gamma_with_primaries_uses_them(files, picture) -> None:
    wide = struct.pack(">8I", 31270, 32900, 73500, 26500, 11500, 82600, 15700, 1800)
    plain = pixels_of(png_with(files["png"], gamma(1.0)))
    made = pixels_of(png_with(files["png"], gamma(1.0), (b"cHRM", wide)))
    assert np.abs(made - plain).max() > 20


def test_sixteen_bits_of_linear_light_keep_their_dark_steps(encode) -> None:
    deep = np.tile((np.arange(64, dtype=np.uint16) * 64)[None, :, None], (20, 1, 3))
    made = decode_image(png_with(encode(deep, ".png"), gamma(1.0), (b"sBIT", bytes((16,) * 3))), "smear")
    assert made.notices == ("depth_reduced", "colour_converted")
    np.testing.assert_allclose(made.pixels, to_srgb(deep / 65_535), atol=1)
    assert len(np.unique(made.pixels)) > 50


@pytest.mark.parametrize("shift", [0, 4])
def test_the_stated_bits_of_a_png_decide(encode, shift: int) -> None:
    values = np.random.default_rng(1).integers(0, 2_000, (20, 30, 3)).astype(np.uint16)
    data = png_with(encode(values << shift, ".png"), (b"sBIT", bytes((12,) * 3)))
    np.testing.assert_allclose(pixels_of(data), values * (255 / 4095), atol=1)


@pytest.mark.parametrize("kind", ["jpeg", "webp", "tiff"])
def test_profiles_of_other_formats(kind: str, picture) -> None:
    image, stream = Image.fromarray(picture), io.BytesIO()
    options = {"jpeg": {"quality": 100, "subsampling": 0}, "webp": {"lossless": True}, "tiff": {}}[kind]
    image.save(stream, kind, icc_profile=LINEAR, **options)
    made = decode_image(stream.getvalue(), "smear")
    assert "colour_converted" in made.notices
    assert np.abs(made.pixels - to_srgb(by_pillow(stream.getvalue()) / 255)).mean() < 1


def test_grey_with_a_grey_profile(encode) -> None:
    grey = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (20, 1))
    profile = bytes(imagecodecs.cms_profile("gray", whitepoint=[0.3127, 0.329, 1.0], gamma=1.0))
    made = decode_image(png_with(encode(grey, ".png"), profile_chunk(profile)), "smear")
    assert made.notices == ("colour_converted",)
    # LittleCMS interpolates the darkest steps of grey.
    np.testing.assert_allclose(made.pixels[:, 4:, 1], to_srgb(grey[:, 4:] / 255), atol=3)


def test_opacity_outlives_a_conversion(encode, picture) -> None:
    clear = np.dstack([picture, np.full(picture.shape[:2], 51, np.uint8)])
    made = decode_image(png_with(encode(clear, ".png"), gamma(1.0)), "smear")
    assert made.notices == ("colour_converted", "alpha_flattened")
    np.testing.assert_allclose(made.pixels, to_srgb(picture / 255) * 0.2 + 204, atol=2)


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_transparency_without_a_channel(mode: str, picture) -> None:
    image = Image.fromarray(picture).quantize(60) if mode == "P" else Image.fromarray(picture).convert(mode)
    clear = image.getpixel((30, 30))
    stream = io.BytesIO()
    image.save(stream, "PNG", transparency=clear)
    on_white = Image.new("RGBA", image.size, "white")
    on_white.alpha_composite(Image.open(stream).convert("RGBA"))
    made = decode_image(stream.getvalue(), "smear")
    np.testing.assert_array_equal(made.pixels, np.asarray(on_white.convert("RGB")))
    assert made.notices == ("alpha_flattened",)


# JPEG


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(orientation: int) -> bytes:
    entry = struct.pack("<HHIHHI", 274, 3, 1, orientation, 0, 0)
    return segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry)


@pytest.mark.parametrize(("first", "second", "turned"), [(1, 6, False), (6, 1, True)])
def test_the_first_of_two_exif_blocks_counts(files, picture, first, second, turned) -> None:
    data = files["jpeg"][:2] + exif(first) + exif(second) + files["jpeg"][2:]
    height, width = picture.shape[:2]
    assert decode_image(data, "smear").pixels.shape[:2] == ((width, height) if turned else (height, width))


@pytest.mark.parametrize("junk", [b"\0", b"abc", b"\xff\0\x12", b"x" * 400])
def test_bytes_between_segments_are_passed_over_and_told(files, junk) -> None:
    data = files["jpeg"]
    at = data.index(b"\xff\xdb")
    made = decode_image(data[:at] + junk + data[at:], "smear")
    np.testing.assert_array_equal(made.pixels, pixels_of(data))
    assert made.notices == ("damage_suspected",)


def test_endless_bytes_between_segments_are_damage(files) -> None:
    data = files["jpeg"]
    at = data.index(b"\xff\xdb")
    assert refused(data[:at] + b"x" * 100_000 + data[at:]).code == "image_damaged"


@pytest.mark.parametrize("adobe", [True, False])
def test_printing_inks_either_way_round(picture, adobe: bool) -> None:
    inks = np.random.default_rng(1).integers(0, 256, (6, 8, 4), dtype=np.uint8)
    inks = cv2.resize(inks, (64, 48), interpolation=cv2.INTER_CUBIC)
    stream = io.BytesIO()
    Image.fromarray(inks, "CMYK").save(stream, "JPEG", quality=100, subsampling=0)
    data = stream.getvalue()
    marker = data.index(b"\xff\xee")
    if not adobe:
        length = struct.unpack_from(">H", data, marker + 2)[0]
        data = data[:marker] + data[marker + 2 + length :]
        inks = 255 - inks
    expected = (255 - inks[..., :3].astype(float)) * (255 - inks[..., 3:].astype(float)) / 255
    made = decode_image(data, "smear")
    assert made.notices == ("colour_approximate",)
    assert np.abs(made.pixels - expected).mean() < 1.5


# GIF, JPEG 2000, AVIF


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("options", [{}, {"interlace": 1}, {"comment": b"x" * 1_000}])
def test_gif(picture, options) -> None:
    data = saved(Image.fromarray(picture).quantize(200), "GIF", **options)
    made = decode_image(data, "smear")
    np.testing.assert_array_equal(made.pixels, by_pillow(data))
    assert (made.format, made.notices) == ("gif", ())


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_the_first_of_several_frames(picture, kind: str) -> None:
    frames = [
        Image.fromarray(np.ascontiguousarray(each)) for each in (picture, picture[::-1], picture[:, ::-1])
    ]
    options = {"WEBP": {"lossless": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}.get(kind, {})
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, **options)
    made = decode_image(data, "smear")
    assert made.notices == ("first_frame",)
    assert np.abs(made.pixels - by_pillow(data)).max() <= 1


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("kind", ["JPEG2000", "AVIF"])
def test_jpeg_2000_and_avif(picture, mode: str, kind: str) -> None:
    image = Image.fromarray(picture).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(picture[..., 0]))
    data = saved(image, kind, **({"quality": 100, "subsampling": "4:4:4"} if kind == "AVIF" else {}))
    on_white = Image.new("RGBA", image.size, "white")
    on_white.alpha_composite(Image.open(io.BytesIO(data)).convert("RGBA"))
    made = decode_image(data, "smear")
    assert np.abs(made.pixels - np.asarray(on_white.convert("RGB")).astype(int)).max() <= 1
    assert made.notices == (("alpha_flattened",) if mode == "RGBA" else ())


@pytest.mark.parametrize("container", ["jp2", "j2k"])
@pytest.mark.parametrize("bits", [10, 12, 16])
def test_the_depth_of_jpeg_2000(picture, container: str, bits: int) -> None:
    deep = (picture.astype(np.uint16) << bits - 8) // 2
    data = bytes(imagecodecs.jpeg2k_encode(deep, level=0, codecformat=container, bitspersample=bits))
    made = decode_image(data, "smear")
    assert made.notices == ("depth_reduced",)
    np.testing.assert_allclose(made.pixels, deep * (255 / ((1 << bits) - 1)), atol=1)


@pytest.mark.parametrize("bits", [10, 12])
def test_the_depth_of_avif(picture, bits: int) -> None:
    deep = (picture.astype(np.uint16) << bits - 8) // 2
    data = bytes(imagecodecs.avif_encode(deep, level=100, bitspersample=bits))
    made = decode_image(data, "smear")
    assert made.notices == ("depth_reduced",)
    np.testing.assert_allclose(made.pixels, deep * (255 / ((1 << bits) - 1)), atol=2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_is_turned_once(picture, orientation: int) -> None:
    """Pillow writes Exif's number as turning and mirroring, which count; the block itself does not."""
    block = Image.Exif()
    block[274] = orientation
    data = saved(Image.fromarray(picture), "AVIF", quality=100, subsampling="4:4:4", exif=block)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    assert expected.size == ((48, 64) if orientation >= 5 else (64, 48))
    np.testing.assert_allclose(pixels_of(data), np.asarray(expected), atol=1)


@pytest.mark.parametrize("kind", ["GIF", "JPEG2000", "AVIF"])
def test_cut_files_are_refused(picture, kind: str) -> None:
    data = saved(Image.fromarray(picture), kind)
    for share in (0.2, 0.5, 0.8, 0.97):
        error = refused(data[: int(len(data) * share)])
        assert error.code in ("image_truncated", "image_damaged"), share


@pytest.mark.parametrize("kind", ["GIF", "JPEG2000", "AVIF"])
def test_claimed_sizes_are_looked_at_first(picture, kind: str) -> None:
    data = bytearray(saved(Image.fromarray(picture), kind))
    if kind == "GIF":
        struct.pack_into("<HH", data, 6, 60_000, 60_000)
    elif kind == "AVIF":
        struct.pack_into(">II", data, data.index(b"ispe") + 8, 60_000, 60_000)
    else:
        struct.pack_into(">II", data, data.index(b"\xff\x51") + 6, 60_000, 60_000)
        struct.pack_into(">II", data, data.index(b"\xff\x51") + 22, 60_000, 60_000)
    assert refused(bytes(data)).code == "image_too_large"


def test_a_heif_file_with_av1_inside_is_avif(picture) -> None:
    data = bytearray(saved(Image.fromarray(picture), "AVIF"))
    data[8:12] = b"mif1"
    assert decode_image(bytes(data), "smear").format == "avif"


# What is refused


def ftyp(brand: bytes, *others: bytes) -> bytes:
    body = brand + bytes(4) + b"".join(others)
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(400)


REFUSED = {
    **{brand: (ftyp(brand), "HEIC") for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")},
    **{brand: (ftyp(brand), "HEIF") for brand in (b"mif1", b"msf1", b"mif2")},
    b"mif1 heic": (ftyp(b"mif1", b"mif1", b"heic"), "HEI"),
    b"cr3": (ftyp(b"crx "), "CR3"),
    b"mp4": (ftyp(b"isom"), "video"),
    b"mov": (ftyp(b"qt  "), "video"),
    b"old mov": (bytes(4) + b"moov" + bytes(100), "video"),
    b"avi": (b"RIFF" + bytes(4) + b"AVI " + bytes(100), "video"),
    b"jpeg-ls": (b"\xff\xd8\xff\xf7" + struct.pack(">HBHHB", 11, 8, 64, 64, 1) + bytes(40), "JPEG-LS"),
    b"lossless": (b"\xff\xd8\xff\xc3" + struct.pack(">HBHHB", 11, 8, 64, 64, 1) + bytes(40), "lossless"),
    b"jxl": (b"\xff\x0a" + bytes(100), "JPEG XL"),
    b"jxl boxes": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100), "JPEG XL"),
    b"jxr": (b"II\xbc\x01" + bytes(100), "JPEG XR"),
    b"nd2": (b"\xda\xce\xbe\x0a" + bytes(100), "ND2"),
    b"lif": (b"\x70\0\0\0" + bytes(4) + b"\x2a" + bytes(100), "LIF"),
    b"czi": (b"ZISRAWFILE" + bytes(100), "CZI"),
    b"raf": (b"FUJIFILMCCD-RAW 0201" + bytes(100), "RAF"),
    b"orf": (b"IIRO\x08\0\0\0" + bytes(100), "ORF"),
    b"rw2": (b"IIU\0\x18\0\0\0" + bytes(100), "RW2"),
    b"dicom": (bytes(128) + b"DICM" + bytes(100), "DICOM"),
    b"svg": (b'<?xml version="1.0"?>\n<svg xmlns="x"></svg>', "SVG"),
    b"pdf": (b"%PDF-1.7\n" + bytes(100), "PDF"),
    b"psd": (b"8BPS\0\x01" + bytes(100), "Photoshop"),
    b"xcf": (b"gimp xcf v011" + bytes(100), "GIMP"),
    b"exr": (b"v/1\x01\x02" + bytes(100), "OpenEXR"),
    b"hdr": (b"#?RADIANCE\n" + bytes(100), "HDR"),
    b"ppm": (b"P6\n64 48\n255\n" + bytes(64 * 48 * 3), "PNM"),
    b"tga": (bytes((0, 0, 2)) + bytes(100) + b"TRUEVISION-XFILE.\0", "TGA"),
    b"ico": (b"\0\0\x01\0\x01\0" + bytes(100), "icon"),
    b"zip": (b"PK\x03\x04" + bytes(100), "ZIP"),
    b"docx": (b"PK\x03\x04" + bytes(26) + b"word/document.xml" + bytes(100), "Word"),
    b"pptx": (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml" + bytes(100) + b"ppt/slides", "PowerPoint"),
    b"hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
    b"web page": (b"<!DOCTYPE html><html></html>", "web page"),
}


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.decode())
def test_what_is_not_read_is_named(kind: bytes) -> None:
    data, word = REFUSED[kind]
    error = refused(data)
    assert error.code == "format_unsupported"
    assert word in error.message and error.remedy


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_a_telephones_photograph_is_refused_with_the_setting_that_helps(brand: bytes) -> None:
    error = refused(ftyp(brand))
    assert "Most Compatible" in error.remedy and "JPEG" in error.remedy


def test_deep_and_plain_pictures_are_converted_alike(encode, picture) -> None:
    """Pictures of 16 bits go by curves where they suffice, and by LittleCMS where primaries differ."""
    wide = struct.pack(">8I", 31270, 32900, 73500, 26500, 11500, 82600, 15700, 1800)
    for chunks in ([gamma(1.0)], [gamma(1.0), (b"cHRM", wide)]):
        deep = png_with(encode(picture.astype(np.uint16) * 257, ".png"), *chunks)
        plain = pixels_of(png_with(encode(picture, ".png"), *chunks))
        assert np.abs(pixels_of(deep) - plain).max() <= 3
