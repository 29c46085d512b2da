"""From the bytes of a picture file to strips of upright 8-bit sRGB pixels, within a stated peak of memory.

Runs in a process of its own (`pose_core.media.decoders`), since decoders cannot be stopped otherwise. A picture is
decoded as a whole, since its format demands it; all that follows (16 to 8 bits, colours, transparency, turning) goes
through strips, and only those leave this module.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image, ImageCms, JpegImagePlugin, PngImagePlugin

from pose_core.media.heif import decode_heif, read_heif
from pose_core.media.picture_chunks import PngFacts, split_png, split_webp
from pose_core.media.picture_colours import profile_of_code_points, profile_of_gamma, to_srgb
from pose_core.media.picture_file import FormatName, gif_first_frame, jpeg_scans, read_header

__all__ = ["MAX_SCANS", "Note", "Pixels", "TooMuchWorkError", "UnreadableError", "open_pixels"]

#: Passes over the picture in a progressive JPEG. Encoders write about ten, and each may cost as much as a whole file:
#: so many are allowed, fewer for a large picture, and always twice what encoders write.
MAX_SCANS: Final = 100
_SCANNED_PIXELS: Final = 1_000_000_000
_USUAL_SCANS: Final = 20
_STRIP_PIXELS: Final = 1_000_000
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
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
#: Orientations whose first upright row is the stored picture's last row or column.
_FROM_THE_END: Final = frozenset({3, 4, 7, 8})

#: What was done to a picture, where a person would want to know.
Note = Literal["first_frame", "rotated", "alpha", "grey", "cmyk", "sixteen_bit"]
_Box = tuple[int, int, int, int]

# Pillow warns about large pictures at its own limit (ours is checked before decoding) and about odd metadata. What
# matters becomes a note or an error.
warnings.filterwarnings("ignore", module="PIL")
Image.MAX_IMAGE_PIXELS = None


class UnreadableError(Exception):
    """The file is damaged or cut off."""


class TooMuchWorkError(Exception):
    """Decoding would take work out of proportion to the picture."""


@dataclass
class Pixels:
    """A decoded picture that is given out in strips.

    Attributes
    ----------
    format : FormatName
    stored_wh : tuple of int
        Size before it is turned upright.
    crop : callable
        Returns a part of the stored picture.
    notes : list of Note
        What had to be converted; complete once all strips were taken.
    orientation : int
        As in EXIF, 1 to 8.
    profile : bytes or None
        ICC profile of the colours.
    hidden_level : int or None
        The 16-bit grey that is transparent.
    """

    format: FormatName
    stored_wh: tuple[int, int]
    crop: Callable[[_Box], Image.Image]
    notes: list[Note] = field(default_factory=list)
    orientation: int = 1
    profile: bytes | None = None
    hidden_level: int | None = None

    @property
    def size_wh(self) -> tuple[int, int]:
        """Upright size."""
        width, height = self.stored_wh
        return (height, width) if self.orientation in _SIDEWAYS else (width, height)

    def strips(self) -> Iterator[bytes]:
        """The upright picture from top to bottom, 8-bit RGB, some rows at a time."""
        turn = _UPRIGHT.get(self.orientation)
        if turn is not None:
            self.notes.append("rotated")
        width, height = self.size_wh
        rows = max(1, _STRIP_PIXELS // width)
        for top in range(0, height, rows):
            piece = self._to_rgb(self.crop(self._stored_box(top, min(height, top + rows))))
            yield (piece if turn is None else piece.transpose(turn)).tobytes()

    def _stored_box(self, top: int, bottom: int) -> _Box:
        """Where rows of the upright picture are in the stored one."""
        if self.orientation in _FROM_THE_END:
            height = self.size_wh[1]
            top, bottom = height - bottom, height - top
        width, height = self.stored_wh
        return (top, 0, bottom, height) if self.orientation in _SIDEWAYS else (0, top, width, bottom)

    def _note(self, note: Note) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _to_rgb(self, piece: Image.Image) -> Image.Image:
        """8-bit sRGB from any mode that a file may have, on white where it is transparent."""
        alpha = None
        if piece.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion would clip to white
            self._note("grey")
            wide = np.asarray(piece, dtype=np.uint32)
            if self.hidden_level is not None:
                alpha = Image.fromarray(np.where(wide == self.hidden_level, 0, 255).astype(np.uint8))
            piece = Image.fromarray(((wide * 255 + 32895) >> 16).astype(np.uint8))  # wide / 257, rounded
        elif piece.mode in ("1", "L", "LA"):
            self._note("grey")
        elif piece.mode == "CMYK":
            self._note("cmyk")
        if piece.has_transparency_data:
            piece = piece.convert("RGBA")
            alpha = piece.getchannel("A")
        rgb = self._in_srgb(piece)
        # Many files have an alpha channel that hides nothing.
        if alpha is not None and alpha.getextrema() != (255, 255):
            self._note("alpha")
            on_white = Image.new("RGB", rgb.size, (255, 255, 255))
            on_white.paste(rgb, mask=alpha)
            return on_white
        return rgb

    def _in_srgb(self, piece: Image.Image) -> Image.Image:
        if self.profile is not None and piece.mode in ("L", "CMYK"):
            transform = to_srgb(self.profile, piece.mode)
            if transform is not None:
                return ImageCms.applyTransform(piece, transform) or piece
        piece = piece if piece.mode == "RGB" else piece.convert("RGB")
        transform = None if self.profile is None else to_srgb(self.profile, "RGB")
        return piece if transform is None else (ImageCms.applyTransform(piece, transform) or piece)


def open_pixels(data: bytes) -> Pixels:
    """Decode a picture file.

    Raises
    ------
    PictureError
        As `pose_core.media.picture_file.read_header`.
    UnreadableError, TooMuchWorkError, MemoryError
    """
    header = read_header(data)
    try:
        pixels = _OPENERS[header.format](data)
    except (MemoryError, TooMuchWorkError, UnreadableError):  # MemoryError: not the file's fault
        raise
    except Exception as error:  # truncation and damage raise nearly anything
        raise UnreadableError from error
    if sorted(header.size_wh) != sorted(pixels.size_wh):
        raise UnreadableError
    return pixels


def _orientation(exif: bytes | None) -> int:
    """EXIF orientation; 1 if it is missing, meaningless or cannot be read. XMP does not count, as in browsers."""
    if not exif:
        return 1
    try:
        tags = Image.Exif()
        tags.load(exif if exif.startswith(b"Exif\0\0") else b"Exif\0\0" + exif)
        found = tags.get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - the pixels are intact, and damaged metadata raises nearly anything
        return 1
    return found if found in _UPRIGHT else 1


def _of_image(name: FormatName, image: Image.Image, exif: bytes | None, **more: Any) -> Pixels:
    return Pixels(name, image.size, image.crop, orientation=_orientation(exif), **more)


def _of_array(name: FormatName, pixels: NDArray[np.uint8], **more: Any) -> Pixels:
    def crop(box: _Box) -> Image.Image:
        left, top, right, bottom = box
        return Image.fromarray(np.ascontiguousarray(pixels[top:bottom, left:right]))

    return Pixels(name, (pixels.shape[1], pixels.shape[0]), crop, **more)


# ---------------------------------------------------------------------- JPEG
def _loaded_jpeg(data: bytes) -> Any:
    # Not Image.open: behind the main picture some phones put others (MPO), of which nothing is wanted.
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    image.load()
    return image


def _open_jpeg(data: bytes) -> Pixels:
    width, height = read_header(data).size_wh
    most = max(_USUAL_SCANS, min(MAX_SCANS, _SCANNED_PIXELS // (width * height)))
    if jpeg_scans(data, most) > most:
        raise TooMuchWorkError
    try:
        image = _loaded_jpeg(data)
    except OSError:
        image = _without_end_mark(data)
    return _of_image("JPEG", image, image.info.get("exif"), profile=image.info.get("icc_profile"))


def _without_end_mark(data: bytes) -> Any:
    """A JPEG that has all its pixels and only lacks the end mark.

    With an end mark added, the decoder fills missing pixels silently. Different bytes before that mark tell: they
    change missing pixels, and are ignored after the last one.
    """
    plain = _loaded_jpeg(data + b"\xff\xd9")
    padded = _loaded_jpeg(data + b"\x5a\xa5" * 32 + b"\xff\xd9")
    for top in range(0, plain.height, 256):
        box = 0, top, plain.width, min(plain.height, top + 256)
        if plain.crop(box).tobytes() != padded.crop(box).tobytes():
            raise UnreadableError
    return plain


# ---------------------------------------------------------------------- PNG
def _open_png(data: bytes) -> Pixels:
    png, facts = split_png(data)
    notes: list[Note] = ["first_frame"] if facts.frames > 1 else []
    if facts.bits == 16:
        notes.append("sixteen_bit")
    if facts.bits == 16 and facts.hidden and facts.colour_type == 2:
        hidden = np.frombuffer(facts.hidden[:6], ">u2")
        pixels = _of_array("PNG", _wide_with_hidden_colour(png, hidden))
    else:
        image = PngImagePlugin.PngImageFile(io.BytesIO(png))
        image.load()
        if image.mode == "P" and image.palette is None:  # Pillow reads a PNG whose palette is missing
            raise UnreadableError
        hidden_level = None
        if facts.bits == 16 and facts.hidden and facts.colour_type == 0:
            hidden_level = int.from_bytes(facts.hidden[:2], "big")
        pixels = _of_image("PNG", image, None, hidden_level=hidden_level)
    pixels.notes = notes
    pixels.orientation = _orientation(facts.exif)
    pixels.profile = _png_profile(facts)
    return pixels


def _png_profile(facts: PngFacts) -> bytes | None:
    """The colours of a PNG, from the chunk that counts most."""
    if facts.code_points is not None:
        found = profile_of_code_points(*facts.code_points)
        if found is not None:
            return found
    if facts.profile is not None:
        return facts.profile
    return None if facts.is_srgb else profile_of_gamma(facts.gamma, facts.primaries)


def _wide_with_hidden_colour(png: bytes, hidden: NDArray[Any]) -> NDArray[np.uint8]:
    """A 16-bit RGB picture with one transparent colour, as 8-bit RGBA.

    Pillow keeps 8 bits, which are too few to tell that colour from its neighbours.
    """
    import cv2

    wide: Any = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if wide is None:
        raise UnreadableError
    rgba = np.empty((*wide.shape[:2], 4), dtype=np.uint8)
    for top in range(0, len(wide), 256):
        rows = wide[top : top + 256, :, 2::-1]
        rgba[top : top + 256, :, :3] = rows >> 8
        rgba[top : top + 256, :, 3] = np.where((rows == hidden).all(axis=2), 0, 255)
    return rgba


# ---------------------------------------------------------------------- WebP, GIF, HEIC, AVIF
_OPENCV_NEEDS_BYTES: Final = 32  # a valid WebP may have fewer


def _open_webp(data: bytes) -> Pixels:
    """Pillow would hold the picture five times at once; OpenCV, with the same decoder, holds it once."""
    import cv2

    webp = split_webp(data)
    padded = webp.still.ljust(_OPENCV_NEEDS_BYTES, b"\0")
    found = cv2.imdecode(np.frombuffer(padded, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.ndim != 3:
        raise UnreadableError
    order = cv2.COLOR_BGRA2RGBA if found.shape[2] == 4 else cv2.COLOR_BGR2RGB
    left, top = webp.at
    bottom, right = top + found.shape[0], left + found.shape[1]
    width, height = webp.canvas_wh or (right, bottom)
    if right > width or bottom > height:
        raise UnreadableError

    def crop(box: _Box) -> Image.Image:
        x0, y0, x1, y1 = max(box[0], left), max(box[1], top), min(box[2], right), min(box[3], bottom)
        canvas = None
        if (x0, y0, x1, y1) != box:  # the first picture covers only a part of the canvas
            canvas = Image.new("RGBA", (box[2] - box[0], box[3] - box[1]))
            if x0 >= x1 or y0 >= y1:
                return canvas
        piece = Image.fromarray(cv2.cvtColor(found[y0 - top : y1 - top, x0 - left : x1 - left], order))
        if canvas is None:
            return piece
        canvas.paste(piece, (x0 - box[0], y0 - box[1]))
        return canvas

    notes: list[Note] = ["first_frame"] if webp.moving else []
    return Pixels("WEBP", (width, height), crop, notes, _orientation(webp.exif), webp.profile)


def _open_gif(data: bytes) -> Pixels:
    frame = gif_first_frame(data)
    image = GifImagePlugin.GifImageFile(io.BytesIO(data[: frame.end] + b";"))
    image.load()
    return _of_image("GIF", image, None, notes=["first_frame"] if frame.more else [])


def _open_heif(data: bytes) -> Pixels:
    heif = read_heif(data)
    profile = heif.icc_profile
    if profile is None and heif.code_points is not None:
        profile = profile_of_code_points(*heif.code_points)
    notes: list[Note] = ["rotated"] if heif.turned else []
    return _of_array(heif.format, decode_heif(heif), profile=profile, notes=notes)


_OPENERS: Final[dict[FormatName, Callable[[bytes], Pixels]]] = {
    "JPEG": _open_jpeg,
    "PNG": _open_png,
    "WEBP": _open_webp,
    "GIF": _open_gif,
    "HEIC": _open_heif,
    "AVIF": _open_heif,
}
