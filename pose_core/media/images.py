"""From the bytes of a picture file to RGB pixels, safely, and back.

Everything happens in memory. Sizes are checked from the header before a single pixel is decoded.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from pose_core.arrays import FrameRGB
from pose_core.errors import PictureError

__all__ = [
    "ENLARGE_BELOW_PX",
    "ENLARGE_TO_PX",
    "MAX_FILE_MB",
    "MAX_MEGAPIXELS",
    "Note",
    "Picture",
    "decode_picture",
    "encode_jpeg",
    "encode_png",
    "enlarge_small",
    "fit_within",
]

MAX_FILE_MB: Final = 50  # the same as server.maxUploadSize in .streamlit/config.toml
MAX_MEGAPIXELS: Final = 50  # 150 MB of RGB; the largest phone sensors have 50
MIN_SIDE_PX: Final = 16
MAX_ASPECT: Final = 10  # in longer strips a person is only a few pixels of the square that the model sees
#: Below this height, enlarging to `ENLARGE_TO_PX` brings landmarks closer to those at full size (docs/conventions.md).
ENLARGE_BELOW_PX: Final = 300
ENLARGE_TO_PX: Final = 480

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
# What some phones write into a .jpg: a JPEG followed by further pictures. Pillow's JPEG opener detects it.
_PHONE_JPEG: Final = "MPO"
_HEIC_BRANDS: Final = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")
_WHITE: Final = (255, 255, 255, 255)
_ORIENTATION_TAG: Final = 0x0112
#: What turns a picture upright, by EXIF orientation; 1, and the 0 that some cameras write, mean that it already is.
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: Where a PNG file has its bits per channel; Pillow reads 16-bit colours as 8-bit and keeps no trace of it.
_PNG_BIT_DEPTH_AT: Final = 24

# Pillow warns about large pictures at its own limit (ours is checked before decoding) and about odd metadata. What
# matters becomes a note or an error; the details of a picture do not belong on the console.
warnings.filterwarnings("ignore", module="PIL")
Image.init()  # registers WebP; Pillow would do so only at the first file it does not recognise

#: What was done to a picture, where a person would want to know.
Note = Literal["first_frame", "rotated", "alpha", "grey", "cmyk", "sixteen_bit"]


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        Upright (EXIF orientation applied), 8 bits, on white where the file is transparent.
    format : str
        ``"JPEG"``, ``"PNG"``, ``"WEBP"`` or ``"GIF"``.
    notes : tuple of Note
        What had to be converted.
    """

    frame_rgb: FrameRGB
    format: str
    notes: tuple[Note, ...]

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.frame_rgb.shape[1], self.frame_rgb.shape[0]


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise PictureError(
            "picture_too_large",
            "Pictures must be at most {limit} megapixels; this one has {megapixels:.0f} "
            "({width} x {height}). Save a smaller copy and try that.",
            limit=MAX_MEGAPIXELS,
            megapixels=width * height / 1e6,
            width=width,
            height=height,
        )
    if min(width, height) < MIN_SIDE_PX:
        raise PictureError(
            "picture_too_small",
            "Pictures must be at least {limit} pixels wide and high; this one is {width} x {height}. "
            "Choose a larger one.",
            limit=MIN_SIDE_PX,
            width=width,
            height=height,
        )
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise PictureError(
            "picture_too_long",
            "The longer side of a picture must be at most {limit} times the shorter; this one is {width} x {height}. "
            "Crop it to the person and try again.",
            limit=MAX_ASPECT,
            width=width,
            height=height,
        )


def _open(data: bytes) -> Image.Image:
    if not data:
        raise PictureError(
            "picture_empty", "The file must contain a picture; this one is empty. Choose another file."
        )
    if len(data) > MAX_FILE_MB * 1024 * 1024:
        raise PictureError(
            "file_too_large",
            "Files must be at most {limit} MB; this one is {megabytes:.0f} MB. Save a smaller copy and try that.",
            limit=MAX_FILE_MB,
            megabytes=len(data) / 1024 / 1024,
        )
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise PictureError(
            "picture_heic",
            "The picture must be JPG, PNG or WebP; this one is HEIC or AVIF, which some phones write. "
            "Export it as JPG and try that.",
        )
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise PictureError(
            "picture_bomb",
            "Pictures must be at most {limit} megapixels; this one claims far more. "
            "Save a smaller copy and try that.",
            limit=MAX_MEGAPIXELS,
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError(
            "picture_unknown",
            "The file must be a JPG, PNG or WebP picture; the content of this one is none of these, despite its name. "
            "Choose another file.",
        ) from error
    except Exception as error:  # a damaged header can raise nearly anything in a decoder
        raise _damaged() from error


def _damaged() -> PictureError:
    return PictureError(
        "picture_damaged",
        "The file must contain a complete picture; this one is cut off or damaged. Copy, download or save it again.",
    )


def _upright(image: Image.Image, notes: list[Note]) -> Image.Image:
    """The picture turned upright; unchanged if its metadata cannot be read."""
    try:
        turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # noqa: BLE001 - the pixels are intact, and damaged metadata raises nearly anything
        return image
    if turn is None:
        return image
    notes.append("rotated")
    return image.transpose(turn)


def _to_rgb8(image: Image.Image, notes: list[Note]) -> Image.Image:
    """8-bit RGB from any mode that a file may have."""
    if image.mode.startswith("I") or image.mode == "F":  # 16-bit; Pillow's own conversion would clip to white
        notes.append("grey")
        wide = np.asarray(image, dtype=np.float64)
        image = Image.fromarray((wide / 257.0).clip(0, 255).round().astype(np.uint8))
    elif image.mode in ("1", "L", "LA"):
        notes.append("grey")
    elif image.mode == "CMYK":
        notes.append("cmyk")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        # Many files have an alpha channel that hides nothing.
        if rgba.getchannel("A").getextrema() != (255, 255):
            notes.append("alpha")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, _WHITE), rgba)
    return image if image.mode == "RGB" else image.convert("RGB")  # convert() always copies


def decode_picture(data: bytes) -> Picture:
    """Decode the bytes of a JPG, PNG, WebP or GIF file.

    Parameters
    ----------
    data : bytes
        A whole file.

    Returns
    -------
    Picture
        Upright 8-bit RGB; the first frame of an animation.

    Raises
    ------
    PictureError
        If the bytes are empty, not a picture, damaged or cut off, or outside the limits on size and shape. Nothing is
        decoded before the size in the header has been accepted.
    """
    image = _open(data)
    with image:
        _check_size(*image.size)
        notes: list[Note] = []
        picture_format = "JPEG" if image.format == _PHONE_JPEG else str(image.format)
        try:
            # Inside the try: Pillow counts a GIF's frames only here, which may fail.
            if image.format != _PHONE_JPEG and getattr(image, "n_frames", 1) > 1:
                notes.append("first_frame")
            image.load()
        except MemoryError:  # not the file's fault
            raise
        except Exception as error:  # truncation and damage raise many exception types
            raise _damaged() from error
        if image.mode == "P" and image.palette is None:  # Pillow reads a PNG whose palette is missing
            raise _damaged()
        if picture_format == "PNG" and data[_PNG_BIT_DEPTH_AT] == 16:
            notes.append("sixteen_bit")
        rgb = _to_rgb8(_upright(image, notes), notes)
    return Picture(np.asarray(rgb), picture_format, tuple(notes))


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
