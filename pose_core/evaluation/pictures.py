"""Annotated pictures as pixels, with their annotations in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pose_core.arrays import FrameRGB
from pose_core.errors import DatasetError, PictureError, PoseCoreError
from pose_core.evaluation.dataset import AnnotatedPicture
from pose_core.evaluation.orientation import exif_orientation
from pose_core.evaluation.placing import Truth, place
from pose_core.media.images import decode_picture
from pose_core.media.picture_file import read_header

__all__ = ["WAIT_S", "Read", "pixels_of", "read_placed"]

#: A place among the landmarkers, or the decoders, may be taken by visitors for as long as this.
WAIT_S: Final = 120.0


@dataclass(frozen=True, eq=False, slots=True)
class Read:
    """A picture with its pixels, and its annotations in them."""

    picture: AnnotatedPicture
    frame_rgb: FrameRGB
    truth: Truth


def read_placed(picture: AnnotatedPicture, joints: int) -> Read | PoseCoreError:
    """Pixels and placed annotations, or why there are none."""
    try:
        data = picture.load()
        frame_rgb = _pixels(data)
        if isinstance(data, bytes):
            stored_wh = read_header(data).size_wh
            orientation = exif_orientation(data)
        else:
            orientation, stored_wh = 1, (data.shape[1], data.shape[0])
    except (PictureError, DatasetError) as error:
        return error
    except (FileNotFoundError, MemoryError):
        return DatasetError(
            "dataset_picture_gone",
            "A picture must stay where it was while it is validated; {file} is gone, or there is no memory for it. "
            "Start again.",
            file=picture.name,
        )
    size_wh = (frame_rgb.shape[1], frame_rgb.shape[0])
    truth = place(picture, size_wh, stored_wh, orientation, joints)
    if truth is None:
        assert picture.size_wh is not None
        return DatasetError(
            "dataset_other_shape",
            "A picture must have the shape that its annotations are for, {width} x {height}; this one is "
            "{other_width} x {other_height}. Add the right picture.",
            width=picture.size_wh[0],
            height=picture.size_wh[1],
            other_width=size_wh[0],
            other_height=size_wh[1],
        )
    return Read(picture, frame_rgb, truth)


def pixels_of(picture: AnnotatedPicture) -> FrameRGB:
    """The upright picture, shape (H, W, 3).

    Raises
    ------
    PictureError
        If it cannot be read.
    """
    return _pixels(picture.load())


def _pixels(data: bytes | FrameRGB) -> FrameRGB:
    return decode_picture(data, wait_s=WAIT_S).frame_rgb if isinstance(data, bytes) else data
