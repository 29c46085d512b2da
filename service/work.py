"""From uploaded pictures to the bytes of an answer. Runs in a thread, off the event loop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pose_core.arrays import FrameRGB
from pose_core.drawing.skeleton import draw_poses
from pose_core.export.photos import to_csv, to_json
from pose_core.media.images import encode_jpeg, encode_png
from pose_core.models.pool import PosePool
from pose_core.pipeline.photo import analyse_photo, annotate_photo
from pose_core.pose import Pose
from pose_core.settings import DrawSettings, PoseSettings
from pose_core.stopping import Stop
from service.uploads import Upload

__all__ = ["MANY", "ONE", "NobodyFoundError", "answer_demo", "answer_pose"]

_JSON: Final = "application/json"
_CSV: Final = "text/csv"
_JPEG: Final = "image/jpeg"
_PNG: Final = "image/png"
#: Media types on offer for several pictures and for a single one, the preferred one first.
MANY: Final = (_JSON, _CSV)
ONE: Final = (*MANY, _JPEG, _PNG)
_ENCODERS: Final[Mapping[str, Callable[[FrameRGB], bytes]]] = {_JPEG: encode_jpeg, _PNG: encode_png}

_DEMO_SETTINGS: Final = PoseSettings(draw=DrawSettings(names=False))


class NobodyFoundError(Exception):
    """Nobody is in the picture, which is an error for the older demo's clients."""


def answer_pose(
    uploads: Sequence[Upload], settings: PoseSettings, kind: str, pool: PosePool, wait_s: float, stop: Stop
) -> bytes:
    """The body for ``/api/v1/pose``.

    Parameters
    ----------
    uploads : sequence of Upload
        Exactly one if the answer is a picture.
    settings : PoseSettings
    kind : str
        Media type: one of `ONE` for a single picture, of `MANY` for several.
    pool : PosePool
    wait_s : float
        Longest wait for a landmarker for each picture.
    stop : Stop
        Ends the work when it is set.

    Raises
    ------
    PictureError, BusyError, StoppedError
        As in `pose_core.pipeline.photo.analyse_photo`; one unreadable picture fails the request.
    """
    if kind in _ENCODERS:
        (upload,) = uploads
        result, picture = analyse_photo(
            upload.data, settings, pool, name=upload.name, wait_s=wait_s, stop=stop
        )
        drawn_rgb, _ = annotate_photo(result, picture.frame_rgb, settings, in_place=True)
        return _ENCODERS[kind](drawn_rgb)
    results = [
        analyse_photo(upload.data, settings, pool, name=upload.name, wait_s=wait_s, stop=stop)[0]
        for upload in uploads
    ]
    if kind == _CSV:
        return to_csv(*results)
    if len(results) == 1:
        return to_json(results[0], indent=None)
    return b"[" + b",\n".join(to_json(result, indent=None) for result in results) + b"]"


def _demo_landmarks(pose: Pose) -> bytes:
    columns = (*pose.image_xy_norm.T, pose.image_z_norm, pose.visibility)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    names = ("x", "y", "z", "visibility")
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows]).encode()


def answer_demo(upload: Upload, as_json: bool, pool: PosePool, wait_s: float, stop: Stop) -> bytes:
    """The body for ``/predict``: the first person's landmarks, or the picture in its own size with the skeleton on it.

    Raises
    ------
    NobodyFoundError
    PictureError, BusyError, StoppedError
        As in `answer_pose`.
    """
    result, picture = analyse_photo(
        upload.data, _DEMO_SETTINGS, pool, name=upload.name, wait_s=wait_s, stop=stop
    )
    if not result.poses:
        raise NobodyFoundError
    if as_json:
        return _demo_landmarks(result.poses[0])
    # Not annotate_photo, which enlarges small pictures: the older demo answers in the size of the upload.
    frame_rgb = picture.frame_rgb
    return encode_jpeg(draw_poses(frame_rgb, result.poses, _DEMO_SETTINGS.draw, into=frame_rgb))
