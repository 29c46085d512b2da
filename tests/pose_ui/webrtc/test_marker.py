"""A frame leaves aiortc's buffer with its own last packet, and whatever the network does, no frame is torn."""

from __future__ import annotations

import random

import pytest
from aiortc.rtp import RtpPacket

from pose_ui.webrtc.bindings import JitterBuffer, JitterFrame
from pose_ui.webrtc.video import released_at_marker


@pytest.fixture
def buffer(monkeypatch: pytest.MonkeyPatch) -> JitterBuffer:
    monkeypatch.setattr(JitterBuffer, "_remove_frame", released_at_marker(JitterBuffer._remove_frame))
    return JitterBuffer(capacity=128, is_video=True)


def packets(first: int, frames: int, each: int = 3, *, marked: bool = True) -> list[RtpPacket]:
    """Packets of some frames, numbered from `first`; each says which frame and part it is."""
    made = []
    for i in range(frames * each):
        frame, part = divmod(i, each)
        packet = RtpPacket(
            marker=int(marked and part == each - 1),
            sequence_number=(first + i) % 2**16,
            timestamp=(frame * 3000) % 2**32,
        )
        packet._data = f"{frame}.{part} ".encode()
        made.append(packet)
    return made


def taken(buffer: JitterBuffer, arriving: list[RtpPacket]) -> list[JitterFrame]:
    return [frame for packet in arriving if (frame := buffer.add(packet)[1]) is not None]


@pytest.mark.parametrize("first", [0, 2**16 - 4], ids=["plain", "across the end of the counter"])
def test_a_frame_leaves_with_its_last_packet(buffer: JitterBuffer, first: int) -> None:
    arriving = packets(first, 4)
    for number in range(4):
        assert taken(buffer, arriving[3 * number : 3 * number + 2]) == []
        (frame,) = taken(buffer, [arriving[3 * number + 2]])
        assert (frame.data, frame.timestamp) == (f"{number}.0 {number}.1 {number}.2 ".encode(), 3000 * number)


def test_a_late_packet_completes_its_frame_and_the_next_ones_follow(buffer: JitterBuffer) -> None:
    arriving = packets(7, 3)
    late = arriving.pop(4)
    assert [frame.data[:1] for frame in taken(buffer, arriving)] == [b"0"]
    rest = taken(buffer, [late])
    assert [frame.data for frame in rest] == [b"1.0 1.1 1.2 "]
    # One frame leaves with each packet, as from aiortc's own buffer.
    assert [frame.data[:1] for frame in taken(buffer, packets(16, 1)[:1])] == [b"2"]


def test_a_frame_without_a_mark_leaves_when_the_next_one_begins(buffer: JitterBuffer) -> None:
    arriving = packets(0, 2, marked=False)
    assert taken(buffer, arriving[:3]) == []
    (frame,) = taken(buffer, [arriving[3]])
    assert frame.data == b"0.0 0.1 0.2 "


def test_packets_that_come_twice_change_nothing(buffer: JitterBuffer) -> None:
    arriving = [packet for packet in packets(0, 5) for _ in range(2)]
    assert [frame.data[:1] for frame in taken(buffer, arriving)] == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("seed", range(5))
def test_disorder_never_tears_a_frame_or_changes_their_order(buffer: JitterBuffer, seed: int) -> None:
    chance = random.Random(seed)
    sent = packets(0, 60)
    order = sorted(range(1, len(sent)), key=lambda place: place + chance.uniform(0, 6))
    # A buffer counts from what it gets first.
    frames = taken(buffer, [sent[0], *(sent[place] for place in order)])
    for frame in frames:
        number = frame.timestamp // 3000
        assert frame.data == f"{number}.0 {number}.1 {number}.2 ".encode()
    times = [frame.timestamp for frame in frames]
    assert times == sorted(times)
    assert len(set(times)) == len(times) > 40
