"""Which size and model a live stream is processed with now, from its settings and from measurements."""

from __future__ import annotations

from typing import Final

from pose_core.pipeline.live.meter import Meter
from pose_core.pipeline.live.quality import Change, QualityController, Rung, ladder
from pose_core.pipeline.live.settings import LiveSettings

__all__ = ["AdaptiveQuality"]

_EVERY_S: Final = 0.5


class AdaptiveQuality:
    """A `QualityController` that follows a stream's settings. Belongs to the stream's thread; any thread may read.

    Parameters
    ----------
    settings : LiveSettings
    now_s : float
        Present time, on the stream's clock.
    """

    def __init__(self, settings: LiveSettings, now_s: float) -> None:
        self._begin(settings, now_s)
        self._looked_s = now_s
        self._change: Change | None = None

    def _begin(self, settings: LiveSettings, now_s: float) -> None:
        self._best = best = settings.best_rung()
        self._target_fps = settings.target_fps
        self._controller = QualityController(
            ladder(best.height_px, best.model), target_fps=settings.target_fps, now_s=now_s
        )

    @property
    def change(self) -> Change | None:
        """The last step taken."""
        return self._change

    def rung(self, settings: LiveSettings) -> Rung:
        """The rung in use with these settings."""
        return self._controller.rung if settings.adaptive else settings.best_rung()

    def follow(self, settings: LiveSettings, now_s: float) -> Rung:
        """Apply what was chosen since the last call, and return the rung for the next frame."""
        best = settings.best_rung()
        if settings.target_fps != self._target_fps:
            self._begin(settings, now_s)
        elif best != self._best:
            self._best = best
            self._controller.resize(ladder(best.height_px, best.model), now_s=now_s)
        return self.rung(settings)

    def update(self, settings: LiveSettings, meter: Meter, now_s: float) -> None:
        """Check the figures from time to time, and step if necessary; the meter then restarts."""
        if not settings.adaptive or now_s - self._looked_s < _EVERY_S:
            return
        self._looked_s = now_s
        figures = meter.figures(now_s)
        change = self._controller.update(
            now_s,
            processed_fps=figures.processed_fps,
            delivered_fps=figures.received_fps,
            busy_share=figures.busy_share,
        )
        if change is not None:
            self._change = change
            meter.restart(now_s)
