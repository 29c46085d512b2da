"""What is said of clips that cannot be played, whichever process found it out."""

from __future__ import annotations

from pose_core.errors import ClipError
from pose_core.media.decode_child import CLIP_OPEN_MB

__all__ = ["clip_damaged", "clip_too_much"]


def clip_damaged() -> ClipError:
    """The error for a file that is a video but cannot be read."""
    return ClipError(
        "clip_damaged",
        "The file must contain a complete video; this one is cut off or damaged. Copy, download or save it again.",
    )


def clip_too_much(limit_s: float) -> ClipError:
    """The error for a file that takes far more time or memory than a clip of its size."""
    return ClipError(
        "clip_too_much",
        "A video must open within {limit_s:g} s and {megabytes} MB of memory; this one does not. "
        "Save it again as a plain MP4 in a video program and try that.",
        limit_s=limit_s,
        megabytes=CLIP_OPEN_MB,
    )
