"""A model that is not the pool's on a live stream: opened at its first frame, closed with the stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from pose_core.arrays import FrameRGB
from pose_core.errors import BusyError, PoseCoreError
from pose_core.pose import Pose

__all__ = ["Detector", "OpenDetector", "OtherModel"]


class Detector(Protocol):
    """Finds people in the frames of one stream, one after the other."""

    def detect(self, frame_rgb: FrameRGB, time_s: float) -> Sequence[Pose]:
        """People, in pixels of the frame."""

    def close(self) -> None:
        """Free the model."""


#: Opens a model, which may take seconds. Two that are equal open the same.
OpenDetector = Callable[[], Detector]


class OtherModel:
    """Keeps open what is wanted. For the stream's thread.

    A model that has failed is not opened again: its error is raised for each frame, until another one is wanted.
    """

    def __init__(self) -> None:
        self._wanted: OpenDetector | None = None
        self._opened: Detector | None = None
        self._problem: PoseCoreError | None = None

    def want(self, wanted: OpenDetector | None) -> None:
        """What the next frame needs; anything else is closed."""
        if wanted is not self._wanted and wanted != self._wanted:
            self.close()
        self._wanted = wanted

    def detect(self, frame_rgb: FrameRGB, time_s: float) -> Sequence[Pose]:
        """People in a frame, by the model that is wanted.

        Raises
        ------
        BusyError
            If it cannot be opened now; the next frame tries again.
        PoseCoreError
            If it cannot be opened, or has failed.
        """
        assert self._wanted is not None
        if self._problem is not None:
            raise self._problem
        try:
            if self._opened is None:
                self._opened = self._wanted()
            return self._opened.detect(frame_rgb, time_s)
        except BusyError:
            raise
        except PoseCoreError as error:
            self.close()
            self._problem = error
            raise

    def close(self) -> None:
        """Free the model, and forget its fault."""
        opened, self._opened = self._opened, None
        self._problem = None
        if opened is not None:
            opened.close()
