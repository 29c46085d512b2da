"""Pictures of phones, HEIC, and AVIF are read as their files say: tiles put together, turned, mirrored, in sRGB."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from pose_core.errors import BusyError, PictureError
from pose_core.media.decoders import Decoders
from pose_core.media.heif import HeifError, read_heif
from pose_core.media.images import decode_picture
from pose_core.media.picture_colours import profile_of_code_points
from pose_core.media.picture_file import read_header
from tests.support.heif import dimg, heic, idat, iloc, ipma, iref, with_box, with_size

#: Grey levels by which a coded flat area may be off.
LEVELS = 6
COLOURS = ((220, 30, 40), (30, 200, 60), (40, 60, 210), (230, 210, 50))


def quadrants(width: int = 96, height: int = 64) -> np.ndarray:
    frame = np.empty((height, width, 3), dtype=np.uint8)
    for i, colour in enumerate(COLOURS):
        row, column = divmod(i, 2)
        frame[
            row * height // 2 : (row + 1) * height // 2, column * width // 2 : (column + 1) * width // 2
        ] = colour
    return frame


FRAME = quadrants()


def assert_shows(data: bytes, expected: np.ndarray) -> None:
    picture = decode_picture(data)
    assert picture.size_wh == (expected.shape[1], expected.shape[0])
    middles = [(y * expected.shape[0] // 4, x * expected.shape[1] // 4) for y in (1, 3) for x in (1, 3)]
    for at in middles:
        np.testing.assert_allclose(picture.frame_rgb[at].astype(int), expected[at], atol=LEVELS)


def test_a_heic_picture_is_read() -> None:
    assert_shows(heic(FRAME), FRAME)
    assert decode_picture(heic(FRAME)).format == "HEIC"


@pytest.mark.parametrize(("width", "height"), [(128, 128), (100, 90)])
def test_tiles_are_put_together_and_the_rest_of_the_last_ones_is_cut_off(width: int, height: int) -> None:
    frame = quadrants(width, height)
    assert_shows(heic(frame, tile_px=64), frame)


@pytest.mark.parametrize("tile_px", [None, 64])
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_turned_picture_is_upright(turn: int, tile_px: int | None) -> None:
    data = heic(FRAME, turn=turn, tile_px=tile_px)
    assert_shows(data, np.rot90(FRAME, turn))
    assert decode_picture(data).notes == ("rotated",)


def test_mirroring_exchanges_top_and_bottom_or_left_and_right_after_turning() -> None:
    assert_shows(heic(FRAME, mirror=0), FRAME[::-1])
    assert_shows(heic(FRAME, mirror=1), FRAME[:, ::-1])
    assert_shows(heic(FRAME, turn=1, mirror=1), np.rot90(FRAME)[:, ::-1])


def test_a_crop_is_cut_out_of_the_middle() -> None:
    assert_shows(heic(FRAME, crop_wh=(48, 40)), FRAME[12:52, 24:72])


def test_display_p3_becomes_srgb() -> None:
    """P3's red (200, 0, 0) is redder than sRGB can show; its grey is the same grey."""
    profile = profile_of_code_points(12, 13)
    assert profile is not None
    for file in (
        {"icc_profile": profile},
        {"code_points": (12, 13)},
    ):
        red = decode_picture(heic(np.full_like(FRAME, (120, 80, 80)), **file)).frame_rgb[30, 30].astype(int)
        # By hand: (120, 80, 80) in linear light times P3's matrix to sRGB, encoded again.
        np.testing.assert_allclose(red, (127, 78, 79), atol=LEVELS // 2)
    plain = decode_picture(heic(np.full_like(FRAME, (120, 80, 80)), code_points=(1, 13))).frame_rgb[30, 30]
    np.testing.assert_allclose(plain.astype(int), (120, 80, 80), atol=LEVELS // 2)


def test_avif_is_read() -> None:
    file = io.BytesIO()
    Image.fromarray(FRAME).save(file, "AVIF", quality=95)
    picture = decode_picture(file.getvalue())
    assert picture.format == "AVIF"
    assert_shows(file.getvalue(), FRAME)


def test_cut_off_and_damaged_files_are_refused_as_damaged() -> None:
    whole = heic(np.random.default_rng(3).integers(0, 256, FRAME.shape, dtype=np.uint8), tile_px=64)
    for length in {*range(16, len(whole) - 1, len(whole) // 40)}:
        with pytest.raises(PictureError) as caught:
            decode_picture(whole[:length])
        assert caught.value.code == "picture_damaged", length


def test_any_damage_gives_a_picture_or_a_picture_error() -> None:
    whole = heic(FRAME, tile_px=64, turn=1)
    random = np.random.default_rng(11)
    errors = 0
    for _ in range(200):
        data = bytearray(whole)
        for at in random.integers(len(data) if random.random() < 0.3 else 700, size=random.integers(1, 6)):
            data[at] = random.integers(256)
        try:
            decode_picture(bytes(data))
        except PictureError:
            errors += 1
    assert errors > 50


def test_a_size_over_the_limit_is_refused_by_the_header() -> None:
    data = heic(FRAME)
    start = data.index(b"ispe") + 8
    with pytest.raises(PictureError) as caught:
        decode_picture(data[:start] + (10_000).to_bytes(4) + (6_000).to_bytes(4) + data[start + 8 :])
    assert caught.value.code == "picture_too_large"


def test_a_chain_of_boxes_without_end_is_given_up() -> None:
    head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    with pytest.raises(HeifError):
        read_heif(head + b"\0\0\0\x08free" * 1_000_000)


# ---------------------------------------------------------------------- work out of proportion
LIMIT = 20_000  # boxes and entries of all tables of a file together


@pytest.mark.parametrize(
    ("inside", "table", "allowed", "too_many"),
    [
        pytest.param(b"meta", iloc, LIMIT - 100, LIMIT, id="places without contents"),
        pytest.param(b"iprp", ipma, LIMIT - 100, LIMIT, id="items without properties"),
        pytest.param(
            b"meta", lambda n: iref(*[dimg(*[2] * 1024)] * n), 18, 20, id="tiles of one grid again and again"
        ),
    ],
)
def test_every_entry_of_a_table_counts(
    inside: bytes, table: Callable[[int], bytes], allowed: int, too_many: int
) -> None:
    """The server reads these tables itself: 15 MB of empty ones held it for 17 s."""
    assert read_heif(with_box(heic(FRAME), table(allowed), inside=inside)).size_wh == (96, 64)
    with pytest.raises(HeifError, match="too many"):
        read_heif(with_box(heic(FRAME), table(too_many), inside=inside))


@pytest.mark.parametrize(("rows", "columns"), [(1, 256), (256, 1), (2, 2)])
def test_tiles_outside_the_picture_are_refused_before_they_are_decoded(rows: int, columns: int) -> None:
    whole = heic(quadrants(64, 64), tile_px=64)
    assert_shows(whole, quadrants(64, 64))
    data = with_box(whole, iref(dimg(*[2] * (rows * columns))))
    with pytest.raises(HeifError, match="fill"):
        read_heif(with_box(data, idat(rows=rows, columns=columns, size_wh=(64, 64))))


def test_a_coded_picture_far_larger_than_stated_is_refused() -> None:
    with pytest.raises(PictureError) as caught:
        decode_picture(with_size(heic(quadrants(512, 512)), (512, 512), (64, 64)))
    assert caught.value.code == "picture_damaged"


def test_a_tile_far_larger_than_the_picture_is_refused_by_the_header() -> None:
    with pytest.raises(PictureError) as caught:
        read_header(with_size(heic(quadrants(64, 64), tile_px=512), (512, 512), (9000, 9000)))
    assert caught.value.code == "picture_damaged"


@pytest.mark.parametrize(
    ("stored_wh", "code"), [((12_000, 12_000), "picture_too_large"), ((17_000, 17_000), "picture_bomb")]
)
def test_what_a_crop_leaves_over_does_not_hide_the_size_that_has_to_be_decoded(
    stored_wh: tuple[int, int], code: str
) -> None:
    with pytest.raises(PictureError) as caught:
        read_header(with_size(heic(FRAME, crop_wh=(16, 16)), (96, 64), stored_wh))
    assert caught.value.code == code


def test_a_picture_takes_up_room_for_all_that_is_decoded_and_then_for_what_is_shown() -> None:
    data = heic(FRAME, tile_px=64, crop_wh=(16, 16))
    header = read_header(data)
    assert (header.size_wh, header.decoded_pixels) == ((16, 16), 128 * 64)
    decoders = Decoders(pixels=128 * 64 + 16 * 16, processes=1)
    try:
        kept = [decoders.decode(data, header, 10.0) for _ in range(2)]
        with pytest.raises(BusyError):
            decoders.decode(data, header, 0.05)
        for _, _, gone in kept:
            gone()
        decoders.room.take(128 * 64 + 16 * 16, 0.0)  # all of it is free again
    finally:
        decoders.close()
