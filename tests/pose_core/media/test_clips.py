"""Clips open elsewhere with the frames written; other people's videos are read upright, or refused clearly."""

from __future__ import annotations

import io
import math
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import pose_core.media.clip_writer as clip_writer
import pose_core.media.clips as clips
import pose_core.media.demux as demux
from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.media.clip_writer import ClipWriter
from pose_core.media.clips import ClipReader, look_at_clip, read_clip
from pose_core.media.decoders import SHARED_DECODERS
from pose_core.media.encoder import ClipEncoder
from pose_core.media.fitting import letterbox
from pose_core.media.images import encode_jpeg
from tests.support.clips import (
    BAD_FILES,
    BLUE,
    GREEN,
    RED,
    TURNS,
    WHITE,
    assert_colours,
    encode,
    plain,
    quarters,
    sound_only,
    with_sound,
)
from tests.support.waiting import LONG_S, until


def decoded(data: bytes) -> tuple[list[Any], Any]:
    """All frames of a file and the codec of its video stream, by PyAV directly."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        return list(container.decode(stream)), stream.codec_context


def written(frames: list[tuple[float, FrameRGB]], **limits: Any) -> tuple[bytes, ClipWriter]:
    """A clip of `frames`, each encoded before the next is added, so that none is left out."""
    writer = ClipWriter(**limits)
    for time_s, frame_rgb in frames:
        before = writer.frames + writer.left_out
        writer.add(time_s, frame_rgb)
        until(lambda before=before: writer.full or writer.frames + writer.left_out > before)
    return writer.finish(), writer


def encoders() -> list[threading.Thread]:
    """Threads of writers that are not finished."""
    return [thread for thread in threading.enumerate() if thread.name == "clip-writer"]


# ---------------------------------------------------------------------- writing
def test_a_clip_decodes_to_the_frames_and_times_written() -> None:
    times_s = [100.0, 100.04, 100.1, 100.5]  # uneven, and on a clock that started long ago
    data, writer = written(
        [(t, plain(colour)) for t, colour in zip(times_s, (RED, GREEN, BLUE, WHITE), strict=True)]
    )
    frames, codec = decoded(data)
    assert (codec.name, codec.pix_fmt, codec.width, codec.height) == ("h264", "yuv420p", 320, 240)
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.04, 0.1, 0.5], abs=1e-4)
    for frame, colour in zip(frames, (RED, GREEN, BLUE, WHITE), strict=True):
        assert_colours(frame.to_ndarray(format="rgb24"), *[colour] * 4)
    assert (writer.frames, writer.left_out, writer.full) == (4, 0, False)


def test_the_index_comes_before_the_pictures_so_that_a_browser_plays_at_once() -> None:
    data, _ = written([(number / 30, quarters()) for number in range(5)])
    assert data[4:8] == b"ftyp"
    assert 0 < data.find(b"moov") < data.find(b"mdat")


def test_the_file_names_the_colour_conversion_that_was_used() -> None:
    _, codec = decoded(written([(0.0, quarters((1280, 720)))])[0])
    assert (int(codec.colorspace), int(codec.color_range)) == (6, 1)


def test_a_later_size_is_letterboxed_into_the_first() -> None:
    data, _ = written([(0.0, plain(RED, (320, 240))), (0.1, plain(WHITE, (640, 240)))])
    frames, _ = decoded(data)
    assert [(frame.width, frame.height) for frame in frames] == [(320, 240)] * 2
    second = frames[1].to_ndarray(format="rgb24").astype(int)
    # 640x240 halves to 320x120 between bars of 60 px.
    assert second[:54].max() < 30
    assert second[-54:].max() < 30
    assert second[66:-66].min() > 220


@pytest.mark.parametrize(
    ("given_wh", "size_wh"),
    [
        ((321, 243), (320, 242)),
        ((1, 1), (16, 16)),
        ((1920, 1080), (1280, 720)),
        ((1080, 1920), (720, 1280)),
        ((4000, 1000), (1280, 320)),
    ],
)
def test_a_clip_has_an_even_size_within_its_box(given_wh: tuple[int, int], size_wh: tuple[int, int]) -> None:
    frames, _ = decoded(written([(0.0, plain(RED, given_wh))])[0])
    assert (frames[0].width, frames[0].height) == size_wh


def test_a_clip_ends_at_its_longest_time() -> None:
    data, writer = written([(number / 10, plain(RED)) for number in range(10)], max_s=0.5)
    assert writer.full
    assert len(decoded(data)[0]) == 6, "0.0 to 0.5 s"


def test_a_clip_stays_below_its_largest_size_and_still_plays() -> None:
    rng = np.random.default_rng(1)
    noise = [(n / 30, rng.integers(0, 255, (240, 320, 3), dtype=np.uint8)) for n in range(60)]
    free, _ = written(noise)
    limit = len(free) // 2
    data, writer = written(noise, max_bytes=limit)
    assert writer.full
    assert limit / 2 < len(data) <= limit
    assert len(decoded(data)[0]) == writer.frames < 60


def test_adding_frames_never_waits_for_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    hold, holding = threading.Event(), threading.Event()
    add = ClipEncoder.add

    def slow_add(self: ClipEncoder, time_s: float, frame_rgb: FrameRGB) -> None:
        holding.set()
        assert hold.wait(LONG_S)
        add(self, time_s, frame_rgb)

    monkeypatch.setattr(ClipEncoder, "add", slow_add)
    writer = ClipWriter()
    writer.add(0.0, plain(RED, (321, 241)))  # an odd size must be made even
    assert holding.wait(LONG_S)
    for number in range(1, 11):  # returns although nothing is encoded
        writer.add(number / 30, plain(RED))
    assert writer.left_out == 10 - 4
    hold.set()
    assert len(decoded(writer.finish())[0]) == 5


def test_the_caller_may_reuse_the_array() -> None:
    frame_rgb = plain(RED)
    writer = ClipWriter()
    writer.add(0.0, frame_rgb)
    frame_rgb[:] = BLUE
    assert_colours(decoded(writer.finish())[0][0].to_ndarray(format="rgb24"), *[RED] * 4)


def test_frames_whose_time_stands_still_or_runs_back_are_left_out() -> None:
    data, writer = written([(5.0, plain(RED)), (5.0, plain(RED)), (4.0, plain(RED)), (5.1, plain(RED))])
    assert [frame.time for frame in decoded(data)[0]] == pytest.approx([0.0, 0.1], abs=1e-4)
    assert writer.left_out == 2


def test_without_frames_there_is_no_file_and_no_thread_remains() -> None:
    writer = ClipWriter()
    assert writer.finish() == b""
    assert not encoders()


def test_finishing_again_gives_the_same_bytes_and_later_frames_are_ignored() -> None:
    writer = ClipWriter()
    writer.add(0.0, plain(RED))
    data = writer.finish()
    writer.add(1.0, plain(RED))
    assert writer.finish() == data
    assert not encoders()


def test_a_forgotten_writer_ends_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_writer, "SILENCE_S", 0.01)
    writer = ClipWriter()
    until(lambda: not encoders())
    writer.add(0.0, plain(RED))
    assert writer.finish() == b""


def test_a_failing_encoder_is_reported_only_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise av.error.ExternalError(1, "broken")

    monkeypatch.setattr(ClipEncoder, "add", fail)
    writer = ClipWriter()
    for number in range(20):
        writer.add(number / 30, plain(RED, (321, 241)))
    with pytest.raises(ClipError) as caught:
        writer.finish()
    assert caught.value.code == "clip_not_written"


# ---------------------------------------------------------------------- reading
@pytest.mark.parametrize(
    ("file_format", "codec"),
    [("mp4", "libx264"), ("mov", "libx264"), ("matroska", "libx264"), ("webm", "libvpx"), ("avi", "mpeg4")],
)
def test_videos_of_many_formats_give_their_frames_in_order(file_format: str, codec: str) -> None:
    colours = [RED, GREEN, BLUE, WHITE, RED]
    clip = read_clip(encode([plain(c) for c in colours], file_format=file_format, codec=codec))
    assert (clip.size_wh, clip.fps) == ((320, 240), pytest.approx(25, rel=0.01))
    assert clip.duration_s == pytest.approx(0.2, abs=0.05)
    frames = list(clip.frames())
    assert [time_s for time_s, _ in frames] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16], abs=0.0011)
    for (_, frame_rgb), colour in zip(frames, colours, strict=True):
        assert frame_rgb.shape == (240, 320, 3)
        assert frame_rgb.flags.writeable
        assert_colours(frame_rgb, *[colour] * 4)


def test_our_own_clip_can_be_read_back() -> None:
    data, _ = written([(0.0, quarters()), (0.25, quarters())])
    frames = list(read_clip(data).frames())
    assert [time_s for time_s, _ in frames] == pytest.approx([0.0, 0.25], abs=1e-4)
    assert_colours(frames[0][1], RED, GREEN, BLUE, WHITE)


def test_a_clip_can_be_played_again_from_its_beginning_even_while_it_plays() -> None:
    clip = read_clip(encode([plain(RED), plain(BLUE)]))
    half = clip.frames()
    next(half)
    for _ in range(2):
        times_s = [time_s for time_s, _ in clip.frames()]
        assert times_s == pytest.approx([0.0, 0.04])
    assert_colours(next(half)[1], *[BLUE] * 4)


@pytest.mark.parametrize("turn", TURNS)
def test_a_video_held_sideways_is_turned_upright(turn: str) -> None:
    matrix, colours = TURNS[turn]
    clip = read_clip(encode([quarters()], display_matrix=matrix))
    _, frame_rgb = next(clip.frames())
    expected_wh = (240, 320) if matrix[0] == 0 else (320, 240)
    assert clip.size_wh == (frame_rgb.shape[1], frame_rgb.shape[0]) == expected_wh
    assert frame_rgb.flags.c_contiguous
    assert_colours(frame_rgb, *colours)


def test_the_turn_that_phones_write_agrees_with_ffmpeg() -> None:
    """FFmpeg counts degrees counter-clockwise: 90 there means that the picture's left side becomes its bottom."""
    data = encode([quarters()], display_matrix=TURNS["counterclockwise"][0])
    assert decoded(data)[0][0].rotation == 90


@pytest.mark.parametrize(
    ("given_wh", "size_wh"),
    [((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), ((640, 480), (640, 480))],
)
def test_large_frames_are_scaled_down_and_keep_their_shape(
    given_wh: tuple[int, int], size_wh: tuple[int, int]
) -> None:
    clip = read_clip(encode([quarters(given_wh)]))
    _, frame_rgb = next(clip.frames())
    assert clip.size_wh == (frame_rgb.shape[1], frame_rgb.shape[0]) == size_wh
    assert_colours(frame_rgb, RED, GREEN, BLUE, WHITE)


def test_wide_pixels_become_square() -> None:
    clip = read_clip(encode([quarters((320, 240))], aspect=Fraction(4, 3)))
    assert clip.size_wh == (427, 240)


def packets_of(data: bytes) -> list[tuple[int, int]]:
    """Position of each frame in the file, and its length."""
    with av.open(io.BytesIO(data)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


@pytest.mark.parametrize("damage", ["whole", "half"])
def test_a_damaged_frame_in_the_middle_is_left_out(damage: str) -> None:
    """If half of a frame is damaged, the decoder invents that part and marks the frame."""
    rng = np.random.default_rng(5)
    grainy = np.clip(quarters() + rng.integers(-40, 40, (240, 320, 3)), 0, 255).astype(np.uint8)
    data = bytearray(encode([grainy] * 9, g="1", tune="zerolatency", threads="1"))
    position, size = packets_of(bytes(data))[4]
    start = position if damage == "whole" else position + size // 2
    data[start : position + size] = rng.bytes(position + size - start)
    times_s = [time_s for time_s, _ in read_clip(bytes(data)).frames()]
    assert times_s == pytest.approx([n / 25 for n in range(9) if n != 4])


def test_a_frame_larger_than_the_header_says_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each frame of Motion JPEG states its own size."""
    monkeypatch.setattr(demux, "MAX_SIDE_PX", 400)
    file = io.BytesIO()
    with av.open(file, "w", format="avi") as container:
        stream: Any = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuvj420p"
        for number, size_wh in enumerate([(320, 240), (1600, 1200), (320, 240)]):
            packet = av.Packet(encode_jpeg(plain(RED, size_wh)))
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.time_base, packet.is_keyframe = Fraction(1, 25), True
            container.mux(packet)
    shapes = [frame_rgb.shape for _, frame_rgb in read_clip(file.getvalue()).frames()]
    assert shapes == [(240, 320, 3)] * 2


def test_a_video_that_breaks_off_gives_what_is_there() -> None:
    data = encode([quarters()] * 20, file_format="matroska", g="1", bf="0")
    frames = list(read_clip(data[: len(data) // 2]).frames())
    assert 5 <= len(frames) < 20


def test_a_file_without_a_duration_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "MAX_READ_S", 0.2)
    clip = ClipReader((320, 240), 25.0, math.nan, encode([plain(RED)] * 20))
    assert [time_s for time_s, _ in clip.frames()][-1] == pytest.approx(0.2)


@pytest.mark.parametrize("kind", BAD_FILES)
def test_what_is_not_a_video_is_refused_with_a_clear_message(kind: str) -> None:
    data, code = BAD_FILES[kind]
    with pytest.raises(ClipError) as caught:
        read_clip(data)
    assert caught.value.code == code


@pytest.mark.parametrize("cover", [False, True])
def test_a_file_with_only_sound_is_refused_even_with_a_cover(cover: bool) -> None:
    with pytest.raises(ClipError) as caught:
        read_clip(sound_only(cover))
    assert caught.value.code == "clip_no_video"


def test_a_long_file_with_only_uncompressed_sound_is_refused_as_such() -> None:
    with pytest.raises(ClipError) as caught:
        read_clip(with_sound(None, seconds=25))
    assert caught.value.code == "clip_no_video"


def test_a_video_without_its_index_is_damaged() -> None:
    whole = encode([quarters()] * 10)  # index at the end, as cameras write it
    with pytest.raises(ClipError) as caught:
        read_clip(whole[: whole.find(b"moov") - 4])
    assert caught.value.code == "clip_damaged"


def test_a_video_of_which_no_frame_can_be_decoded_is_damaged() -> None:
    data = bytearray(encode([quarters()]))
    start = data.find(b"mdat") + 4
    data[start : data.find(b"moov") - 4] = b"\x00" * (data.find(b"moov") - 4 - start)
    with pytest.raises(ClipError) as caught:
        read_clip(bytes(data))
    assert caught.value.code == "clip_damaged"


#: In a process of its own, whose peak then tells what the file cost.
_OPEN = """
import resource, sys
from pose_core.errors import ClipError
from pose_core.media.clips import read_clip
from tests.support.clips import encode, large_sounds, quarters, stated
where, samples = sys.argv[1], int(sys.argv[2])
data = large_sounds(60) if where == "sounds" else stated(samples, where)
read_clip(encode([quarters()]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_clip(data)
except ClipError as error:
    print(error.code, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak has another unit elsewhere")
@pytest.mark.parametrize("where", ["sizes", "hidden", "fragment", "edits", "sounds"])
def test_a_file_that_states_far_more_frames_than_it_holds_costs_no_memory(where: str) -> None:
    """FFmpeg keeps some 35 bytes a frame: 350 MB for these, and 700 MB for the sounds."""
    answer = subprocess.run(
        [sys.executable, "-c", _OPEN, where, "10000000"],
        capture_output=True,
        text=True,
        check=True,
        timeout=LONG_S,
    ).stdout.split()
    assert int(answer[1]) < 50  # MB, for the file is looked at in another process
    assert answer[0] == ("clip_too_much" if where == "sounds" else "clip_damaged")


def crowded(elements: int) -> bytes:
    """A Matroska file with so many attachments of nothing, three bytes each."""
    one = encode([plain(RED, (64, 64))] * 5, file_format="matroska")

    def element(name: bytes, content: bytes) -> bytes:
        return name + (1 << 56 | len(content)).to_bytes(8) + content

    segment, cluster = one.index(b"\x18\x53\x80\x67"), one.index(b"\x1f\x43\xb6\x75")
    attachments = element(b"\x19\x41\xa4\x69", b"\x61\xa7\x80" * elements)
    unknown_size = b"\x01" + b"\xff" * 7
    return one[: segment + 4] + unknown_size + one[segment + 12 : cluster] + attachments + one[cluster:]


@pytest.mark.skipif(sys.platform != "linux", reason="memory can be limited on Linux")
def test_a_file_that_costs_many_times_its_bytes_is_refused_and_the_next_one_is_read() -> None:
    """FFmpeg keeps 70 bytes for each of these."""
    for _ in range(2):
        with pytest.raises(ClipError) as caught:
            read_clip(crowded(3_000_000))
        assert caught.value.code == "clip_too_much"
        assert "100 MB" in str(caught.value)
        assert caught.value.values["megabytes"] == 100
    assert len(list(read_clip(crowded(1000)).frames())) == 5


def test_a_clip_whose_check_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode([quarters()])
    read_clip(data)  # starts the process
    monkeypatch.setattr(SHARED_DECODERS, "limit_s", 0.0)
    with pytest.raises(ClipError) as caught:
        read_clip(data)
    assert caught.value.code == "clip_too_much"
    monkeypatch.undo()
    assert read_clip(data).size_wh == (320, 240)


def test_checks_one_after_the_other_leave_nothing_behind() -> None:
    """A decoder and its container refer to each other; 4K takes 10 to 100 MB each time."""
    data = encode([plain(RED, (3840, 2160))] * 3, preset="ultrafast")
    for _ in range(30):
        read_clip(data)
    assert all(resident_mb(process) < 250 for process in SHARED_DECODERS.process_ids)


def resident_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def packets_tried(monkeypatch: pytest.MonkeyPatch, data: bytes) -> int:
    """Packets that reading the first intact frame takes from the file."""
    tried = 0

    class Counted:
        def __init__(self, container: Any) -> None:
            self._container = container

        def __getattr__(self, name: str) -> Any:
            return getattr(self._container, name)

        def __enter__(self) -> Counted:
            return self

        def __exit__(self, *_: object) -> None:
            self._container.close()

        def demux(self, *streams: Any) -> Any:
            nonlocal tried
            for packet in self._container.demux(*streams):
                tried += 1
                yield packet

    opened = av.open
    monkeypatch.setattr(av, "open", lambda *args, **options: Counted(opened(*args, **options)))
    with pytest.raises(ClipError) as caught:
        look_at_clip(data, math.inf)
    assert caught.value.code == "clip_damaged"
    return tried


def garbage(packets: int) -> bytes:
    """A video whose packets are none."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(packets):
            packet = av.Packet(b"\0\0\0\1\x65\xff")
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.time_base = Fraction(1, 25)
            container.mux(packet)
    return file.getvalue()


def test_a_video_is_given_up_after_many_packets_without_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1000 <= packets_tried(monkeypatch, garbage(5000)) <= 1001


def test_a_video_whose_first_frame_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "MAX_CHECK_S", 0.0)
    assert packets_tried(monkeypatch, garbage(50)) <= 1


def test_a_cut_ten_seconds_before_the_next_whole_frame_is_bridged() -> None:
    """Cut without encoding again: nothing can be decoded before the next frame that stands by itself."""
    data = bytearray(encode([plain(RED, (64, 64))] * 610, g="600", bf="0", tune="zerolatency", threads="1"))
    position, size = packets_of(bytes(data))[0]
    data[position : position + size] = b"\xff" * size
    times_s = [time_s for time_s, _ in read_clip(bytes(data)).frames()]
    assert len(times_s) >= 10


def test_limits_on_bytes_pixels_and_time_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode([quarters()] * 50)
    for name, value, code in (
        ("MAX_FILE_MB", 0, "file_too_large"),
        ("MAX_SIDE_PX", 300, "clip_size"),
        ("SMALLEST_PX", 250, "clip_size"),
        ("MAX_READ_S", 1.5, "clip_too_long"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(demux if name.endswith("_PX") else clips, name, value)
            # Checked in another process, which knows nothing of the patch.
            patch.setattr(SHARED_DECODERS, "check_clip", lambda *given: look_at_clip(*given[:2]))
            with pytest.raises(ClipError) as caught:
                read_clip(data)
        assert caught.value.code == code
    assert read_clip(data).duration_s == pytest.approx(2.0)


def test_letterboxing_keeps_the_shape_and_the_centre() -> None:
    for size_wh, into_wh in (((640, 480), (1280, 720)), ((300, 700), (640, 480)), ((5, 5), (5, 5))):
        scale, left_px, top_px = letterbox(size_wh, into_wh)
        middle = size_wh[0] / 2 * scale + left_px, size_wh[1] / 2 * scale + top_px
        assert middle == pytest.approx((into_wh[0] / 2, into_wh[1] / 2))
        assert min(left_px, top_px) == pytest.approx(0)


@pytest.mark.parametrize(
    ("file_format", "codec"), [("matroska", "libx264"), ("webm", "libvpx"), ("mp4", "libx264")]
)
def test_a_clip_lasts_from_its_first_frame_whenever_that_is(file_format: str, codec: str) -> None:
    data = encode([plain(RED)] * 20, file_format=file_format, codec=codec, start_s=700)
    clip = read_clip(data)
    assert clip.duration_s == pytest.approx(0.8, abs=0.05)
    times_s = [time_s for time_s, _ in clip.frames()]
    assert (times_s[0], len(times_s)) == (0.0, 20)
    assert times_s[-1] == pytest.approx(0.76, abs=0.01)
