"""The live benchmark's own parts: the code in the picture, what a viewer sends to Streamlit, and the arithmetic."""

from __future__ import annotations

import doctest
import json
import os
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from aiortc.rtp import RtpPacket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import live, live_clip
from benchmarks.live_client import Recording, StreamlitPage, Watched, _BrowserJitterBuffer, cpu_s
from benchmarks.live_clip import Clip, draw_code, encode_vp8, packet_at, read_code, top_band
from pose_core.arrays import FrameRGB

SIZE_WH = (640, 480)


def picture(number: int, size_wh: tuple[int, int] = SIZE_WH) -> FrameRGB:
    width, height = size_wh
    frame_rgb = np.random.default_rng(number).integers(60, 200, (height, width, 3)).astype(np.uint8)
    draw_code(frame_rgb, number)
    return frame_rgb


def band_of(frame_rgb: FrameRGB) -> np.ndarray:
    return top_band(av.VideoFrame.from_ndarray(frame_rgb, format="rgb24").reformat(format="yuv420p"))


def test_docstring_examples_pass() -> None:
    results = doctest.testmod(live)
    assert results.attempted > 0
    assert results.failed == 0


def test_every_number_in_the_clip_is_read_back() -> None:
    for number in range(live_clip.CLIP_FRAMES):
        frame_rgb = np.full((480, 640, 3), 128, dtype=np.uint8)
        draw_code(frame_rgb, number)
        assert read_code(frame_rgb[:32, :, 0]) == number


@pytest.mark.parametrize("number", [0, 1, 170, 1023])
@pytest.mark.parametrize("size_wh", [(640, 480), (1280, 720), (640, 360)])
def test_a_code_is_read_mirrored_and_scaled(number: int, size_wh: tuple[int, int]) -> None:
    frame_rgb = picture(number, size_wh)
    assert read_code(band_of(frame_rgb)) == number
    assert read_code(band_of(np.ascontiguousarray(frame_rgb[:, ::-1]))) == number
    small_rgb = cv2.resize(frame_rgb, (size_wh[0] // 2, size_wh[1] // 2), interpolation=cv2.INTER_AREA)
    assert read_code(band_of(np.asarray(small_rgb, dtype=np.uint8))) == number
    large_rgb = cv2.resize(frame_rgb, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_LINEAR)
    assert read_code(band_of(np.asarray(large_rgb, dtype=np.uint8))) == number


@pytest.mark.parametrize("number", [-1, 1024])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="must be 0 to 1023; got"):
        draw_code(np.zeros((480, 640, 3), dtype=np.uint8), number)


def test_a_code_with_one_wrong_block_is_not_read() -> None:
    columns = live_clip.COLUMNS
    for block in range(columns):
        frame_rgb = picture(421)
        left, right = round(block * 640 / columns), round((block + 1) * 640 / columns)
        frame_rgb[:32, left:right] = 255 - frame_rgb[:32, left:right]
        assert read_code(band_of(frame_rgb)) is None, f"block {block}"


@pytest.mark.parametrize("grey", [0, 16, 128, 255])
def test_a_plain_picture_has_no_code(grey: int) -> None:
    assert read_code(np.full((32, 640), grey, dtype=np.uint8)) is None


@pytest.mark.parametrize("shape", [(1, 1), (2, 640), (32, 40)])
def test_a_picture_too_small_for_a_code_has_none(shape: tuple[int, int]) -> None:
    assert read_code(np.zeros(shape, dtype=np.uint8)) is None


def test_codes_survive_vp8_at_the_initial_bitrate_of_aiortc(tmp_path: Path) -> None:
    numbers = range(40)
    path = tmp_path / "clip.webm"
    encode_vp8((picture(number) for number in numbers), path, bitrate_bit_s=500_000)
    clip = Clip(SIZE_WH, live_clip._read_packets(path))
    decoder = av.CodecContext.create("libvpx", "r")
    seen = [read_code(top_band(frame)) for i in numbers for frame in decoder.decode(packet_at(clip, i))]
    assert seen == list(numbers)
    # Bit 0 of VP8's first byte is clear in a key frame: one a second.
    assert [i for i, packet in enumerate(clip.packets) if not packet[0] & 1] == [0, 30]


def test_the_clip_repeats_while_its_time_goes_on() -> None:
    clip = Clip(SIZE_WH, (b"a", b"b"))
    packets = [packet_at(clip, number) for number in range(5)]
    assert [bytes(packet) for packet in packets] == [b"a", b"b", b"a", b"b", b"a"]
    assert [float(packet.pts * packet.time_base) for packet in packets] == pytest.approx(
        [i / 30 for i in range(5)]
    )


def sent(frames: int) -> list[float]:
    return [i / 30 for i in range(frames)]


def test_repeated_pictures_count_once_with_the_delay_of_their_first_return() -> None:
    watched = Watched(sent(30), [(0.1, 0), (0.133, 0), (0.166, 2), (0.2, 2), (0.233, None), (0.3, 3)])
    assert [(time_s, round(delay_ms)) for time_s, delay_ms in live.first_returns(watched)] == [
        (0.1, 100),
        (0.166, 99),
        (0.3, 200),
    ]


def test_a_delay_longer_than_the_clip_is_measured() -> None:
    frames = 3 * live_clip.CLIP_FRAMES
    # The delay grows by half a second each second, from 0.5 s to more than the 34 s of the clip.
    times = [(i, i / 30 * 1.5 + 0.5) for i in range(0, 2 * live_clip.CLIP_FRAMES + 60, 3)]
    watched = Watched(sent(2 * frames), [(time_s, i % live_clip.CLIP_FRAMES) for i, time_s in times])
    delays = [delay_ms for _, delay_ms in live.first_returns(watched)]
    assert delays == pytest.approx([(time_s - i / 30) * 1000 for i, time_s in times])
    assert delays[-1] > 34_500


def test_a_number_not_sent_yet_counts_as_a_misreading() -> None:
    watched = Watched(sent(10), [(0.2, 1), (0.25, 9), (0.3, 3)])
    assert [time_s for time_s, _ in live.first_returns(watched)] == [0.2, 0.3]


def test_figures_of_a_steady_viewer() -> None:
    times = [(i / 30 + 0.15, i % live_clip.CLIP_FRAMES) for i in range(0, 300, 2)]
    figures = live.viewer_figures(Watched(sent(300), times), 1.0, 9.0)
    assert figures["sent_hz"] == pytest.approx(30, abs=0.2)
    assert figures["processed_hz"] == figures["received_hz"] == pytest.approx(15, abs=0.2)
    assert figures["delay_median_ms"] == figures["delay_p95_ms"] == 150
    assert figures["growth_ms_per_min"] == figures["growth_thirds_ms"] == 0
    assert figures["unreadable"] == 0


def test_figures_of_a_viewer_who_saw_nothing_have_no_delay() -> None:
    figures = live.viewer_figures(Watched(sent(300), [(2.0, None)]), 1.0, 9.0)
    assert figures["processed_hz"] == 0
    assert figures["unreadable"] == 1
    assert figures["delay_median_ms"] is None
    json.dumps(figures, allow_nan=False)


def test_growth_is_the_slope_whatever_the_clock_shows() -> None:
    returns = [(1000 + t, 100 + 0.5 * t) for t in range(61)]
    assert live.growth(returns) == (30.0, 20.0)


def test_a_run_without_viewers_is_reported_with_its_reason() -> None:
    figures = live._run_figures(Recording(failures=["The page is full"]))
    run = {"app": "posedeck", "size": "480p", "viewers": 1, **figures}
    machine = {"processor": "x", "cores": 2, "memory_gb": 4, "system": "y", "load_1min": 0, "python": "3.11"}
    text = live.report({"machine": machine | {"packages": {}}, "runs": [run]})
    assert "0/1" in text
    assert "The page is full" in text


def test_a_run_separates_the_server_from_its_viewers() -> None:
    seen = [(i / 30 + 0.1, i) for i in range(60)]
    recording = Recording([Watched(sent(90), seen)] * 2, [], 0.5, 1.5, 1.2, 0.3, [{"t_s": 0.0, "rss": 1.0}])
    figures = live._run_figures(recording)
    assert figures["server_cpu_percent"] == 120
    assert figures["client_cpu_percent"] == 30
    assert figures["server_cpu_ms_per_frame"] == pytest.approx(1200 / 60)


def delta(path: int, **element: object) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, path])
    for kind, fields in element.items():
        part = getattr(message.delta.new_element, kind)
        for name, value in dict(fields).items():  # type: ignore[call-overload]
            setattr(part, name, value)
    return message


class Opened:
    """An open page, and the messages that it sent."""

    def __init__(self, *messages: ForwardMsg) -> None:
        self.sent: list[BackMsg] = []
        self.page = StreamlitPage(self._note, "live", "lang=en")
        for message in messages:
            self.page.handle(message.SerializeToString())

    def _note(self, data: bytes) -> None:
        message = BackMsg()
        message.ParseFromString(data)
        self.sent.append(message)


def test_a_widget_is_found_by_label_and_by_key() -> None:
    page = Opened(delta(0, button={"id": "$$ID-0123abc-start-camera", "label": "Start"})).page
    assert page.find("Start") == page.find("start-camera") == "$$ID-0123abc-start-camera"
    assert page.find("Stop") is None


def test_a_button_is_pressed_once_and_a_state_stays() -> None:
    opened = Opened(
        delta(0, button={"id": "$$ID-1-None", "label": "Start"}),
        delta(1, bidi_component={"id": "$$ID-2-camera_check", "component_name": "check"}),
    )
    opened.page.set("$$ID-2-camera_check", "json_value", '{"state": "ok"}')
    opened.page.set("$$ID-1-None", "trigger_value", True)
    opened.page.rerun()
    states = [
        {
            widget.id: widget.json_value or widget.trigger_value
            for widget in message.rerun_script.widget_states.widgets
        }
        for message in opened.sent
    ]
    check = {"$$ID-2-camera_check": '{"state": "ok"}'}
    assert states == [check, check | {"$$ID-1-None": True}, check]


def test_the_page_is_named_until_its_hash_is_known() -> None:
    opened = Opened()
    opened.page.rerun()
    message = ForwardMsg()
    message.navigation.page_script_hash = "abc"
    opened.page.handle(message.SerializeToString())
    opened.page.rerun()
    first, second = (message.rerun_script for message in opened.sent)
    assert (first.page_name, first.page_script_hash, first.query_string) == ("live", "", "lang=en")
    assert (second.page_name, second.page_script_hash) == ("", "abc")


def test_a_widget_in_a_fragment_reruns_that_fragment_only() -> None:
    message = delta(0, checkbox={"id": "$$ID-1-smooth", "label": "Smooth"})
    message.delta.fragment_id = "part"
    opened = Opened(message)
    opened.page.set("$$ID-1-smooth", "bool_value", True)
    assert opened.sent[0].rerun_script.fragment_id == "part"


def test_the_component_is_found_by_its_name_and_its_newest_arguments_count() -> None:
    other = {"id": "$$ID-1-other", "component_name": "a.other", "json_args": '{"sdp_answer_json": "no"}'}
    camera = {"id": "$$ID-2-pose", "component_name": "streamlit_webrtc.component.webrtc_streamer"}
    opened = Opened(
        delta(0, component_instance=camera | {"json_args": '{"sdp_answer_json": null}'}),
        delta(0, component_instance=camera | {"json_args": '{"sdp_answer_json": "yes"}'}),
        delta(1, component_instance=other),
    )
    assert opened.page.component_args == {"sdp_answer_json": "yes"}
    opened.page.set_component({"playing": True})
    assert opened.sent[0].rerun_script.widget_states.widgets[0].json_value == '{"playing": true}'


def test_processor_time_is_what_the_process_itself_counts() -> None:
    before_s, own_before_s = cpu_s(os.getpid()), time.process_time()
    while time.process_time() - own_before_s < 0.3:
        sum(range(1000))
    # The kernel's table counts in steps of 10 ms.
    assert cpu_s(os.getpid()) - before_s == pytest.approx(time.process_time() - own_before_s, abs=0.05)


def packet(sequence: int, timestamp: int, data: bytes, *, last: bool) -> RtpPacket:
    made = RtpPacket(sequence_number=sequence, timestamp=timestamp, marker=int(last))
    made._data = data  # type: ignore[attr-defined]
    return made


def test_frames_end_at_their_marker_even_with_equal_time_stamps() -> None:
    buffer = _BrowserJitterBuffer(capacity=16, is_video=True)
    packets = [
        packet(65535, 5, b"a", last=False),
        packet(1, 5, b"c", last=True),  # early
        packet(0, 5, b"b", last=False),
        packet(2, 5, b"d", last=True),
    ]
    frames = [frame for arrived in packets if (frame := buffer.add(arrived)[1]) is not None]
    assert [(frame.data, frame.timestamp) for frame in frames] == [(b"abc", 5), (b"d", 5)]
