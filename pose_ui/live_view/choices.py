"""The choices behind a live picture: source, size, rate, and how frames are processed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pose_core.pipeline.live import ClipSource, LiveSettings, PerformerSource, Source
from pose_ui.live_view.session import SourceKind

__all__ = ["SIZES_WH", "LiveChoices", "Place"]

#: Who draws on the camera's picture, and where the model runs.
Place = Literal["browser", "server"]

_WIDE: Final = 1.5
#: At 1280x800 the picture then takes half of the window, or 45 % if it is wide.
_COLUMNS: Final = (2.45, 1.0)
_WIDE_COLUMNS: Final = (3.4, 1.0)
#: Picture height to size, as cameras offer them.
SIZES_WH: Final = {360: (640, 360), 480: (640, 480), 720: (1280, 720)}


@dataclass(frozen=True)
class LiveChoices:
    """What was chosen.

    Attributes
    ----------
    source : SourceKind
    scene : str
        What the performer shows.
    size_wh : tuple of int
        Requested from the camera and the performer, in pixels.
    fps : int
        Frames a second, requested from both.
    settings : LiveSettings
    drawn_in : Place
        Where the camera's picture is drawn on; performer and clip are always drawn by the server.
    in_step : bool
        In the browser: hold the picture back until its people are known.
    model_in : Place
        Where the model runs for the camera; in the browser, the browser draws, too.
    """

    source: SourceKind
    scene: str
    size_wh: tuple[int, int]
    fps: int
    settings: LiveSettings
    drawn_in: Place = "server"
    in_step: bool = True
    model_in: Place = "server"

    @property
    def shape(self) -> float:
        """Width of the picture by its height, as far as it is known before the first frame."""
        return self.size_wh[0] / self.size_wh[1]

    @property
    def columns(self) -> tuple[float, float]:
        """Widths of the picture's column and of the one beside it."""
        return _WIDE_COLUMNS if self.shape > _WIDE else _COLUMNS

    def make_source(self, clip: bytes | None) -> Source | None:
        """The source on this machine; None for the camera, whose frames come from the browser."""
        if self.source == "performer":
            return PerformerSource(self.scene, self.size_wh, self.fps)
        if self.source == "clip" and clip is not None:
            return ClipSource(clip)
        return None
