"""Films as phones, cameras and programs write them: the right picture at the right time, or one clear sentence."""

from __future__ import annotations

import gc
import io
import sys
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

import pose_core.media.clips as clips
from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.media.decoders import SHARED_DECODERS
from pose_core.media.films import read_film
from tests.support.clips import (
    BLUE,
    GREEN,
    RED,
    TURNS,
    WHITE,
    assert_colours,
    crowded,
    encode,
    plain,
    quarters,
    with_sound,
)

CODECS = {
    "H.264": ("mp4", "libx264", "yuv420p", {}),
    "HEVC 8 bit": ("mp4", "libx265", "yuv420p", {"x265-params": "log-level=none"}),
    "HEVC 10 bit": ("mov", "libx265", "yuv420p10le", {"x265-params": "log-level=none"}),
    "VP9": ("webm", "libvpx-vp9", "yuv420p", {"cpu-used": "8"}),
    "AV1": ("mp4", "libsvtav1", "yuv420p", {"preset": "12"}),
    "ProRes": ("mov", "prores_ks", "yuv422p10le", {}),
    "Motion JPEG": ("avi", "mjpeg", "yuvj420p", {}),
}


def film_at(times_s: list[float], frames: list[FrameRGB], file_format: str = "mp4") -> bytes:
    """A film whose frames are shown at these times."""
    file = io.BytesIO()
    with av.open(file, "w", format=file_format) as container:
        stream: Any = container.add_stream("libx264", rate=30, options={"bf": "2"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, 90_000)
        stream.codec_context.time_base = Fraction(1, 90_000)
        for time_s, frame_rgb in zip(times_s, frames, strict=True):
            frame = av.VideoFrame.from_ndarray(frame_rgb, format="rgb24")
            frame.pts, frame.time_base = round(time_s * 90_000), Fraction(1, 90_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


@pytest.mark.parametrize("kind", CODECS)
def test_every_common_codec_is_read(kind: str) -> None:
    file_format, codec, pix_fmt, options = CODECS[kind]
    data = encode([quarters()] * 5, file_format=file_format, codec=codec, pix_fmt=pix_fmt, **options)
    film = read_film(data)
    frames = list(film.frames())
    assert (film.size_wh, len(frames)) == ((320, 240), 5)
    assert [time_s for time_s, _ in frames] == pytest.approx([n / 25 for n in range(5)], abs=1e-3)
    expected = np.array((RED, GREEN, BLUE, WHITE))
    corners = [frames[2][1][y, x].astype(int) for y in (60, 180) for x in (80, 240)]
    np.testing.assert_allclose(corners, expected, atol=25)  # codecs differ in their colour matrices


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_film_is_read_upright_with_its_size_as_shown(turn: str) -> None:
    matrix, colours = TURNS[turn]
    film = read_film(encode([quarters()], display_matrix=matrix))
    (_, frame_rgb), *_ = film.frames()
    assert_colours(frame_rgb, *colours)
    assert film.size_wh == (frame_rgb.shape[1], frame_rgb.shape[0])


def test_a_mirrored_film_is_turned_back() -> None:
    (_, frame_rgb), *_ = read_film(encode([quarters()]), mirrored=True).frames()
    assert_colours(frame_rgb, GREEN, RED, WHITE, BLUE)


@pytest.mark.parametrize("matrix", [None, TURNS["clockwise"][0]], ids=["upright", "turned"])
def test_pictures_that_were_read_do_not_stay_in_memory(matrix: Any) -> None:
    frames = read_film(encode([quarters()] * 40, display_matrix=matrix)).frames()
    gc.collect()
    gc.disable()  # which would find them late, a hundred frames of 3 MB later
    try:
        for _ in frames:
            pass
        kept = sum(isinstance(one, av.VideoFrame) for one in gc.get_objects())
    finally:
        gc.enable()
    assert kept < 5


def test_pixels_that_are_not_square_count_in_the_size() -> None:
    film = read_film(encode([quarters((320, 240))], aspect=Fraction(4, 3)))
    assert film.size_wh == (427, 240)


def test_a_large_film_keeps_its_size_while_its_pictures_are_scaled_down() -> None:
    film = read_film(encode([quarters((1920, 1080))]))
    (_, frame_rgb), *_ = film.frames()
    assert (film.size_wh, frame_rgb.shape) == ((1920, 1080), (720, 1280, 3))
    (_, full_rgb), *_ = film.frames(box_px=(1920, 1080))
    assert full_rgb.shape == (1080, 1920, 3)


@pytest.mark.parametrize("file_format", ["mp4", "mov", "matroska"])
def test_times_of_a_variable_rate_are_exact_to_a_millisecond(file_format: str) -> None:
    times_s = np.cumsum([0.0, *np.random.default_rng(1).uniform(0.008, 0.3, 40)]).tolist()
    film = read_film(film_at(times_s, [quarters()] * len(times_s), file_format))
    given_s = [time_s for time_s, _ in film.frames()]
    assert np.abs(np.array(given_s) - times_s).max() < 1e-3


@pytest.mark.parametrize("start_s", [1.3, 4.0, 6.52])
def test_a_part_begins_and_ends_at_its_frames(start_s: float) -> None:
    """Also far behind the last frame that stands by itself."""
    data = encode([plain((n, n, n), (64, 64)) for n in range(200)], g="250")
    whole = dict(read_film(data).frames())
    part = list(read_film(data).frames(start_s, start_s + 0.5))
    assert [time_s for time_s, _ in part] == [t for t in whole if start_s <= t < start_s + 0.5]
    for time_s, frame_rgb in part:
        np.testing.assert_array_equal(frame_rgb, whole[time_s])


def test_240_frames_a_second_keep_their_times() -> None:
    film = read_film(encode([quarters()] * 24, fps=240))
    assert film.fps == pytest.approx(240)
    assert np.diff([time_s for time_s, _ in film.frames()]) == pytest.approx(1 / 240, abs=1e-3)


def test_an_edit_list_that_begins_later_hides_what_lies_before() -> None:
    """As phones write it, when a film is trimmed without encoding it again."""
    data = bytearray(encode([plain(RED)] * 10 + [plain(BLUE)] * 15, bf="0", g="1"))
    at = data.index(b"elst")
    scale_at = data.index(b"mdhd") + 16
    scale = int.from_bytes(data[scale_at : scale_at + 4])
    data[at + 16 : at + 20] = round(10 / 25 * scale).to_bytes(4)
    frames = list(read_film(bytes(data)).frames())
    assert frames[0][0] == 0.0
    assert_colours(frames[0][1], *[BLUE] * 4)


def test_one_field_is_taken_of_an_interlaced_film() -> None:
    comb = plain(RED)
    comb[1::2] = BLUE
    data = encode([comb] * 3, flags="+ildct+ilme", x264opts="interlaced=1", pix_fmt="yuv444p", crf="10")
    (_, frame_rgb), *_ = read_film(data).frames()
    assert_colours(frame_rgb, *[RED] * 4)


def test_long_uncompressed_sound_beside_the_pictures_does_not_matter() -> None:
    data = with_sound(encode([quarters()] * 5, file_format="mov"), seconds=25)
    assert len(list(read_film(data).frames())) == 5


def test_files_up_to_the_limit_of_films_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "MAX_FILE_MB", 0)  # the limit of clips does not count here
    assert read_film(encode([quarters()])).size_wh == (320, 240)


def test_a_film_that_is_too_long_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pose_core.media.films.MAX_FILM_S", 0.5)
    with pytest.raises(ClipError) as caught:
        read_film(encode([quarters()] * 25))
    assert caught.value.code == "clip_too_long"


@pytest.mark.skipif(sys.platform != "linux", reason="memory can be limited on Linux")
def test_a_film_that_costs_many_times_its_bytes_is_refused_in_another_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few, many = crowded(1000), crowded(3_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(av, "open", None)  # not in this process
        assert read_film(few).size_wh == (64, 64)
        with pytest.raises(ClipError) as caught:
            read_film(many)
    assert caught.value.code == "clip_too_much"
    assert len(list(read_film(few).frames())) == 5


def test_a_film_has_more_time_for_its_check_the_larger_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    work = SHARED_DECODERS._work

    def noted(exchange: Any, stop: Any, limit_s: float, *errors: Any) -> Any:
        given.append(limit_s)
        return work(exchange, stop, limit_s, *errors)

    monkeypatch.setattr(SHARED_DECODERS, "_work", noted)
    data = encode([quarters()])
    read_film(data)
    read_film(data + bytes(50_000_000))
    assert given == [SHARED_DECODERS.limit_s, SHARED_DECODERS.limit_s + 5]


def test_a_film_that_was_checked_is_opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode([quarters()])
    first = read_film(data)
    monkeypatch.setattr(SHARED_DECODERS, "check_film", None)
    again = read_film(data, checked=True)
    assert (again.size_wh, again.fps, again.duration_s) == (first.size_wh, first.fps, first.duration_s)
    assert (again.first_s, again.codec) == (first.first_s, first.codec)
