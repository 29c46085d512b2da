"""Videos as other programs write them, and files that are no videos."""

from __future__ import annotations

import io
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
