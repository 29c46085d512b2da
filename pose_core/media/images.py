"""From the bytes of a picture file to RGB pixels, safely, and back.

Everything happens in memory: the header is read here (`pose_core.media.picture_file`), pixels are decoded in another
process (`pose_core.media.decoders`).
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.media.decoders import DECODE_LIMIT_S, SHARED_DECODERS
from pose_core.media.picture_file import MAX_FILE_MB, MAX_MEGAPIXELS, FormatName, read_header
from pose_core.stopping import Stop

__all__ = [
    "DECODE_LIMIT_S",
    "ENLARGE_BELOW_PX",
    "ENLARGE_TO_PX",
    "MAX_FILE_MB",
    "MAX_MEGAPIXELS",
    "Note",
    "Picture",
    "close_decoders",
    "decode_picture",
    "encode_jpeg",
    "encode_png",
    "enlarge_small",
    "fit_within",
    "limit_pictures_under_way",
]

#: Longest wait for a picture's turn: as long as a page waits for the model.
DEFAULT_WAIT_S: Final = 20.0
#: Below this height, enlarging to `ENLARGE_TO_PX` brings landmarks closer to those at full size (docs/conventions.md).
ENLARGE_BELOW_PX: Final = 300
ENLARGE_TO_PX: Final = 480

#: What was done to a picture, where a person would want to know.
Note = Literal["first_frame", "rotated", "alpha", "grey", "cmyk", "sixteen_bit"]


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        Upright, 8-bit sRGB, on white where the file is transparent.
    format : str
        ``"JPEG"``, ``"PNG"``, ``"WEBP"``, ``"GIF"``, ``"HEIC"`` or ``"AVIF"``.
    notes : tuple of Note
        What had to be converted.
    """

    frame_rgb: FrameRGB
    format: FormatName
    notes: tuple[Note, ...]

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.frame_rgb.shape[1], self.frame_rgb.shape[0]


def limit_pictures_under_way(megapixels: float) -> None:
    """From now on, pictures wait while those that are decoded or still in use have this many megapixels together.

    For a server, whose memory is limited: one megapixel under way takes up to 12 MB. A picture is under way until its
    `Picture` is gone.
    """
    SHARED_DECODERS.room.pixels = megapixels * 1e6


def close_decoders() -> None:
    """End the processes that decode pictures; the last step of a server."""
    SHARED_DECODERS.close()


def decode_picture(data: bytes, *, wait_s: float = DEFAULT_WAIT_S, stop: Stop | None = None) -> Picture:
    """Decode the bytes of a JPG, PNG, WebP, GIF, HEIC or AVIF file as a browser shows it.

    Parameters
    ----------
    data : bytes
        A whole file.
    wait_s : float
        Longest wait for other pictures, if a server limits them.
    stop : Stop, optional
        Ends decoding when it is set.

    Returns
    -------
    Picture
        Upright 8-bit sRGB; the first frame of an animation.

    Raises
    ------
    PictureError
        If the bytes are empty, not a picture, damaged or cut off, outside the limits on size and shape, or take longer
        than `DECODE_LIMIT_S`. Nothing is decoded before the size in the header has been accepted.
    BusyError
        If other pictures leave no room in time.
    MemoryError
        If there is too little memory for this one.
    StoppedError
        If `stop` was set meanwhile.
    """
    frame_rgb, facts, gone = SHARED_DECODERS.decode(data, read_header(data), wait_s, stop)
    picture = Picture(frame_rgb, facts["format"], tuple(facts["notes"]))
    weakref.finalize(picture, gone).atexit = False
    return picture


def _resize(frame_rgb: FrameRGB, scale: float, interpolation: int) -> FrameRGB:
    size_wh = (max(1, round(frame_rgb.shape[1] * scale)), max(1, round(frame_rgb.shape[0] * scale)))
    return np.asarray(cv2.resize(frame_rgb, size_wh, interpolation=interpolation), dtype=np.uint8)


def enlarge_small(frame_rgb: FrameRGB) -> FrameRGB:
    """A picture less than `ENLARGE_BELOW_PX` high, enlarged to `ENLARGE_TO_PX`; any other unchanged.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)

    Returns
    -------
    ndarray of uint8, shape (H', W', 3)
        The same object if nothing had to be done.
    """
    height = frame_rgb.shape[0]
    return (
        frame_rgb
        if height >= ENLARGE_BELOW_PX
        else _resize(frame_rgb, ENLARGE_TO_PX / height, cv2.INTER_CUBIC)
    )


def fit_within(frame_rgb: FrameRGB, longest_px: int) -> FrameRGB:
    """The picture with its longer side at most `longest_px`; the same object if it already fits."""
    scale = longest_px / max(frame_rgb.shape[:2])
    return frame_rgb if scale >= 1 else _resize(frame_rgb, scale, cv2.INTER_AREA)


def _encode(frame_rgb: FrameRGB, extension: str, options: list[int]) -> bytes:
    done, data = cv2.imencode(extension, cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise RuntimeError(f"OpenCV could not encode a frame of shape {frame_rgb.shape} as {extension}")
    return bytes(data.tobytes())


def encode_png(frame_rgb: FrameRGB) -> bytes:
    """An RGB picture as a PNG file, lossless."""
    return _encode(frame_rgb, ".png", [cv2.IMWRITE_PNG_COMPRESSION, 3])


def encode_jpeg(frame_rgb: FrameRGB, quality: int = 90) -> bytes:
    """An RGB picture as a JPEG file; `quality` 0 to 100."""
    return _encode(frame_rgb, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])
