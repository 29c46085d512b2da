"""The clip that the live benchmark's viewers send as their camera, with each picture's number drawn into it.

It is encoded once, as VP8, and sent as it is: a viewer that encoded would use the cores that are to be measured. The
number is drawn in a band along the upper edge as black and white blocks, large enough to survive VP8 at a low bitrate
and scaling to a third of the size. A white block at one end and a black one at the other show whether the picture is
mirrored, and a checksum keeps a damaged number from being read as another one.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import numpy.typing as npt

from pose_core.arrays import FrameRGB
from pose_core.performer import Camera, render_frame

__all__ = [
    "CLIP_FRAMES",
    "COLUMNS",
    "FRAME_RATE_HZ",
    "SIZES_WH",
    "Clip",
    "draw_code",
    "encode_vp8",
    "packet_at",
    "performer_clip",
    "read_code",
    "top_band",
]

#: Sizes that viewers may send, by their usual name.
SIZES_WH: Final = {"360p": (640, 360), "480p": (640, 480), "720p": (1280, 720)}
FRAME_RATE_HZ: Final = 30
SQUAT_FRAMES: Final = 60  # one squat every two seconds
#: 34 s, nearly all that the code can count, so that a delay or gap is not mistaken for one that is a clip longer.
CLIP_FRAMES: Final = 17 * SQUAT_FRAMES
#: What a browser sends on a good connection (close to WebRTC's own defaults), and below aiortc's limits.
_BITRATE_BIT_S: Final = {(640, 360): 700_000, (640, 480): 1_000_000, (1280, 720): 2_000_000}
_CAMERA_NOISE: Final = 2.0  # grey levels; a picture without noise would be cheaper to decode than a camera's
_CACHE: Final = Path(__file__).resolve().parent.parent / "build" / "live_clips"

#: Blocks along the upper edge: 27 px wide at 640.
COLUMNS: Final = 24
_ROWS: Final = 15  # the band is this part of the height: 32 px at 480
_NUMBER_BITS: Final = 10
_CHECK_BITS: Final = 12  # a broken stream gives thousands of broken codes; one in 4096 of them may pass
_DARK, _LIGHT = 90, 166  # luma; a value in between is neither black nor white and makes the code unreadable
_BIT_WEIGHTS: Final = 1 << np.arange(_NUMBER_BITS + _CHECK_BITS)[::-1]

Luma = npt.NDArray[np.uint8]


def _check(number: int) -> int:
    return zlib.crc32(number.to_bytes(2, "big")) % (1 << _CHECK_BITS)


def _band_height_px(height_px: int) -> int:
    return height_px // _ROWS


def draw_code(frame_rgb: FrameRGB, number: int) -> None:
    """Draw a number over the upper edge of a picture, in place.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        At least 384x240, so that a block has 16x16 pixels.
    number : int
        0 to 1023.

    Raises
    ------
    ValueError
        If the number does not fit.
    """
    if not 0 <= number < 1 << _NUMBER_BITS:
        raise ValueError(f"number must be 0 to {(1 << _NUMBER_BITS) - 1}; got {number}")
    height, width = frame_rgb.shape[:2]
    code = number << _CHECK_BITS | _check(number)
    blocks = [1, *(code & _BIT_WEIGHTS != 0), 0]
    edges = np.linspace(0, width, COLUMNS + 1).round().astype(int)
    for block, left, right in zip(blocks, edges[:-1], edges[1:], strict=True):
        frame_rgb[: _band_height_px(height), left:right] = 255 if block else 0


def read_code(band: Luma) -> int | None:
    """Read the number in the band along the upper edge of a picture, mirrored or not.

    Parameters
    ----------
    band : ndarray of uint8, shape (B, W)
        Brightness in the band, as `top_band` returns it.

    Returns
    -------
    int or None
        None if there is no code, or a damaged one.
    """
    height, width = band.shape
    block_px = width / COLUMNS
    if height < 4 or block_px < 4:
        return None
    # Use only the middle of each block: scaling blurs its edges, and VP8 blurs it into the picture below.
    columns = band[height // 4 : height - height // 4 : 2].mean(axis=0)
    centres = ((np.arange(COLUMNS) + 0.5) * block_px).astype(int)
    half = int(block_px / 4)
    means = columns[centres[:, np.newaxis] + np.arange(-half, half)].mean(axis=1)
    if ((means > _DARK) & (means < _LIGHT)).any():
        return None
    bits = means >= _LIGHT
    if bits[0] == bits[-1]:
        return None
    if not bits[0]:
        bits = bits[::-1]
    number, check = divmod(int(bits[1:-1] @ _BIT_WEIGHTS), 1 << _CHECK_BITS)
    return number if check == _check(number) else None


def top_band(frame: av.VideoFrame) -> Luma:
    """Return the brightness in the band that holds the code: a view into the frame, nothing is converted or copied.

    Parameters
    ----------
    frame : VideoFrame
        Decoded, with a luma plane first (yuv420p, as VP8 and H.264 decoders return).

    Returns
    -------
    ndarray of uint8, shape (H // 15, W)
        Valid as long as the frame is.
    """
    plane = frame.planes[0]
    rows = _band_height_px(frame.height)
    luma: Luma = np.frombuffer(memoryview(plane), dtype=np.uint8, count=rows * plane.line_size)
    return luma.reshape(rows, plane.line_size)[:, : frame.width]


@dataclass(frozen=True, slots=True)
class Clip:
    """Encoded pictures, one packet each; the code in picture ``i`` is ``i``, and the first picture is a key frame.

    Attributes
    ----------
    size_wh : tuple of int
    packets : tuple of bytes
        VP8 frames.
    """

    size_wh: tuple[int, int]
    packets: tuple[bytes, ...]


def encode_vp8(frames_rgb: Iterable[FrameRGB], path: Path, *, bitrate_bit_s: int) -> None:
    """Encode pictures of one size as VP8 in WebM with a key frame each second, as a real-time encoder would.

    A receiver that lost a packet asks for a key frame; a clip cannot answer, so the next one must never be far away.
    """
    with av.open(str(path), "w", format="webm") as container:
        stream = None
        for frame_rgb in frames_rgb:
            if stream is None:
                stream = container.add_stream("libvpx", rate=FRAME_RATE_HZ)
                stream.height, stream.width = frame_rgb.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.bit_rate = bitrate_bit_s
                stream.gop_size = FRAME_RATE_HZ
                stream.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_rgb, format="rgb24")))
        if stream is not None:
            container.mux(stream.encode())


def _read_packets(path: Path) -> tuple[bytes, ...]:
    with av.open(str(path)) as container:
        return tuple(bytes(packet) for packet in container.demux(video=0) if packet.size)


def performer_clip(size_wh: tuple[int, int], folder: Path = _CACHE) -> Clip:
    """Return a clip of squats, 34 seconds long; rendered and encoded on first use, then read from `folder`.

    Parameters
    ----------
    size_wh : tuple of int
        One of `SIZES_WH`.
    folder : Path
    """
    width, height = size_wh
    bitrate = _BITRATE_BIT_S[size_wh]
    path = folder / f"squats_{width}x{height}_{CLIP_FRAMES}_{bitrate}_{COLUMNS}.webm"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        camera = Camera(width, height)
        squat = [
            render_frame("squat", i / SQUAT_FRAMES, camera=camera, noise=_CAMERA_NOISE, seed=i).rgb
            for i in range(SQUAT_FRAMES)
        ]

        def coded() -> Iterable[FrameRGB]:
            for number in range(CLIP_FRAMES):
                frame_rgb = squat[number % SQUAT_FRAMES].copy()
                draw_code(frame_rgb, number)
                yield frame_rgb

        unfinished = path.with_suffix(f".{os.getpid()}")
        encode_vp8(coded(), unfinished, bitrate_bit_s=bitrate)
        unfinished.replace(path)
    packets = _read_packets(path)
    if len(packets) != CLIP_FRAMES:
        raise ValueError(f"{path} must contain {CLIP_FRAMES} pictures; got {len(packets)}. Delete the file.")
    return Clip(size_wh, packets)


def packet_at(clip: Clip, number: int) -> av.Packet[Any]:
    """Return the packet to send as number `number` of an endless loop, with its time stamp.

    Parameters
    ----------
    clip : Clip
    number : int
        0 and up.
    """
    packet: av.Packet[Any] = av.Packet(clip.packets[number % len(clip.packets)])
    packet.pts = number
    packet.time_base = Fraction(1, FRAME_RATE_HZ)
    return packet
