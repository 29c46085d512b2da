"""Adaptive quality: which size and model a live stream is processed with, so that its rate stays above a target.

Pure and deterministic: time and measurements are arguments, nothing is read from a clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pose_core.settings import VARIANTS, Variant

__all__ = ["Change", "QualityController", "Rung", "ladder"]

DEFAULT_TARGET_FPS: Final = 15.0
#: Frame heights to fall back to. Below 360 px nothing is gained: inference time does not depend on the size.
HEIGHTS_PX: Final = (720, 480, 360)
#: A tenth of the delivered frames may be skipped before a stream counts as slow.
KEPT_SHARE: Final = 0.9
SLOW_FOR_S: Final = 3.0
ROOM_FOR_S: Final = 10.0
#: Shortly after a change, figures still include frames of the previous rung.
SETTLING_S: Final = 1.0
#: For this long after a change, the cost of a frame is compared with the previous rung: the machine's load is the same.
COMPARED_FOR_S: Final = 4.0
#: A longer time without figures is a break.
LONGEST_GAP_S: Final = 5.0
#: A step up that lasts less than this has failed; the wait before the next attempt then doubles.
FAILED_WITHIN_S: Final = 10.0
FIRST_WAIT_S: Final = 10.0
LONGEST_WAIT_S: Final = 300.0
#: Share of the thread's time that the needed rate may take on the next rung; the rest is for what is not measured.
SHARE_LIMIT: Final = 0.85
#: The same on the present rung, while the cost of the next one is unknown.
SHARE_LIMIT_UNTRIED: Final = 0.5
#: Heavy to full, the largest ratio between neighbours (33 to 13 ms). A larger one was a change in the machine's load.
MAX_COST_RATIO: Final = 2.5
#: An older comparison may be from a moment that was not typical, and is made again.
FORGET_AFTER_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder.

    Attributes
    ----------
    height_px : int or None
        Higher frames are first scaled down to this; None: as delivered.
    model : {"lite", "full", "heavy"}
    """

    height_px: int | None
    model: Variant


@dataclass(frozen=True, slots=True)
class Change:
    """A step up or down the ladder.

    Attributes
    ----------
    now_s : float
    before, after : Rung
    reason : {"slow", "room"}
        Down because the stream was too slow, or up because there was room.
    processed_fps : float
        Rate measured just before.
    """

    now_s: float
    before: Rung
    after: Rung
    reason: Literal["slow", "room"]
    processed_fps: float


def ladder(height_px: int | None, model: Variant) -> tuple[Rung, ...]:
    """All rungs from what a person chose downwards: first smaller sizes, then smaller models.

    Parameters
    ----------
    height_px : int or None
        Chosen frame height; None: as delivered.
    model : {"lite", "full", "heavy"}

    Returns
    -------
    tuple of Rung
        At least one.

    Examples
    --------
    >>> [(rung.height_px, rung.model) for rung in ladder(720, "full")]
    [(720, 'full'), (480, 'full'), (360, 'full'), (360, 'lite')]
    """
    smaller_px = (step_px for step_px in HEIGHTS_PX if height_px is None or step_px < height_px)
    sizes = [Rung(step_px, model) for step_px in (height_px, *smaller_px)]
    faster = reversed(VARIANTS[: VARIANTS.index(model)])
    return (*sizes, *(Rung(sizes[-1].height_px, variant) for variant in faster))


def _distance(one: Rung, other: Rung) -> int:
    """Steps between two rungs, of size and of model together."""

    def size(rung: Rung) -> int:
        return sum(rung.height_px is None or step_px < rung.height_px for step_px in HEIGHTS_PX)

    models = VARIANTS.index(one.model) - VARIANTS.index(other.model)
    return abs(size(one) - size(other)) + abs(models)


def _known(figure: float | None) -> float | None:
    return figure if figure is not None and math.isfinite(figure) and figure >= 0 else None


def _since(began_s: float | None, now_s: float) -> float:
    return now_s if began_s is None else began_s


class QualityController:
    """Decides when a stream steps down, and when up again.

    Down, when the processed rate has been below the needed rate for `SLOW_FOR_S`. The needed rate is the target, or
    `KEPT_SHARE` of what the source delivers if that is less: a slow source is no reason to step down.

    Up, when the rate has been sufficient for `ROOM_FOR_S` and the next rung would probably reach it too. The cost of
    the next rung is estimated as the present cost of a frame times the ratio of the two costs when they were last
    compared: a ratio stays right when other programs or viewers come and go. A step up that fails doubles the wait
    before that rung is tried again, from `FIRST_WAIT_S` to `LONGEST_WAIT_S`; a rung that lasts as long as its wait
    resets it to the first.

    Call all methods from one thread.

    Parameters
    ----------
    rungs : sequence of Rung
        From best to worst, as `ladder` returns them; the stream starts on the first.
    target_fps : float
        Frames a second to maintain.
    now_s : float
        Present time, on any clock that never goes back.

    Raises
    ------
    ValueError
        If there are no rungs, or the target is not positive.
    """

    def __init__(
        self, rungs: Sequence[Rung], *, target_fps: float = DEFAULT_TARGET_FPS, now_s: float
    ) -> None:
        if not rungs:
            raise ValueError("rungs must have at least one rung; got none")
        if not (math.isfinite(target_fps) and target_fps > 0):
            raise ValueError(f"target_fps must be positive; got {target_fps}")
        self._rungs = tuple(rungs)
        self._target_fps = target_fps
        self._waits_s: dict[Rung, float] = {}  # before a rung is tried again
        # By rung: ratio of its cost to that of the rung below, and when they were compared.
        self._cost_ratios: dict[Rung, tuple[float, float]] = {}
        # About the present rung; `_begin` sets them all.
        self._at: int
        self._changed_s: float
        self._last_s: float
        self._slow_since_s: float | None
        self._room_since_s: float | None
        self._cost_s: float | None  # of a frame, in seconds
        self._stepped_up: bool
        self._previous_cost_s: float | None  # the same on the previous rung
        self._begin(0, now_s)

    @property
    def rung(self) -> Rung:
        """What the stream should be processed with now."""
        return self._rungs[self._at]

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The whole ladder, from best to worst."""
        return self._rungs

    def update(
        self,
        now_s: float,
        *,
        processed_fps: float | None,
        delivered_fps: float | None,
        busy_share: float | None,
    ) -> Change | None:
        """Take the latest figures, and step if it is time.

        Call it about once a second or more often: more than `LONGEST_GAP_S` between two calls is a break, after which
        the stream must be slow, or have room, for the full time again. None, NaN and negative figures mean "unknown":
        without both rates nothing counts as slow, and without all three there is no room.

        Parameters
        ----------
        now_s : float
        processed_fps : float or None
            Frames a second processed by the model, over the last second or so.
        delivered_fps : float or None
            Frames a second delivered by the source over the same time.
        busy_share : float or None
            Share of that time, 0 to 1, in which the stream's thread was processing a frame.

        Returns
        -------
        Change or None
            The step taken; `rung` is then the new one.

        Raises
        ------
        ValueError
            If time goes back.
        """
        if not now_s >= self._last_s:
            raise ValueError(f"now_s must not be before {self._last_s}; got {now_s}")
        if now_s - self._last_s > LONGEST_GAP_S:
            self._slow_since_s = self._room_since_s = None
        self._last_s = now_s
        if now_s - self._changed_s < SETTLING_S:
            return None
        rate_fps, source_fps = _known(processed_fps), _known(delivered_fps)
        if rate_fps is None or source_fps is None:
            self._slow_since_s = self._room_since_s = None
            return None
        needed_fps = min(self._target_fps, KEPT_SHARE * source_fps)
        cost_s = self._cost(now_s, rate_fps, _known(busy_share))

        slow = rate_fps < needed_fps
        room = not slow and cost_s is not None and self._has_room(now_s, cost_s * needed_fps)
        self._slow_since_s = _since(self._slow_since_s, now_s) if slow else None
        self._room_since_s = _since(self._room_since_s, now_s) if room else None
        if self._slow_since_s is not None and now_s - self._slow_since_s >= SLOW_FOR_S:
            return self._step(+1, now_s, rate_fps)
        if self._room_since_s is not None and now_s - self._room_since_s >= ROOM_FOR_S:
            return self._step(-1, now_s, rate_fps)
        return None

    def resize(self, rungs: Sequence[Rung], *, now_s: float) -> None:
        """Switch to another ladder, because the person chose another size or model; the same one changes nothing.

        A stream on its best rung starts on the best of the new ones, since nothing speaks against it. One that had
        stepped down gets the nearest rung, the better of two that are equally near.

        Parameters
        ----------
        rungs : sequence of Rung
        now_s : float

        Raises
        ------
        ValueError
            If there are no rungs.
        """
        if not rungs:
            raise ValueError("rungs must have at least one rung; got none")
        if tuple(rungs) == self._rungs:
            return
        before = self.rung if self._at > 0 else None
        self._rungs = tuple(rungs)
        distances = [_distance(before, rung) if before else 0 for rung in self._rungs]
        self._begin(distances.index(min(distances)), now_s)

    # ------------------------------------------------------------------ measuring
    def _cost(self, now_s: float, rate_fps: float, busy_share: float | None) -> float | None:
        """Seconds that a frame costs now; shortly after a step also compares it with the previous rung."""
        if busy_share is None or busy_share == 0 or rate_fps == 0:
            return None
        self._cost_s = cost_s = busy_share / rate_fps
        previous_s = self._previous_cost_s
        if previous_s is not None and now_s - self._changed_s <= COMPARED_FOR_S:
            upper = self._rungs[self._at] if self._stepped_up else self._rungs[self._at - 1]
            ratio = cost_s / previous_s if self._stepped_up else previous_s / cost_s
            self._cost_ratios[upper] = (min(max(1.0, ratio), MAX_COST_RATIO), now_s)
        return cost_s

    def _has_room(self, now_s: float, needed_share: float) -> bool:
        """Whether the next better rung may be tried, if the needed rate takes `needed_share` of the time on this."""
        if self._at == 0:
            return False
        better = self._rungs[self._at - 1]
        if now_s - self._changed_s < self._waits_s.get(better, FIRST_WAIT_S) - ROOM_FOR_S:
            return False
        ratio, compared_s = self._cost_ratios.get(better, (1.0, -math.inf))
        if now_s - compared_s > FORGET_AFTER_S:
            return needed_share < SHARE_LIMIT_UNTRIED
        return needed_share * ratio < SHARE_LIMIT

    # ------------------------------------------------------------------ stepping
    def _step(self, direction: Literal[-1, 1], now_s: float, rate_fps: float) -> Change | None:
        """Go one rung down (+1) or up (-1), if there is one."""
        if self._at + direction >= len(self._rungs):
            return None
        before, cost_s = self.rung, self._cost_s
        if direction > 0 and self._stepped_up:
            self._update_wait(before, now_s - self._changed_s)
        self._begin(self._at + direction, now_s)
        self._stepped_up, self._previous_cost_s = direction < 0, cost_s
        return Change(now_s, before, self.rung, "slow" if direction > 0 else "room", rate_fps)

    def _update_wait(self, rung: Rung, lasted_s: float) -> None:
        """Set the wait before a rung is tried again, from how long it lasted."""
        wait_s = self._waits_s.get(rung, FIRST_WAIT_S)
        if lasted_s < FAILED_WITHIN_S:
            self._waits_s[rung] = min(2 * wait_s, LONGEST_WAIT_S)
        elif lasted_s >= wait_s:
            self._waits_s[rung] = FIRST_WAIT_S

    def _begin(self, at: int, now_s: float) -> None:
        """Start to measure on a rung."""
        self._at = at
        self._changed_s = self._last_s = now_s
        self._slow_since_s = self._room_since_s = None
        self._cost_s = self._previous_cost_s = None
        self._stepped_up = False
