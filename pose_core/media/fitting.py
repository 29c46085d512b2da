"""How pictures of one size fit into another without being stretched."""

from __future__ import annotations

from typing import Final

__all__ = ["CLIP_BOX_PX", "SMALLEST_PX", "box_scale", "letterbox"]

#: Longer and shorter side of clips and videos, written and read: larger pictures are scaled down to fit.
CLIP_BOX_PX: Final = (1280, 720)
#: Smaller videos show nobody, and encoders reject them.
SMALLEST_PX: Final = 16


def letterbox(size_wh: tuple[int, int], into_wh: tuple[int, int]) -> tuple[float, float, float]:
    """How a picture fits into another size: as large as possible, centred, never stretched.

    Returns
    -------
    scale, left_px, top_px : float
        A point (x, y) goes to ``(x * scale + left_px, y * scale + top_px)``.

    Examples
    --------
    >>> letterbox((640, 480), (1280, 720))
    (1.5, 160.0, 0.0)
    """
    scale = min(into_wh[0] / size_wh[0], into_wh[1] / size_wh[1])
    return scale, (into_wh[0] - size_wh[0] * scale) / 2, (into_wh[1] - size_wh[1] * scale) / 2


def box_scale(width: float, height: float, box_px: tuple[int, int] = CLIP_BOX_PX) -> float:
    """Factor of at most 1 that makes a picture fit a box (longer side, shorter side), portrait or landscape."""
    return min(1.0, box_px[0] / max(width, height), box_px[1] / min(width, height))
