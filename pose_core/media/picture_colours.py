"""Colours as a screen shows them: from the profile, gamma or code points of a picture file to sRGB."""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

__all__ = ["Curve", "matrix_profile", "profile_of_code_points", "profile_of_gamma", "to_srgb"]

#: A larger profile counts as none: those for print, the largest, have 2 MB.
MAX_PROFILE_BYTES: Final = 4 * 2**20
#: Levels by which a profile's colours may differ from sRGB and still count as sRGB.
_SAME_LEVELS: Final = 2

#: ``a`` to ``d`` and ``g`` of an ICC parametric curve: ``(a x + b) ** g`` from ``d`` on, ``c x`` below.
Curve = tuple[float, float, float, float, float]  # g, a, b, c, d
_SRGB_CURVE: Final[Curve] = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_BT709_CURVE: Final[Curve] = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_D65: Final = (0.3127, 0.3290)
#: x and y of red, green, blue and white.
_SRGB_PRIMARIES: Final = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
#: By the code points of ITU-T H.273, table 2.
_PRIMARIES: Final = {
    1: _SRGB_PRIMARIES,
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
}


def _power(gamma: float) -> Curve:
    return gamma, 1.0, 0.0, 0.0, 0.0


#: By the code points of table 3. Those of HDR are missing: such pictures are read as they are.
_CURVES: Final = {
    1: _BT709_CURVE,
    4: _power(2.2),
    5: _power(2.8),
    6: _BT709_CURVE,
    8: _power(1.0),
    13: _SRGB_CURVE,
    14: _BT709_CURVE,
    15: _BT709_CURVE,
}
# ICC profiles describe colours under this light.
_D50: Final = np.array([0.9642, 1.0, 0.8249])
_BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _fixed(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))


def matrix_profile(primaries: tuple[float, ...], curve: Curve) -> bytes:
    """An ICC profile for a screen.

    Parameters
    ----------
    primaries : tuple of float
        Chromaticities: x and y of red, green, blue and white.
    curve : Curve
        The same for the three colours.

    Raises
    ------
    ValueError, ZeroDivisionError, numpy.linalg.LinAlgError, struct.error
        If the numbers describe no colours.
    """
    red, green, blue, white = (_xyz(*primaries[i : i + 2]) for i in (0, 2, 4, 6))
    columns = np.stack([red, green, blue], axis=1)
    columns = columns * np.linalg.solve(columns, white)
    cones = _BRADFORD @ _D50 / (_BRADFORD @ white)
    columns = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ columns
    tags = {
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(*_D50.tolist()),
        **{
            kind: b"XYZ \0\0\0\0" + _fixed(*columns[:, i].tolist())
            for i, kind in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"para\0\0\0\0\0\x03\0\0" + _fixed(*curve)),
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for kind, content in tags.items():
        table += struct.pack(">4sII", kind, start + len(body), len(content))
        body += content
    head = struct.pack(
        ">I4sI4s4s4s12s4s", start + len(body), b"", 0x04200000, b"mntr", b"RGB ", b"XYZ ", b"", b"acsp"
    )
    return head.ljust(68, b"\0") + _fixed(*_D50.tolist()).ljust(60, b"\0") + table + body


def profile_of_code_points(primaries: int, transfer: int) -> bytes | None:
    """The profile for primaries and transfer curve of ITU-T H.273; None if unknown, or for HDR."""
    if primaries not in _PRIMARIES or transfer not in _CURVES:
        return None
    return matrix_profile(_PRIMARIES[primaries], _CURVES[transfer])


def profile_of_gamma(gamma: float | None, primaries: tuple[float, ...] | None) -> bytes | None:
    """The profile for a PNG's ``gAMA`` (the exponent of its encoding, usually 0.45) and ``cHRM``; None if unusable.

    The usual gamma is meant as sRGB's curve, which it approximates.
    """
    if gamma is None or not 0.05 < gamma < 5:
        return None
    curve = _SRGB_CURVE if abs(gamma - 1 / 2.2) < 0.005 else _power(1 / gamma)
    try:
        return matrix_profile(primaries or _SRGB_PRIMARIES, curve)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError, struct.error):
        return None


def _probe(mode: str) -> Image.Image:
    """A few hundred colours, spread evenly."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1)
    return Image.fromarray(grid.reshape(9, 81, 3))


@lru_cache(maxsize=8)
def to_srgb(profile: bytes, mode: str) -> Any:
    """What turns pixels into sRGB, for `PIL.ImageCms.applyTransform`.

    Parameters
    ----------
    profile : bytes
        An ICC profile.
    mode : str
        Pillow's mode of the pixels: ``"RGB"``, ``"L"`` or ``"CMYK"``.

    Returns
    -------
    PIL.ImageCms.ImageCmsTransform or None
        None if nothing has to be done: the profile is sRGB, whatever it is called, or broken, or for other pixels.
    """
    if len(profile) > MAX_PROFILE_BYTES:
        return None
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), mode, "RGB"
        )
        if mode != "CMYK":
            probe = _probe(mode)
            changed = np.asarray(ImageCms.applyTransform(probe, transform), dtype=int)
            same = np.asarray(probe.convert("RGB"), dtype=int)
            if np.abs(changed - same).max() <= _SAME_LEVELS:
                return None
    except Exception:  # noqa: BLE001 - a broken profile counts as none, and raises nearly anything
        return None
    return transform
