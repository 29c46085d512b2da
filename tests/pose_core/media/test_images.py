"""Every kind of picture file becomes the right pixels or one clear error, and leaves nothing behind."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pose_core.errors import PictureError
from pose_core.media import picture_file
from pose_core.media.images import (
    ENLARGE_BELOW_PX,
    ENLARGE_TO_PX,
    MAX_MEGAPIXELS,
    decode_picture,
    encode_jpeg,
    encode_png,
    enlarge_small,
    fit_within,
)
from pose_core.media.picture_file import MAX_ASPECT, MIN_SIDE_PX, read_header

Frame = NDArray[np.uint8]

#: Grey levels by which a JPEG or WebP of best quality may be off in a flat area.
LOSSY_LEVELS = 4
#: Random files for the damage test, besides the truncated ones.
MUTATIONS = 1500

WIDTH, HEIGHT = 64, 48
QUADRANTS = ((220, 30, 40), (30, 200, 60), (40, 60, 210), (230, 210, 50))


def _quadrants() -> Frame:
    """Four flat colours, so that any rotation or swap of channels shows; JPEG keeps them nearly exact."""
    frame = np.empty((HEIGHT, WIDTH, 3), dtype=np.uint8)
    for i, colour in enumerate(QUADRANTS):
        row, column = divmod(i, 2)
        frame[row * HEIGHT // 2 :, column * WIDTH // 2 :] = colour
    frame[HEIGHT // 2 :, : WIDTH // 2] = QUADRANTS[2]
    return frame


FRAME = _quadrants()
PICTURE = Image.fromarray(FRAME)
#: Something to cut and damage: noise does not compress, so every byte of these files counts.
NOISE = Image.fromarray(np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))


def file_of(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def best_jpeg(image: Image.Image, **options: Any) -> bytes:
    return file_of(image, "JPEG", quality=100, subsampling=0, **options)


def animation(file_format: str) -> bytes:
    frames = [Image.fromarray(np.full_like(FRAME, level)) for level in (200, 20)]
    return file_of(PICTURE, file_format, save_all=True, append_images=frames, lossless=True)


def phone_jpeg() -> bytes:
    """A JPEG followed by a second picture."""
    preview = Image.new("RGB", (32, 24), "black")
    return file_of(PICTURE, "MPO", save_all=True, append_images=[preview], quality=100, subsampling=0)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size, with a few rows of pixels in it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + png_chunk(b"IEND", b"")
    )


def jpeg_header(width: int, height: int) -> bytes:
    data = bytearray(best_jpeg(PICTURE))
    frame_start = data.index(b"\xff\xc0")
    data[frame_start + 5 : frame_start + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def gif_header(width: int, height: int) -> bytes:
    data = bytearray(file_of(PICTURE, "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def webp_header(width: int, height: int) -> bytes:
    data = bytearray(file_of(PICTURE, "WEBP", quality=50))
    start = data.index(b"\x9d\x01\x2a") + 3
    data[start : start + 4] = struct.pack("<HH", width, height)
    return bytes(data)


def code_of(data: bytes) -> str:
    with pytest.raises(PictureError) as caught:
        decode_picture(data)
    assert "{" not in str(caught.value), "the sentence is filled in"
    return caught.value.code


# ---------------------------------------------------------------------- intact pictures
@pytest.mark.parametrize(
    ("file_format", "options", "levels"),
    [
        ("PNG", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("GIF", {}, 0),
        ("JPEG", {"quality": 100, "subsampling": 0}, LOSSY_LEVELS),
        ("JPEG", {"quality": 100, "subsampling": 0, "progressive": True}, LOSSY_LEVELS),
    ],
)
def test_colours_and_size_are_preserved(file_format: str, options: dict[str, Any], levels: int) -> None:
    picture = decode_picture(file_of(PICTURE, file_format, **options))
    assert picture.format == file_format
    assert picture.size_wh == (WIDTH, HEIGHT)
    assert picture.frame_rgb.dtype == np.uint8
    assert picture.notes == ()
    np.testing.assert_allclose(picture.frame_rgb.astype(int), FRAME, atol=levels)


def test_only_the_content_of_a_file_matters() -> None:
    """No name is passed: a PNG renamed .jpg is read as the PNG that it is."""
    assert decode_picture(file_of(PICTURE, "PNG")).format == "PNG"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_every_exif_orientation_is_turned_upright(file_format: str, orientation: int) -> None:
    # Where the upright picture's rows and columns are stored, by the EXIF standard (CIPA DC-008, tag 274).
    stored = {
        1: FRAME,
        2: FRAME[:, ::-1],
        3: FRAME[::-1, ::-1],
        4: FRAME[::-1],
        5: FRAME.transpose(1, 0, 2),
        6: np.rot90(FRAME),
        7: FRAME[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(FRAME, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"quality": 100, "exif": exif}
    options |= {"subsampling": 0} if file_format == "JPEG" else {"lossless": True}
    picture = decode_picture(file_of(Image.fromarray(np.ascontiguousarray(stored)), file_format, **options))
    np.testing.assert_allclose(picture.frame_rgb.astype(int), FRAME, atol=LOSSY_LEVELS)
    assert picture.notes == (() if orientation == 1 else ("rotated",))


@pytest.mark.parametrize("orientation", [0, 9, 4711])
def test_a_meaningless_orientation_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode_picture(best_jpeg(PICTURE, exif=exif))
    assert picture.size_wh == (WIDTH, HEIGHT)
    assert picture.notes == ()


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0garbage, not a TIFF header",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x12\0\x07\0\0\0\x01\0\0\0\0",
    ],
)
def test_damaged_metadata_does_not_cost_the_picture(exif: bytes) -> None:
    picture = decode_picture(best_jpeg(PICTURE, exif=exif))
    np.testing.assert_allclose(picture.frame_rgb.astype(int), FRAME, atol=LOSSY_LEVELS)


def test_a_phone_jpeg_with_a_second_picture_is_a_jpeg() -> None:
    data = phone_jpeg()
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == "MPO", "else this test would test nothing"
    picture = decode_picture(data)
    assert (picture.format, picture.notes) == ("JPEG", ())
    np.testing.assert_allclose(picture.frame_rgb.astype(int), FRAME, atol=LOSSY_LEVELS)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_used_and_noted(file_format: str) -> None:
    picture = decode_picture(animation(file_format))
    np.testing.assert_array_equal(picture.frame_rgb, FRAME)
    assert picture.notes == ("first_frame",)


# ---------------------------------------------------------------------- other kinds of pixels
GREY = np.linspace(0, 255, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).round().astype(np.uint8)


def test_16_bit_grey_keeps_its_tones() -> None:
    """Pillow's own conversion would turn everything above 255 white."""
    picture = decode_picture(file_of(Image.fromarray(GREY.astype(np.uint16) * 257), "PNG"))
    np.testing.assert_array_equal(picture.frame_rgb, np.repeat(GREY[..., None], 3, axis=2))
    assert set(picture.notes) == {"sixteen_bit", "grey"}


def test_16_bit_mid_grey_stays_mid_grey() -> None:
    picture = decode_picture(
        file_of(Image.fromarray(np.full((HEIGHT, WIDTH), 32768, dtype=np.uint16)), "PNG")
    )
    assert set(picture.frame_rgb.ravel().tolist()) <= {127, 128}


@pytest.mark.parametrize("alpha", [False, True])
def test_16_bit_colour_keeps_its_colours(alpha: bool) -> None:
    wide_bgr = FRAME[..., ::-1].astype(np.uint16) * 257
    if alpha:
        wide_bgr = np.dstack([wide_bgr, np.full((HEIGHT, WIDTH), 65535, dtype=np.uint16)])
    done, data = cv2.imencode(".png", wide_bgr)
    assert done
    picture = decode_picture(data.tobytes())
    np.testing.assert_allclose(picture.frame_rgb.astype(int), FRAME, atol=1)
    assert picture.notes == ("sixteen_bit",)


def test_grey_and_one_bit_become_three_equal_channels() -> None:
    for image in (Image.fromarray(GREY), Image.fromarray(GREY > 127)):
        picture = decode_picture(file_of(image, "PNG"))
        expected = np.asarray(image.convert("L"))
        np.testing.assert_array_equal(picture.frame_rgb, np.repeat(expected[..., None], 3, axis=2))
        assert picture.notes == ("grey",)
    assert decode_picture(file_of(Image.fromarray(GREY), "JPEG")).notes == ("grey",)


def test_print_colours_become_screen_colours() -> None:
    picture = decode_picture(best_jpeg(PICTURE.convert("CMYK")))
    assert picture.notes == ("cmyk",)
    np.testing.assert_allclose(picture.frame_rgb.astype(int), FRAME, atol=LOSSY_LEVELS)


def test_palette_colours_are_looked_up() -> None:
    picture = decode_picture(file_of(PICTURE.quantize(4), "PNG"))
    np.testing.assert_allclose(picture.frame_rgb.astype(int), FRAME, atol=1)
    assert picture.notes == ()


def test_transparent_parts_turn_white() -> None:
    rgba = np.dstack([FRAME, np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)])
    rgba[: HEIGHT // 2, : WIDTH // 2, 3] = 0
    rgba[: HEIGHT // 2, WIDTH // 2 :, 3] = 51  # a fifth
    for data in (
        file_of(Image.fromarray(rgba), "PNG"),
        file_of(Image.fromarray(rgba), "WEBP", lossless=True),
    ):
        picture = decode_picture(data)
        top_left, top_right = picture.frame_rgb[5, 5], picture.frame_rgb[5, WIDTH - 5]
        assert top_left.tolist() == [255, 255, 255]
        assert top_right == pytest.approx(255 - (255 - np.array(QUADRANTS[1])) / 5, abs=1)
        np.testing.assert_array_equal(picture.frame_rgb[HEIGHT // 2 :], FRAME[HEIGHT // 2 :])
        assert picture.notes == ("alpha",)


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_a_transparent_palette_colour_turns_white(file_format: str) -> None:
    palette = PICTURE.quantize(4)
    hidden = palette.getpixel((0, 0))
    picture = decode_picture(file_of(palette, file_format, transparency=hidden))
    assert picture.frame_rgb[0, 0].tolist() == [255, 255, 255]
    np.testing.assert_allclose(picture.frame_rgb[-1, -1].astype(int), QUADRANTS[3], atol=1)
    assert picture.notes == ("alpha",)


def test_a_picture_whose_palette_is_missing_is_damaged() -> None:
    file = io.BytesIO()
    Image.new("P", (64, 64)).save(file, "PNG")
    whole = file.getvalue()
    start = whole.index(b"PLTE") - 4
    length = int.from_bytes(whole[start : start + 4], "big") + 12
    with pytest.raises(PictureError) as caught:
        decode_picture(whole[:start] + whole[start + length :])
    assert caught.value.code == "picture_damaged"


def test_a_palette_of_several_transparencies_is_blended() -> None:
    palette = PICTURE.quantize(4)
    opacity = bytearray(b"\xff" * 4)
    opacity[palette.getpixel((0, 0))] = 0
    picture = decode_picture(file_of(palette, "PNG", transparency=bytes(opacity)))
    assert picture.frame_rgb[0, 0].tolist() == [255, 255, 255]
    assert picture.notes == ("alpha",)


def test_grey_with_alpha_is_blended_with_white() -> None:
    grey_alpha = Image.merge("LA", (Image.fromarray(GREY), Image.new("L", (WIDTH, HEIGHT), 0)))
    picture = decode_picture(file_of(grey_alpha, "PNG"))
    assert (picture.frame_rgb == 255).all()
    assert set(picture.notes) == {"grey", "alpha"}


def test_an_alpha_channel_that_hides_nothing_gets_no_note() -> None:
    picture = decode_picture(file_of(PICTURE.convert("RGBA"), "PNG"))
    np.testing.assert_array_equal(picture.frame_rgb, FRAME)
    assert picture.notes == ()


# ---------------------------------------------------------------------- not a picture
NOT_PICTURES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "picture_empty"),
    "text renamed .jpg": (b"Dear diary, today I renamed a file.\n" * 50, "picture_unknown"),
    "one byte": (b"\xff", "picture_unknown"),
    "zeros": (bytes(5000), "picture_unknown"),
    "html": (b"<!doctype html><html><body>Not found</body></html>", "picture_unknown"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_unknown"),
    "pdf": (b"%PDF-1.7\n", "picture_unknown"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "picture_unknown"),
    "bmp": (file_of(PICTURE, "BMP"), "picture_unknown"),
    "tiff": (file_of(PICTURE, "TIFF"), "picture_unknown"),
    "ico": (file_of(PICTURE, "ICO"), "picture_unknown"),
    "zip": (b"PK\x03\x04" + bytes(100), "picture_unknown"),
    "heic without a picture": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), "picture_damaged"),
    "avif without a picture": (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif" + bytes(200), "picture_damaged"),
    "a video": (b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(200), "picture_unknown"),
    "1x1": (file_of(Image.new("RGB", (1, 1)), "PNG"), "picture_too_small"),
    "narrow": (file_of(Image.new("RGB", (MIN_SIDE_PX - 1, 100)), "PNG"), "picture_too_small"),
    "wide strip": (file_of(Image.new("RGB", (MAX_ASPECT * 20 + 1, 20)), "PNG"), "picture_too_long"),
    "tall strip": (file_of(Image.new("RGB", (20, 4000)), "PNG"), "picture_too_long"),
    "cut jpeg": (best_jpeg(NOISE)[:2000], "picture_damaged"),
    "cut png": (file_of(NOISE, "PNG")[:2000], "picture_damaged"),
    "cut webp": (file_of(NOISE, "WEBP", lossless=True)[:2000], "picture_damaged"),
    "cut gif": (file_of(NOISE, "GIF")[:1500], "picture_damaged"),
    "only a png's first bytes": (b"\x89PNG\r\n\x1a\n", "picture_damaged"),
    "only a jpeg's first bytes": (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture_damaged"),
    "only a webp's first bytes": (b"RIFF\0\0\0\0WEBP", "picture_damaged"),
    "only a gif's first bytes": (b"GIF89a\x10\0", "picture_damaged"),
    "bomb": (png_header(60_000, 60_000), "picture_bomb"),
    "over the limit": (png_header(10_000, 6_000), "picture_too_large"),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_each_bad_file_has_its_own_error(name: str) -> None:
    data, code = NOT_PICTURES[name]
    assert code_of(data) == code


@pytest.mark.parametrize(
    "size_wh", [(MIN_SIDE_PX, MIN_SIDE_PX), (MAX_ASPECT * 20, 20), (20, MAX_ASPECT * 20)]
)
def test_pictures_just_inside_the_limits_are_read(size_wh: tuple[int, int]) -> None:
    assert decode_picture(file_of(Image.new("RGB", size_wh), "PNG")).size_wh == size_wh


def test_a_file_over_the_size_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    data = file_of(NOISE, "PNG")
    decode_picture(data)
    monkeypatch.setattr(picture_file, "MAX_FILE_MB", (len(data) - 1) / 1024 / 1024)
    assert code_of(data) == "file_too_large"


@pytest.mark.parametrize("header", [png_header, jpeg_header, gif_header, webp_header])
def test_a_decompression_bomb_is_refused_by_its_header(header: Callable[[int, int], bytes]) -> None:
    # WebP cannot state more than 16383.
    width, height = (16_383, 16_383) if header is webp_header else (60_000, 60_000)
    for data in (header(width, height), header(10_000, 6_000)):
        with pytest.raises(PictureError) as caught:
            read_header(data)  # decodes nothing
        assert caught.value.code in ("picture_bomb", "picture_too_large")
    assert read_header(header(WIDTH, HEIGHT)).size_wh == (WIDTH, HEIGHT)


def test_the_limit_on_megapixels_is_named_with_the_size_given() -> None:
    with pytest.raises(PictureError, match=r"at most 50 megapixels; .* has 60 \(10000 x 6000\)") as caught:
        decode_picture(png_header(10_000, 6_000))
    assert caught.value.values["limit"] == MAX_MEGAPIXELS


# ---------------------------------------------------------------------- damage
def _whole_files() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    return {
        "jpeg": best_jpeg(NOISE, exif=exif),
        "progressive": file_of(NOISE, "JPEG", progressive=True),
        "phone": phone_jpeg(),
        "png": file_of(NOISE, "PNG"),
        "palette": file_of(PICTURE.quantize(4), "PNG", transparency=0),
        "moving png": animation("PNG"),
        "webp": file_of(NOISE, "WEBP", lossless=True),
        "lossy webp": file_of(NOISE, "WEBP", exif=exif),
        "moving webp": animation("WEBP"),
        "gif": file_of(NOISE, "GIF"),
        "moving gif": animation("GIF"),
    }


WHOLE_FILES = _whole_files()


def _damaged(rng: np.random.Generator) -> bytes:
    """A valid file with some damage, or bytes that were never a file."""
    data = bytearray(WHOLE_FILES[list(WHOLE_FILES)[rng.integers(len(WHOLE_FILES))]])
    kind = rng.integers(5)
    start = int(rng.integers(len(data)))
    # Half of the damage hits the first bytes, where the structure is.
    if rng.random() < 0.5:
        start = int(rng.integers(min(64, len(data))))
    length = int(rng.integers(1, 200))
    if kind == 0:
        data[start : start + length] = rng.bytes(length)
    elif kind == 1:
        for at in rng.integers(len(data), size=rng.integers(1, 9)):
            data[at] = rng.integers(256)
    elif kind == 2:
        del data[start : start + length]
    elif kind == 3:
        data[start:start] = data[start : start + length]
    else:
        data = data[: rng.integers(16)] + rng.bytes(int(rng.integers(2000)))
    return bytes(data)


def _pixels_or_error(data: bytes) -> Frame | PictureError:
    """The outcome of decoding; any exception except a `PictureError` fails the test."""
    try:
        return decode_picture(data).frame_rgb
    except PictureError as error:
        return error


def test_damaged_and_random_files_give_a_picture_or_a_picture_error_and_nothing_else() -> None:
    rng = np.random.default_rng(20_261_122)
    outcomes = [_pixels_or_error(_damaged(rng)) for _ in range(MUTATIONS)]
    errors = [outcome for outcome in outcomes if isinstance(outcome, PictureError)]
    assert len(errors) > MUTATIONS / 4, "most damage is noticed, so the files really were damaged"
    assert len({error.code for error in errors}) >= 3


@pytest.mark.parametrize("name", ["jpeg", "progressive", "png", "webp", "lossy webp", "gif"])
def test_a_truncated_file_is_never_shown_as_half_a_picture(name: str) -> None:
    whole = WHOLE_FILES[name]
    full = decode_picture(whole).frame_rgb
    for length in {*range(0, len(whole), max(1, len(whole) // 60)), *range(len(whole) - 8, len(whole))}:
        outcome = _pixels_or_error(whole[:length])
        if not isinstance(outcome, PictureError):  # only an end marker was lost
            np.testing.assert_array_equal(outcome, full)
            assert length > len(whole) - 32


def test_nothing_is_printed_logged_or_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    rng = np.random.default_rng(7)
    with caplog.at_level(logging.INFO):
        for data in [*WHOLE_FILES.values(), *(data for data, _ in NOT_PICTURES.values())]:
            _pixels_or_error(data)
        for _ in range(50):
            _pixels_or_error(_damaged(rng))
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert list(tmp_path.iterdir()) == []


def test_no_warning_reaches_the_caller() -> None:
    """Pillow warns about large and odd files on the console, which would fail the test run."""
    odd = best_jpeg(PICTURE, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0")
    assert decode_picture(odd).notes == ("rotated",), "what could be read of the metadata counts"
    assert code_of(png_header(10_000, 9_500)) == "picture_too_large"


# ---------------------------------------------------------------------- sizes
@pytest.mark.parametrize(
    ("height", "expected"),
    [
        (16, ENLARGE_TO_PX),
        (ENLARGE_BELOW_PX - 1, ENLARGE_TO_PX),
        (ENLARGE_BELOW_PX, ENLARGE_BELOW_PX),
        (ENLARGE_TO_PX, ENLARGE_TO_PX),
        (900, 900),
    ],
)
def test_only_pictures_below_the_limit_are_enlarged(height: int, expected: int) -> None:
    frame = np.zeros((height, 40, 3), dtype=np.uint8)
    enlarged = enlarge_small(frame)
    assert enlarged.shape[0] == expected
    assert enlarged.shape[1] / enlarged.shape[0] == pytest.approx(40 / height, rel=0.02)
    assert (enlarged is frame) == (expected == height)


def test_enlarging_keeps_positions() -> None:
    enlarged = enlarge_small(FRAME)
    assert enlarged.shape == (480, 640, 3)
    for x, y in ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
        was = FRAME[int(y * HEIGHT), int(x * WIDTH)]
        np.testing.assert_array_equal(enlarged[int(y * 480), int(x * 640)], was)


@pytest.mark.parametrize("shape", [(300, 400), (400, 300), (1000, 100), (2000, 2000)])
def test_fit_within_limits_the_longer_side_and_keeps_the_aspect_ratio(shape: tuple[int, int]) -> None:
    fitted = fit_within(np.zeros((*shape, 3), dtype=np.uint8), 200)
    assert max(fitted.shape[:2]) == 200
    assert fitted.shape[0] / fitted.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.02)


@pytest.mark.parametrize("longest_px", [max(WIDTH, HEIGHT), 1000])
def test_fit_within_leaves_a_fitting_picture_unchanged(longest_px: int) -> None:
    assert fit_within(FRAME, longest_px) is FRAME


def test_fit_within_never_loses_a_side() -> None:
    assert fit_within(np.zeros((1, 1000, 3), dtype=np.uint8), 10).shape == (1, 10, 3)


def test_png_keeps_every_pixel_and_jpeg_nearly_does() -> None:
    np.testing.assert_array_equal(decode_picture(encode_png(FRAME)).frame_rgb, FRAME)
    blocks = np.kron(FRAME[::12, ::16], np.ones((32, 32, 1), dtype=np.uint8))
    back = decode_picture(encode_jpeg(blocks, quality=95)).frame_rgb
    centres = slice(16, None, 32)  # JPEG halves the colour resolution, so edges bleed
    np.testing.assert_allclose(back[centres, centres].astype(int), FRAME[::12, ::16], atol=LOSSY_LEVELS)
    assert len(encode_jpeg(np.asarray(NOISE), 30)) < len(encode_jpeg(np.asarray(NOISE), 95))


def test_fill_bytes_without_a_marker_are_gone_through_once() -> None:
    with pytest.raises(PictureError) as caught:  # taken again from each byte on, they would take hours
        read_header(b"\xff\xd8\xff" + b"\xff" * 2_000_000)
    assert caught.value.code == "picture_damaged"


def test_fill_bytes_before_a_marker_are_allowed() -> None:
    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, "JPEG")
    data = file.getvalue()
    frame = data.index(b"\xff\xc0")
    padded = data[:frame] + b"\xff" * 5 + data[frame:]
    assert decode_picture(padded).size_wh == (64, 48)


@pytest.mark.parametrize("piece", [b"\xff\xd0", b"\xff\xe1\x00\x02"], ids=["alone", "empty_segment"])
def test_a_jpeg_of_markers_without_content_is_given_up_and_many_are_allowed(piece: bytes) -> None:
    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, "JPEG")
    data = file.getvalue()
    assert read_header(data[:2] + piece * 19_000 + data[2:]).size_wh == (64, 48)
    with pytest.raises(PictureError) as caught:  # whatever follows
        read_header(data[:2] + piece * 20_000 + data[2:])
    assert caught.value.code == "picture_damaged"
