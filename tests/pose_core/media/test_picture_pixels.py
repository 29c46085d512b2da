"""Pictures are shown as a browser shows them, and beside their pixels nothing can refuse them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from pose_core.errors import PictureError
from pose_core.media.images import Picture, decode_picture
from pose_core.media.picture_chunks import split_png
from pose_core.media.picture_colours import profile_of_code_points

SIZE_WH = (64, 48)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def file_of(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def flat(*colour: int) -> Image.Image:
    return Image.new("RGB", SIZE_WH, colour)


def chunk(kind: bytes, content: bytes, spoil: int = 0) -> bytes:
    checksum = zlib.crc32(kind + content) ^ spoil
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png_with(image: Image.Image, *chunks: bytes) -> bytes:
    """A PNG with chunks between its header and its pixels."""
    png = file_of(image, "PNG")
    return png[:33] + b"".join(chunks) + png[33:]


def colour_of(picture: Picture) -> list[int]:
    assert (picture.frame_rgb == picture.frame_rgb[0, 0]).all()
    return picture.frame_rgb[0, 0].tolist()


def channels_swapped() -> bytes:
    """sRGB's profile with red, green and blue swapped: red is shown as blue. It still calls itself sRGB."""
    profile = bytearray(SRGB)
    count = struct.unpack(">I", profile[128:132])[0]
    place = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    for target, source in ((b"rXYZ", b"gXYZ"), (b"gXYZ", b"bXYZ"), (b"bXYZ", b"rXYZ")):
        profile[place[target] : place[target] + 4] = source
    return bytes(profile)


# ---------------------------------------------------------------------- structure
NOISE = Image.fromarray(np.random.default_rng(5).integers(0, 256, (480, 640, 3), dtype=np.uint8))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_only_its_end_mark_is_read(progressive: bool) -> None:
    whole = file_of(NOISE, "JPEG", progressive=progressive)
    picture = decode_picture(whole[:-2])
    np.testing.assert_array_equal(picture.frame_rgb, decode_picture(whole).frame_rgb)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("lost", [40, 5000])
def test_a_jpeg_cut_off_in_its_pixels_is_refused(progressive: bool, lost: int) -> None:
    with pytest.raises(PictureError, match="cut off or damaged"):
        decode_picture(file_of(NOISE, "JPEG", progressive=progressive)[:-lost])


@pytest.mark.parametrize(
    "beside",
    [
        chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1), spoil=1),
        chunk(b"tEXt", b"Comment\0hello", spoil=1),
        chunk(b"eXIf", b"II*\0", spoil=1),
        chunk(b"zTXt", b"Raw\0\0" + zlib.compress(b"a b c " * 400_000)),
        chunk(b"zTXt", b"Raw\0\0" + zlib.compress(bytes(200_000_000), 1)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(20_000_000))),
        chunk(b"iCCP", b"bomb\0\0" + zlib.compress(bytes(100_000_000), 1)),
    ],
)
def test_what_is_beside_the_pixels_of_a_png_cannot_refuse_it(beside: bytes) -> None:
    picture = decode_picture(png_with(flat(200, 30, 40), beside))
    assert colour_of(picture) == [200, 30, 40]
    assert picture.notes == ()


def test_of_repeated_chunks_the_first_counts() -> None:
    """Each may unpack megabytes; 4000 profiles held a decoder for all of its time."""
    twice = [chunk(b"cICP", bytes((primaries, 13, 0, 1))) for primaries in (12, 9)]
    assert split_png(png_with(flat(1, 2, 3), *twice))[1].code_points == (12, 13)
    spoilt = chunk(b"cICP", bytes((1, 13, 0, 1)), spoil=1)
    assert split_png(png_with(flat(1, 2, 3), spoilt, *twice))[1].code_points == (12, 13)


def test_pixels_in_a_hundred_thousand_pieces_are_refused() -> None:
    assert len(split_png(png_with(flat(1, 2, 3), *[chunk(b"IDAT", b"")] * 50_000))[0]) > 600_000
    with pytest.raises(PictureError) as caught:
        decode_picture(png_with(flat(1, 2, 3), *[chunk(b"IDAT", b"")] * 100_000))
    assert caught.value.code == "picture_damaged"


def test_a_gif_with_a_million_frames_is_read_like_one_with_two() -> None:
    two = file_of(flat(255, 0, 0), "GIF", save_all=True, append_images=[flat(0, 0, 255)])
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2D\1\0"
    for data in (two, file_of(flat(255, 0, 0), "GIF")[:-1] + frame * 1_000_000 + b";"):
        picture = decode_picture(data)
        assert colour_of(picture) == [255, 0, 0]
        assert picture.notes == ("first_frame",)


def test_a_moving_webp_is_its_first_picture_on_its_canvas() -> None:
    first = Image.new("RGBA", SIZE_WH, (0, 0, 0, 0))
    first.paste((200, 30, 40, 255), (16, 8, 48, 40))
    data = file_of(first, "WEBP", save_all=True, append_images=[flat(0, 0, 255)], lossless=True)
    frame = decode_picture(data).frame_rgb
    assert frame.shape == (48, 64, 3)
    assert frame[0, 0].tolist() == [255, 255, 255]
    assert frame[20, 30].tolist() == [200, 30, 40]


# ---------------------------------------------------------------------- colours
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_a_colour_profile_counts_whatever_it_is_called(file_format: str) -> None:
    data = file_of(flat(255, 0, 0), file_format, icc_profile=channels_swapped(), quality=100)
    np.testing.assert_allclose(decode_picture(data).frame_rgb[9, 9].astype(int), [0, 0, 255], atol=4)


@pytest.mark.parametrize("profile", [SRGB[:200], b"not a profile", SRGB])
def test_a_broken_profile_counts_as_none_and_srgb_changes_nothing(profile: bytes) -> None:
    assert colour_of(decode_picture(file_of(flat(200, 30, 40), "PNG", icc_profile=profile))) == [200, 30, 40]


def test_display_p3_becomes_srgb_and_grey_stays_grey() -> None:
    profile = profile_of_code_points(12, 13)
    for colour, expected in (((120, 80, 80), (127, 78, 79)), ((128, 128, 128), (128, 128, 128))):
        shown = colour_of(decode_picture(file_of(flat(*colour), "PNG", icc_profile=profile)))
        np.testing.assert_allclose(shown, expected, atol=1)


def test_a_profile_for_grey_pictures_counts() -> None:
    """A profile of gamma 1: level 55 is 21.6 % of the light, which sRGB writes as 128."""
    head = struct.pack(
        ">I4sI4s4s4s12s4s", 128 + 28 + 20 + 14, b"", 0x02400000, b"mntr", b"GRAY", b"XYZ ", b"", b"acsp"
    )
    white = struct.pack(">3i", 63190, 65536, 54061)
    table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, 14)
    profile = head.ljust(68, b"\0") + white.ljust(60, b"\0") + table
    profile += b"XYZ \0\0\0\0" + white + b"curv\0\0\0\0\0\0\0\1\1\0"
    data = file_of(Image.new("L", SIZE_WH, 55), "PNG", icc_profile=profile)
    picture = decode_picture(data)
    np.testing.assert_allclose(colour_of(picture), [128] * 3, atol=1)
    assert picture.notes == ("grey",)


LINEAR = chunk(b"gAMA", struct.pack(">I", 100_000))
P3_CICP, LINEAR_CICP = chunk(b"cICP", b"\x0c\x0d\0\1"), chunk(b"cICP", b"\1\x08\0\1")


@pytest.mark.parametrize(
    ("chunks", "given", "expected"),
    [
        ([LINEAR], (55, 55, 55), (128, 128, 128)),
        ([chunk(b"gAMA", struct.pack(">I", 45_455))], (200, 30, 40), (200, 30, 40)),
        ([chunk(b"sRGB", b"\0"), LINEAR], (55, 55, 55), (55, 55, 55)),
        ([chunk(b"gAMA", struct.pack(">I", 0))], (200, 30, 40), (200, 30, 40)),
        ([chunk(b"cHRM", bytes(32)), LINEAR], (200, 30, 40), (200, 30, 40)),  # impossible primaries
        ([P3_CICP], (120, 80, 80), (127, 78, 79)),
        ([LINEAR_CICP], (55, 55, 55), (128, 128, 128)),
        ([P3_CICP, LINEAR], (120, 80, 80), (127, 78, 79)),
        ([chunk(b"cICP", b"\x09\x10\0\1")], (200, 30, 40), (200, 30, 40)),  # HDR: as it is
    ],
)
def test_a_pngs_gamma_and_code_points_count(
    chunks: list[bytes], given: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    shown = colour_of(decode_picture(png_with(flat(*given), *chunks)))
    np.testing.assert_allclose(shown, expected, atol=1)


def test_the_primaries_of_a_png_count() -> None:
    p3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    data = png_with(
        flat(120, 80, 80), chunk(b"cHRM", struct.pack(">8I", *p3)), chunk(b"gAMA", struct.pack(">I", 45_455))
    )
    np.testing.assert_allclose(colour_of(decode_picture(data)), (127, 78, 79), atol=1)


def test_colours_change_before_transparency_is_blended() -> None:
    half = Image.new("RGBA", SIZE_WH, (55, 55, 55, 128))
    np.testing.assert_allclose(colour_of(decode_picture(png_with(half, LINEAR))), [191] * 3, atol=1)


# ---------------------------------------------------------------------- 16 bits, orientation
def wide_png(colour_type: int, hidden: bytes, row: bytes) -> bytes:
    width, height = SIZE_WH
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    pixels = zlib.compress((b"\0" + row) * height)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"tRNS", hidden)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def test_the_transparent_grey_of_a_16_bit_png_is_white_and_its_neighbour_is_not() -> None:
    row = b"\x12\x34" * 32 + b"\x12\x35" * 32
    picture = decode_picture(wide_png(0, b"\x12\x34", row))
    assert (picture.frame_rgb[:, :32] == 255).all()
    assert (picture.frame_rgb[:, 32:] == 18).all()
    assert set(picture.notes) == {"sixteen_bit", "grey", "alpha"}


def test_the_transparent_colour_of_a_16_bit_png_is_white_and_its_neighbour_is_not() -> None:
    row = b"\x12\x34\x80\0\x40\0" * 32 + b"\x12\x35\x80\0\x40\0" * 32
    picture = decode_picture(wide_png(2, b"\x12\x34\x80\0\x40\0", row))
    assert (picture.frame_rgb[:, :32] == 255).all()
    assert (picture.frame_rgb[:, 32:] == (0x12, 0x80, 0x40)).all()


def test_orientation_in_xmp_does_not_count_as_in_browsers() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    for file_format in ("JPEG", "WEBP"):
        picture = decode_picture(file_of(flat(9, 9, 9), file_format, xmp=xmp))
        assert (picture.size_wh, picture.notes) == (SIZE_WH, ())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_of_many_strips_is_turned_as_a_whole(orientation: int) -> None:
    """Strips are about a megapixel; this picture has several, both ways."""
    frame = cv2.resize(np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8), (2000, 1500))
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = decode_picture(file_of(Image.fromarray(frame), "PNG", exif=exif, compress_level=1)).frame_rgb
    expected = {
        1: frame,
        2: frame[:, ::-1],
        3: frame[::-1, ::-1],
        4: frame[::-1],
        5: frame.transpose(1, 0, 2),
        6: np.rot90(frame, -1),
        7: frame[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(frame),
    }[orientation]
    np.testing.assert_array_equal(turned, expected)
