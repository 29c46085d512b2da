"""Both settings look at the same pixels, in turn, so that whatever else the machine does slows both alike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from pose_core.arrays import FrameRGB
from pose_core.errors import PoseCoreError
from pose_core.evaluation.side_by_side.finding import Looker, follower, watched
from pose_core.evaluation.side_by_side.settings import MAX_PICTURES, MAX_S, SideBySideSettings
from pose_core.media.ahead import ahead
from pose_core.media.cuts import CutDetector
from pose_core.media.films import read_film
from pose_core.media.images import decode_picture
from pose_core.pose import TrackedPerson
from pose_core.watching import WatchedFrame

__all__ = ["Kind", "Looked", "Progress", "Seen", "in_pixels_of", "look_at_film", "look_at_pictures"]

S = TypeVar("S")
T = TypeVar("T")
Kind = Literal["film", "pictures"]
#: What ended it: nothing was left, or the limit on frames or time, or the caller.
EndedBy = Literal["end", "frames", "time", "cancelled"]
#: Decoded pictures that may wait.
_AHEAD: Final = 4
#: A picture is looked at again until each setting has been timed so often; the first look is not timed.
_TIMED: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame or picture, as both saw it.

    Attributes
    ----------
    name : str
        Of a picture's file; empty for a frame.
    time_s : float
        Seconds from the film's first frame; 0 for a picture.
    size_wh : tuple of int
        Of the frame or picture itself; joints of `people` are in its pixels.
    people : tuple of two WatchedFrame
        What A found, and what B found.
    took_ms : tuple of two tuples of float
        How long each took, once or several times, in the same order; in a film from the picture in memory to its
        smoothed joints, in a picture the model alone.
    """

    name: str
    time_s: float
    size_wh: tuple[int, int]
    people: tuple[WatchedFrame, WatchedFrame]
    took_ms: tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """All that both saw.

    Attributes
    ----------
    kind : {"film", "pictures"}
    seen : tuple of Seen
        In order.
    fps : float
        Frames a second of the film; NaN for pictures.
    first_s : float
        The time that a film states for its first frame: a player's clock is that much later.
    unreadable : tuple of (str, PoseCoreError)
        Pictures that were left out, and why.
    ended_by : {"end", "frames", "time", "cancelled"}
    """

    kind: Kind
    seen: tuple[Seen, ...]
    fps: float = math.nan
    first_s: float = 0.0
    unreadable: tuple[tuple[str, PoseCoreError], ...] = ()
    ended_by: EndedBy = "end"


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How far it is.

    Attributes
    ----------
    done, total : int
        Frames or pictures; the total is an estimate for a film that does not state its length.
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        The newest: a view that is valid during the call only.
    """

    done: int
    total: int
    frame_rgb: FrameRGB = field(repr=False)


Tell = Callable[[Progress], None]


def _never() -> bool:
    return False


def look_at_film(
    data: bytes,
    settings: SideBySideSettings,
    on_progress: Tell | None = None,
    cancelled: Callable[[], bool] = _never,
) -> Looked:
    """Both settings on consecutive frames of a film, each with a landmarker that follows people from frame to frame.

    Parameters
    ----------
    data : bytes
        A whole film, as `pose_core.media.films.read_film` takes it.
    settings : SideBySideSettings
    on_progress : callable, optional
        Called after each frame.
    cancelled : callable, optional
        Asked before each frame; once it is true, what is there is the result.

    Raises
    ------
    ClipError, BusyError
        If the film cannot be read.
    BundleError, SetupError
        If a model cannot be loaded.
    """
    film = read_film(data)
    length_s = film.duration_s - settings.start_s
    total = settings.frames
    if math.isfinite(length_s):
        total = max(1, min(total, round(length_s * film.fps)))
    seen: list[Seen] = []
    ended_by: EndedBy = "end"
    end_s = time.monotonic() + MAX_S
    cuts = CutDetector()
    with ExitStack() as stack:
        sides = [stack.enter_context(closing(follower(one, settings))) for one in settings.pair]
        pictures = stack.enter_context(closing(ahead(film.frames(settings.start_s, math.inf), _AHEAD)))
        for time_s, frame_rgb in pictures:
            if cancelled() or len(seen) >= settings.frames or time.monotonic() > end_s:
                ended_by = _why(len(seen), settings, time.monotonic() > end_s)
                break
            if cuts.add(frame_rgb):
                for side in sides:
                    side.restart()
            found = _in_turn(sides, len(seen), lambda side: side.look(frame_rgb, time_s))  # noqa: B023
            people, took_ms = zip(*found, strict=True)
            a_ms, b_ms = took_ms
            seen.append(
                Seen("", time_s, film.size_wh, in_pixels_of(people, film.size_wh), ((a_ms,), (b_ms,)))
            )
            if on_progress is not None:
                on_progress(Progress(len(seen), max(total, len(seen)), frame_rgb))
    return Looked("film", tuple(seen), film.fps, film.first_s, ended_by=ended_by)


def _why(done: int, settings: SideBySideSettings, late: bool) -> EndedBy:
    if done >= settings.frames:
        return "frames"
    return "time" if late else "cancelled"


def _in_turn(sides: Sequence[S], number: int, look: Callable[[S], T]) -> list[T]:
    """What each side finds, A's first; the two take turns in who begins."""
    order = (0, 1) if number % 2 == 0 else (1, 0)
    found = {side: look(sides[side]) for side in order}
    return [found[0], found[1]]


def look_at_pictures(
    pictures: Sequence[tuple[str, bytes]],
    settings: SideBySideSettings,
    on_progress: Tell | None = None,
    cancelled: Callable[[], bool] = _never,
) -> Looked:
    """Both settings on single pictures; small ones are enlarged, as on the Photo page.

    Parameters
    ----------
    pictures : sequence of (str, bytes)
        Names and files; those after `MAX_PICTURES` are left out.
    settings, on_progress, cancelled
        As in `look_at_film`.

    Raises
    ------
    BusyError, BundleError, SetupError
        If a model cannot be had.
    """
    pictures = pictures[:MAX_PICTURES]
    seen: list[Seen] = []
    unreadable: list[tuple[str, PoseCoreError]] = []
    ended_by: EndedBy = "end"
    rounds = math.ceil(_TIMED / max(1, len(pictures)))
    end_s = time.monotonic() + MAX_S
    with ExitStack() as stack:
        sides = [stack.enter_context(closing(Looker(one, settings))) for one in settings.pair]
        for number, (name, data) in enumerate(pictures):
            if cancelled() or time.monotonic() > end_s:
                ended_by = "time" if time.monotonic() > end_s else "cancelled"
                break
            try:
                frame_rgb = decode_picture(data).frame_rgb
            except PoseCoreError as error:
                unreadable.append((name, error))
                continue
            seen.append(_look(sides, settings, name, frame_rgb, rounds))
            if on_progress is not None:
                on_progress(Progress(number + 1, len(pictures), frame_rgb))
    return Looked("pictures", tuple(seen), unreadable=tuple(unreadable), ended_by=ended_by)


def _look(
    sides: Sequence[Looker], settings: SideBySideSettings, name: str, frame_rgb: FrameRGB, rounds: int
) -> Seen:
    """Once to find people, then `rounds` times for the time; all looks of a setting find the same."""
    prepared = [(side, side.prepared(frame_rgb)) for side in sides]
    size_wh = (frame_rgb.shape[1], frame_rgb.shape[0])
    found = [side.find(small_rgb) for side, small_rgb in prepared]
    took_ms: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for into, one_ms in zip(took_ms, _in_turn(prepared, number, _timed), strict=True):
            into.append(one_ms)
    people = [watched(poses, settings, size_wh, 0.0) for poses in found]
    return Seen(name, 0.0, size_wh, (people[0], people[1]), (tuple(took_ms[0]), tuple(took_ms[1])))


def _timed(side: tuple[Looker, FrameRGB]) -> float:
    looker, frame_rgb = side
    start_s = time.perf_counter()
    looker.find(frame_rgb)
    return (time.perf_counter() - start_s) * 1e3


def in_pixels_of(
    people: Sequence[WatchedFrame], size_wh: tuple[int, int]
) -> tuple[WatchedFrame, WatchedFrame]:
    """Both in pixels of the picture itself, whatever size the model saw."""
    a, b = (
        WatchedFrame(
            one.time_s,
            tuple(
                TrackedPerson(
                    person.number, person.raw.resized(size_wh), person.pose.resized(size_wh), person.flipped
                )
                for person in one.people
            ),
            size_wh,
            False,
            one.angles_deg,
            one.angle_reasons,
        )
        for one in people
    )
    return a, b
