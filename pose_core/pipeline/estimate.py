"""The simplest call for a program: a picture in, people out, with nothing to set up or close."""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from typing import Final

from pose_core.arrays import FrameRGB, check_frame_rgb
from pose_core.media.images import decode_picture, enlarge_small
from pose_core.models.pool import PosePool
from pose_core.pipeline.photo import looked_for, most_prominent
from pose_core.pose import Pose
from pose_core.settings import PoseSettings

__all__ = ["estimate"]

#: Loads its first model for the first picture. Left to the garbage collector, a model would print a traceback.
_POOL: Final = PosePool()
atexit.register(_POOL.close)


def estimate(
    picture: FrameRGB | bytes | str | os.PathLike[str], settings: PoseSettings | None = None
) -> tuple[Pose, ...]:
    """Find people in a picture.

    The first call loads the model, which takes about 0.1 s on top of a second for MediaPipe itself; the model is kept
    until the program ends. Several threads may call at once: as many pictures are analysed at a time as there are
    cores; the others wait.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3), or bytes, or path
        Upright RGB pixels, or a JPG, PNG, WebP or GIF file.
    settings : PoseSettings, optional
        Only those for detection and enlargement are used. One person and the full model unless given.

    Returns
    -------
    tuple of Pose
        Largest person first, in pixels of the upright picture; empty if nobody was found. Of more
        than were asked for, the largest and most central.

    Raises
    ------
    ValueError
        If the array has another shape or type, or is empty.
    OSError
        If there is no such file, or it cannot be opened.
    PictureError
        If the file is not a readable picture.
    BusyError
        If other threads wait too, and no model is free within 20 s.
    BundleError, SetupError
        If the model cannot be loaded.

    Examples
    --------
    >>> from pose_core import DetectionSettings, PoseSettings, estimate
    >>> from pose_core.performer.samples import sample_bytes
    >>> len(estimate(sample_bytes("two_people"), PoseSettings(DetectionSettings(people=2))))
    2
    """
    settings = settings or PoseSettings()
    if isinstance(picture, str | os.PathLike):
        picture = Path(picture).read_bytes()
    frame_rgb = decode_picture(picture).frame_rgb if isinstance(picture, bytes) else picture
    check_frame_rgb(frame_rgb)
    size_wh = (frame_rgb.shape[1], frame_rgb.shape[0])
    if settings.enlarge_small:
        frame_rgb = enlarge_small(frame_rgb)
    found = _POOL.detect(frame_rgb, looked_for(settings.detection))
    return tuple(pose.resized(size_wh) for pose in most_prominent(found, settings.detection.people))
