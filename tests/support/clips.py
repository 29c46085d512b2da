"""Videos as other programs write them, and files that are no videos."""

from __future__ import annotations

import io
import struct
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

import av
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.media.images import encode_jpeg

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 200, 30), (30, 30, 220), (240, 240, 240)
#: What H.264 and yuv420p may change in a plain colour.
COLOUR_TOLERANCE = 12


def plain(colour: tuple[int, int, int], size_wh: tuple[int, int] = (320, 240)) -> FrameRGB:
    return np.full((size_wh[1], size_wh[0], 3), colour, dtype=np.uint8)


def quarters(size_wh: tuple[int, int] = (320, 240)) -> FrameRGB:
    """Red, green above; blue, white below."""
    width, height = size_wh
    frame = plain(RED, size_wh)
    frame[: height // 2, width // 2 :] = GREEN
    frame[height // 2 :, : width // 2] = BLUE
    frame[height // 2 :, width // 2 :] = WHITE
    return frame


def corner_colours(frame_rgb: FrameRGB) -> list[FrameRGB]:
    """Colours in the middle of each quarter: top left, top right, bottom left, bottom right."""
    height, width = frame_rgb.shape[:2]
    return [frame_rgb[y, x] for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]


def assert_colours(frame_rgb: FrameRGB, *expected: tuple[int, int, int]) -> None:
    np.testing.assert_allclose(
        np.array(corner_colours(frame_rgb), dtype=int), np.array(expected), atol=COLOUR_TOLERANCE
    )


def encode(
    frames: list[FrameRGB],
    *,
    file_format: str = "mp4",
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    display_matrix: list[int] | None = None,
    fps: int = 25,
    aspect: Fraction | None = None,
    start_s: int = 0,
    **options: str,
) -> bytes:
    """A video as another program would write it."""
    file = io.BytesIO()
    with av.open(file, "w", format=file_format) as container:
        stream: Any = container.add_stream(codec, rate=fps, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if display_matrix is not None:
            stream.set_display_matrix(display_matrix)
        for number, frame_rgb in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(frame_rgb, format="rgb24")
            frame.pts, frame.time_base = start_s * fps + number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def sound_only(cover: bool = False) -> bytes:
    """A song, optionally with the picture of its album."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("aac", rate=48_000)
        picture: Any = container.add_stream("mjpeg", rate=25) if cover else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 320, 240, "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
            packet = av.Packet(encode_jpeg(plain(RED)))
            packet.stream, packet.pts, packet.dts = picture, 0, 0
            container.mux(packet)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.sample_rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def with_sound(film_mov: bytes | None, seconds: int) -> bytes:
    """The same film with uncompressed sound, as cameras write it into MOV; or that sound alone."""
    file = io.BytesIO()
    with ExitStack() as stack:
        container = stack.enter_context(av.open(file, "w", format="mov"))
        film = stack.enter_context(av.open(io.BytesIO(film_mov))) if film_mov is not None else None
        picture: Any = container.add_stream_from_template(film.streams.video[0]) if film else None
        sound: Any = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
        for packet in film.demux(video=0) if film else ():
            if packet.size:
                packet.stream = picture
                container.mux(packet)
        for second in range(seconds):
            frame = av.AudioFrame(format="s16", layout="mono", samples=48_000)
            frame.sample_rate, frame.pts = 48_000, second * 48_000
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            container.mux(sound.encode(frame))
    return file.getvalue()


ONE, W = 1 << 16, 1 << 30
#: Display matrix, as libavutil/display.h describes it, and where the quarters red, green, blue, white then lie.
TURNS = {
    "none": ([ONE, 0, 0, 0, ONE, 0, 0, 0, W], (RED, GREEN, BLUE, WHITE)),
    "clockwise": ([0, ONE, 0, -ONE, 0, 0, 0, 0, W], (BLUE, RED, WHITE, GREEN)),
    "half": ([-ONE, 0, 0, 0, -ONE, 0, 0, 0, W], (WHITE, BLUE, GREEN, RED)),
    "counterclockwise": ([0, -ONE, 0, ONE, 0, 0, 0, 0, W], (GREEN, WHITE, RED, BLUE)),
    "mirrored": ([-ONE, 0, 0, 0, ONE, 0, 0, 0, W], (GREEN, RED, WHITE, BLUE)),
    "mirrored and turned": ([0, ONE, 0, ONE, 0, 0, 0, 0, W], (RED, BLUE, GREEN, WHITE)),
}


def ftyp(brand: bytes = b"isom") -> bytes:
    return b"\x00\x00\x00\x10ftyp" + brand + b"\x00" * 4


BAD_FILES = {
    "empty": (b"", "clip_empty"),
    "text": (b"no video at all " * 100, "clip_unknown"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "clip_unknown"),
    "sound file": (b"RIFF\x00\x00\x00\x00WAVEfmt " + b"\x00" * 100, "clip_unknown"),
    "playlist": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "clip_unknown"),
    "concat script": (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "clip_unknown"),
    "head only": (ftyp(), "clip_damaged"),
    "noise behind a head": (ftyp() + np.random.default_rng(2).bytes(5000), "clip_damaged"),
    "noise as webm": (b"\x1aE\xdf\xa3" + np.random.default_rng(3).bytes(5000), "clip_damaged"),
    "noise as avi": (b"RIFF\x00\x10\x00\x00AVI " + np.random.default_rng(4).bytes(5000), "clip_damaged"),
}


# ---------------------------------------------------------------------- files far larger than their bytes
def _grown(data: bytes, boxes: tuple[bytes, ...], at: int, extra: bytes) -> bytes:
    """The file with `extra` at a place that lies within these boxes, behind all media data."""
    file = bytearray(data)
    for box in boxes:
        start = data.index(box) - 4
        size = int.from_bytes(file[start : start + 4]) + len(extra)
        file[start : start + 4] = size.to_bytes(4)
    file[at:at] = extra
    return bytes(file)


def _table(kind: bytes, *numbers: int) -> bytes:
    content = b"".join(number.to_bytes(4) for number in (0, *numbers))
    return (8 + len(content)).to_bytes(4) + kind + content


def stated(samples: int, where: str = "sizes") -> bytes:
    """A video of a few frames whose tables state this many.

    Parameters
    ----------
    samples : int
    where : str
        "sizes": in the table of sizes, all of one byte. "hidden": the same, the table in a box for notes.
        "fragment": in a fragment. "edits": an edit list shows the frames again and again.
    """
    one = encode([plain(RED, (64, 64))] * (100 if where == "edits" else 1))
    moov = one.index(b"moov") - 4
    end_of_moov = moov + int.from_bytes(one[moov : moov + 4])
    if where == "edits":
        edits = samples // 100
        edit = (4000).to_bytes(4) + (1024).to_bytes(4) + (1 << 16).to_bytes(4)
        at = one.index(b"elst")
        more = _grown(one, (b"moov", b"trak", b"edts", b"elst"), at + 12, edit * (edits - 1))
        return more[: at + 8] + edits.to_bytes(4) + more[at + 12 :]
    if where == "fragment":
        track = 1
        trex = _table(b"trex", track, 1, 512, 1, 0)
        inner = _table(b"tfhd", track) + _table(b"trun", samples)
        traf = (8 + len(inner)).to_bytes(4) + b"traf" + inner
        mfhd = _table(b"mfhd", 1)
        moof = (8 + len(mfhd + traf)).to_bytes(4) + b"moof" + mfhd + traf
        mvex = (8 + len(trex)).to_bytes(4) + b"mvex" + trex
        return _grown(one, (b"moov",), end_of_moov, mvex) + moof + b"\0\0\0\x10mdat" + b"\0" * 8
    file = bytearray(one)
    tables = {
        b"stsz": _table(b"stsz", 1, samples),
        b"stts": _table(b"stts", 1, samples, 512),
        b"stsc": _table(b"stsc", 1, 1, samples, 1),
    }
    for kind, table in tables.items():
        at = file.index(kind) - 4
        assert int.from_bytes(file[at : at + 4]) == len(table)
        file[at : at + len(table)] = table
    if where == "hidden":
        at = file.index(b"stsz")
        file[at : at + 4] = b"free"
        notes = (8 + len(tables[b"stsz"])).to_bytes(4) + b"udta" + tables[b"stsz"]
        stbl_end = file.index(b"stbl") - 4
        stbl_end += int.from_bytes(file[stbl_end : stbl_end + 4])
        return _grown(bytes(file), (b"moov", b"trak", b"mdia", b"minf", b"stbl"), stbl_end, notes)
    return bytes(file)


def large_sounds(streams: int) -> bytes:
    """An AVI file with so many streams of sound, each one chunk of half a gigabyte, says the index."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return kind + len(content).to_bytes(4, "little") + content

    header = struct.pack("<14I", 40_000, 0, 0, 0x10, 3, 0, streams, 0, 64, 64, 0, 0, 0, 0)
    stream = b"auds" + struct.pack("<I2H8I4H", 1, 0, 0, 0, 0, 1, 48_000, 0, 48_000, 0, 0, 1, 0, 0, 0)
    sound = chunk(b"strh", stream) + chunk(b"strf", struct.pack("<2H2I2H", 1, 1, 48_000, 48_000, 1, 8))
    headers = b"hdrl" + chunk(b"avih", header) + chunk(b"LIST", b"strl" + sound) * streams
    movie = b"movi" + chunk(b"00wb", bytes(16))
    index = b"".join(b"%02dwb" % n + struct.pack("<3I", 0x10, 4 + 2 * n, 2**29 - 1) for n in range(streams))
    return chunk(b"RIFF", b"AVI " + chunk(b"LIST", headers) + chunk(b"LIST", movie) + chunk(b"idx1", index))


def crowded(elements: int) -> bytes:
    """A Matroska file with so many attachments of nothing, three bytes each."""
    one = encode([plain(RED, (64, 64))] * 5, file_format="matroska")

    def element(name: bytes, content: bytes) -> bytes:
        return name + (1 << 56 | len(content)).to_bytes(8) + content

    segment, cluster = one.index(b"\x18\x53\x80\x67"), one.index(b"\x1f\x43\xb6\x75")
    attachments = element(b"\x19\x41\xa4\x69", b"\x61\xa7\x80" * elements)
    unknown_size = b"\x01" + b"\xff" * 7
    return one[: segment + 4] + unknown_size + one[segment + 12 : cluster] + attachments + one[cluster:]
