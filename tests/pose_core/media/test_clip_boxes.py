"""What the tables of an MP4 or MOV file may state, before FFmpeg believes them."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from pose_core.media.clip_boxes import MAX_SAMPLES, TooManySamplesError, check_tables
from pose_core.media.clips import read_clip
from tests.support.clips import encode, ftyp, plain, quarters, stated, with_sound


@pytest.mark.parametrize("where", ["fragment", "edits"])
def test_tables_that_state_what_the_file_can_hold_are_accepted(where: str) -> None:
    data = stated(200, where)
    assert check_tables(data) == ()


def test_a_sound_track_with_a_sample_for_each_number_is_left_out() -> None:
    """Half a minute of uncompressed sound has more samples than any film has frames."""
    data = with_sound(encode([quarters()] * 5, file_format="mov"), seconds=25)
    assert check_tables(data)
    assert len(list(read_clip(data).frames())) == 5
    with pytest.raises(TooManySamplesError):  # the handler alone decides
        check_tables(data.replace(b"mhlrsoun", b"mhlrvide"))


def test_chunks_of_sound_count_too() -> None:
    """For uncompressed sound, FFmpeg asks the chunks alone how many samples there are."""
    data = bytearray(with_sound(encode([quarters()] * 5, file_format="mov"), seconds=2))
    assert check_tables(bytes(data)) == ()
    at = data.rindex(b"stsc")  # of the sound
    struct.pack_into(">I", data, at + 16, 2**32 - 1)
    with pytest.raises(TooManySamplesError):
        check_tables(bytes(data))


@pytest.mark.parametrize("kind", [b"stts", b"ctts", b"trun", b"stco", b"elst"])
def test_no_table_states_more_than_the_limit(kind: bytes) -> None:
    """The file is long enough, so that its length alone does not decide."""
    table = kind + struct.pack(">III", 0, 1, MAX_SAMPLES + 1)
    if kind not in (b"stts", b"ctts"):
        table = kind + struct.pack(">II", 0, MAX_SAMPLES + 1)
    boxes = struct.pack(">I", 8 + len(table)) + table
    moov = struct.pack(">I", 8 + len(boxes)) + b"moov" + boxes
    with pytest.raises(TooManySamplesError):
        check_tables(ftyp() + moov + b"\0\0\0\0mdat" + bytes(2 * MAX_SAMPLES))


def test_many_small_tables_add_up() -> None:
    table = b"\0\0\0\x14stsz" + struct.pack(">III", 0, 1, MAX_SAMPLES // 4)
    for tables, accepted in ((4, True), (5, False)):
        moov = struct.pack(">I", 8 + len(table) * tables) + b"moov" + table * tables
        data = ftyp() + moov + b"\0\0\0\0mdat" + bytes(MAX_SAMPLES)
        if accepted:
            assert check_tables(data) == ()
        else:
            with pytest.raises(TooManySamplesError):
                check_tables(data)


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x08free" * 200_000,
        b"\0\0\0\x0cstsc\0\0\0\0" * 200_000,
        b"\0\0\0\0moov" + b"\0\0\0\x08trak" * 200_000,
        b"\0\0\0\x10moov\0\0\0\x08cmov",
    ],
    ids=["boxes", "tables", "tracks", "compressed"],
)
def test_looking_at_a_file_has_an_end(content: bytes) -> None:
    with pytest.raises(TooManySamplesError):
        check_tables(ftyp() + content)


def test_picture_data_is_no_table() -> None:
    """Names of tables stand in the media data by chance."""
    noise = np.random.default_rng(6).bytes(1000)
    data = ftyp() + b"\0\0\0\0mdat" + b"".join(k + noise for k in (b"stsz", b"stts", b"trun", b"cmov"))
    assert check_tables(data) == ()


@pytest.mark.parametrize("length", range(8, 40))
def test_a_file_cut_off_in_a_table_is_left_to_ffmpeg(length: int) -> None:
    whole = ftyp() + b"\0\0\0\x28moov\0\0\0\x1cstts" + struct.pack(">IIIII", 0, 1, 3, 512, 0)
    assert check_tables(whole[:length]) == ()


def test_a_fragment_hidden_in_picture_data_counts() -> None:
    """An index may send FFmpeg there."""
    fragment = stated(MAX_SAMPLES + 1, "fragment")
    start = fragment.index(b"moof") - 4
    data = fragment[:start] + b"\0\0\0\0mdat" + fragment[start:]
    with pytest.raises(TooManySamplesError):
        check_tables(data)


def test_our_clips_are_not_copied() -> None:
    data = encode([plain((1, 2, 3))] * 30)
    assert check_tables(data) == ()
