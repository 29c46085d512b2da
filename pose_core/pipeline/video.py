"""A whole film, from its bytes to people over time: what the Video page, the REST routes and the commands call."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final, Literal

import av
import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.media.ahead import ahead
from pose_core.media.cuts import CutDetector
from pose_core.media.films import FilmReader, check_range_s, read_film
from pose_core.models.landmarker import StreamLandmarker
from pose_core.pipeline.frame import FramePath
from pose_core.pipeline.watchers import Watchers
from pose_core.pose import Layer, PoseSequence
from pose_core.settings import DetectionSettings, PoseSettings, check_range
from pose_core.tracking.recording import ROW_SHAPE, Values, sequence_of_rows, write_row
from pose_core.tracking.smoothing import SmoothingSettings
from pose_core.watching import Event, WatchedFrame, Watcher

__all__ = ["MAX_PERSON_FRAMES", "VideoProgress", "VideoResult", "VideoSettings", "analyse_video"]

#: Rows of landmarks that a result may hold: 127 MB; one person for 20 minutes at 50 frames a second.
MAX_PERSON_FRAMES: Final = 60_000
#: Decoded pictures that may wait for the model: 11 MB.
_AHEAD: Final = 4
_CHUNK_ROWS: Final = 256

#: What ended the reading: the film's end or the chosen end, the place where the file breaks off, `MAX_PERSON_FRAMES`,
#: or the caller.
VideoEnd = Literal["end", "broken", "person_frames", "cancelled"]

#: Makes the model for a film; called again after each cut, since a landmarker would look at the old places first.
LandmarkerFactory = Callable[[DetectionSettings], StreamLandmarker]


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """Every choice for the analysis of a film.

    Attributes
    ----------
    pose : PoseSettings
    smoothing : SmoothingSettings or None
        None: poses stay as the model gave them.
    start_s, end_s : float
        The part of the film, in seconds as it is played; infinite: up to its end.
    slowed : float
        How many times slower the film is played than it was recorded, 0.1 to 100: 8 for 240 frames a second played at
        30. All times of the result are those of the movement itself.
    mirrored : bool
        Whether the film was recorded as in a mirror: its pictures are turned back before anything else, so left and
        right are the person's own, and positions are those in the pictures turned back.
    find_cuts : bool
        Whether to look for cuts, after which tracking, smoothing and watchers start again.

    Raises
    ------
    ClipError
        If the part is empty.
    SettingsError
        If `slowed` is outside its range.
    """

    pose: PoseSettings = field(default_factory=PoseSettings)
    smoothing: SmoothingSettings | None = field(default_factory=SmoothingSettings)
    start_s: float = 0.0
    end_s: float = math.inf
    slowed: float = 1.0
    mirrored: bool = False
    find_cuts: bool = True

    def __post_init__(self) -> None:
        check_range_s(self.start_s, self.end_s)
        check_range("slowed", self.slowed, 0.1, 100)


@dataclass(frozen=True, slots=True, eq=False)
class VideoProgress:
    """How far an analysis is.

    Attributes
    ----------
    done_s, total_s : float
        Seconds of the film as it is played; the total is NaN if the file does not state its length.
    frames : int
        Frames analysed.
    watched : WatchedFrame
        The newest frame's people.
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        Its picture, without drawing: a view that is valid during the call only.
    """

    done_s: float
    total_s: float
    frames: int
    watched: WatchedFrame
    frame_rgb: FrameRGB = field(repr=False)


@dataclass(frozen=True, eq=False)
class VideoResult:
    """People over the time of a film; a `pose_core.pose.PeopleOverTime`.

    Attributes
    ----------
    settings : PoseSettings
    video_settings : VideoSettings
    time_s : ndarray, shape (T,)
        The time of every frame, with and without people: of the movement itself, from the film's first frame.
        Increasing; the first is not 0 if the part begins later.
    size_wh : tuple of int
        Width and height in pixels of the film as shown, upright and with square pixels; all positions refer to it.
    fps : float
        As stated in the file, else 25.
    duration_s, read_to_s : float
        How long the film lasts as it is played, as stated (NaN if not), and up to where it was read.
    first_s : float
        The time that the file states for its first frame: a player's clock shows ``time_s * slowed + first_s``.
    ended_by : {"end", "broken", "person_frames", "cancelled"}
    cuts_s : tuple of float
        Times of the frames with which another scene begins.
    events : tuple of Event
        What the watchers noticed, in order.
    row_frame, row_person : ndarray of int, shape (N,)
        Number of the frame (from 0) and of the person (from 1) of each person in each frame, in order of time.
    values : ndarray of float32, shape (N, 2, 33, 8)
        As in `pose_core.tracking.recording.Recording`; read it by `sequence`.
    """

    settings: PoseSettings
    video_settings: VideoSettings
    time_s: FloatArray
    size_wh: tuple[int, int]
    fps: float
    duration_s: float
    read_to_s: float
    first_s: float
    ended_by: VideoEnd
    cuts_s: tuple[float, ...]
    events: tuple[Event, ...]
    row_frame: NDArray[np.int32]
    row_person: NDArray[np.int32]
    values: Values = field(repr=False)

    @property
    def people(self) -> tuple[int, ...]:
        """Numbers of the people seen, ascending."""
        return tuple(np.unique(self.row_person).tolist())

    def sequence(self, person: int, layer: Layer = "smoothed", frames: slice = slice(None)) -> PoseSequence:
        """One of `people` over all frames, or over some of them: a slice without a step; built at each call.

        Raises
        ------
        KeyError
            If nobody has that number.
        """
        return sequence_of_rows(
            self.time_s,
            self.row_frame,
            self.row_person,
            self.values,
            self.size_wh,
            person,
            layer,
            frames,
        )


def analyse_video(
    data: bytes,
    settings: VideoSettings | None = None,
    landmarkers: LandmarkerFactory = StreamLandmarker,
    *,
    watchers: Sequence[Watcher] = (),
    on_progress: Callable[[VideoProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    also: tuple[tuple[int, int], Callable[[float, FrameRGB], None]] | None = None,
) -> VideoResult:
    """Find people in every frame of a film.

    Pictures are decoded on a thread of their own while the model works on this one.

    Parameters
    ----------
    data : bytes
        A whole MP4, MOV, WebM, MKV or AVI file.
    settings : VideoSettings, optional
    landmarkers : callable
        Makes the model, which is closed here.
    watchers : sequence of Watcher
        See every frame, restarts at cuts, and the end; their times are those of the result.
    on_progress : callable, optional
        Called after each frame.
    cancelled : callable, optional
        Asked before each frame; it may wait, to pause. Once it is true, what is there becomes the result.
    also : tuple of (box_px, callable), optional
        Who gets the pictures of all frames as well, in another size, on the thread that decodes; perhaps of a few
        frames more than the result has. See `pose_core.media.films.FilmReader.frames`.

    Returns
    -------
    VideoResult

    Raises
    ------
    ClipError
        If the file cannot be read, or is outside the limits (`pose_core.media.films.read_film`).
    BundleError, SetupError
        If the model cannot be loaded.
    """
    settings = settings or VideoSettings()
    film = read_film(data, mirrored=settings.mirrored)
    analysis = _Analysis(film, settings, landmarkers, Watchers(watchers))
    pictures = ahead(film.frames(settings.start_s, settings.end_s, also=also), _AHEAD)
    try:
        return analysis.run(pictures, on_progress, cancelled or (lambda: False))
    finally:
        analysis.close()


class _Analysis:
    """One film under way."""

    def __init__(
        self, film: FilmReader, settings: VideoSettings, landmarkers: LandmarkerFactory, watchers: Watchers
    ) -> None:
        self._film = film
        self._settings = settings
        self._landmarkers = landmarkers
        self._landmarker = landmarkers(settings.pose.detection)
        self._path = FramePath(settings.smoothing)
        self._watchers = watchers
        self._cuts = CutDetector() if settings.find_cuts else None
        self._cuts_s: list[float] = []
        self._times_s = array("d")
        self._row_frame = array("i")
        self._row_person = array("i")
        self._chunks: list[Values] = []
        self._events: list[Event] = []
        self._events_place = 0

    def close(self) -> None:
        self._landmarker.close()

    def run(
        self,
        pictures: Generator[tuple[float, FrameRGB]],
        on_progress: Callable[[VideoProgress], None] | None,
        cancelled: Callable[[], bool],
    ) -> VideoResult:
        total_s = min(self._film.duration_s, self._settings.end_s)
        ended_by: VideoEnd | None = None
        read_to_s = self._settings.start_s
        with closing(pictures):
            for played_s, frame_rgb in pictures:
                if cancelled():
                    ended_by = "cancelled"
                    break
                watched = self._add(played_s / self._settings.slowed, frame_rgb)
                read_to_s = played_s
                if on_progress is not None:
                    on_progress(VideoProgress(played_s, total_s, len(self._times_s), watched, frame_rgb))
                if len(self._row_frame) + self._settings.pose.detection.people > MAX_PERSON_FRAMES:
                    ended_by = "person_frames"
                    break
        self._watchers.finish()
        self._collect_events()
        return self._result(read_to_s, ended_by or self._film_end(read_to_s, total_s))

    def _film_end(self, read_to_s: float, total_s: float) -> VideoEnd:
        """Whether the file held all that it stated; the last frame may last long, and sound longer than pictures."""
        missing_s = total_s - read_to_s
        return "broken" if missing_s > max(1.0, 0.02 * total_s, 3 / self._film.fps) else "end"

    def _add(self, time_s: float, frame_rgb: FrameRGB) -> WatchedFrame:
        if self._cuts is not None and self._cuts.add(frame_rgb):
            self._cuts_s.append(time_s)
            self._landmarker.close()
            self._landmarker = self._landmarkers(self._settings.pose.detection)
            self._path.restart()
            self._watchers.restart(time_s)
        frame = av.VideoFrame.from_numpy_buffer(frame_rgb, format="rgb24")
        processed = self._path.process(
            frame, time_s, self._landmarker.detect, self._settings.pose, draw=False
        )
        assert processed is not None  # `read_film` refuses such sizes
        watched = processed.watched
        self._watchers.show(watched, frame_rgb)
        self._collect_events()
        for person in watched.people:
            if person.flipped:
                self._events.append(Event(time_s, person.number, "flip", "left_right"))
            place = len(self._row_frame) % _CHUNK_ROWS
            if place == 0:
                self._chunks.append(np.empty((_CHUNK_ROWS, *ROW_SHAPE), dtype=np.float32))
            write_row(self._chunks[-1][place], person, self._film.size_wh)
            self._row_frame.append(len(self._times_s))
            self._row_person.append(person.number)
        self._times_s.append(time_s)
        return watched

    def _collect_events(self) -> None:
        events, self._events_place = self._watchers.events.read(self._events_place)
        self._events += events

    def _result(self, read_to_s: float, ended_by: VideoEnd) -> VideoResult:
        rows = len(self._row_frame)
        values = np.empty((rows, *ROW_SHAPE), dtype=np.float32)
        for start in range(0, rows, _CHUNK_ROWS):
            values[start : start + _CHUNK_ROWS] = self._chunks.pop(0)[: rows - start]
        arrays = (
            np.array(self._times_s, dtype=np.float64),
            np.array(self._row_frame, dtype=np.int32),
            np.array(self._row_person, dtype=np.int32),
            values,
        )
        for part in arrays:
            part.flags.writeable = False
        time_s, row_frame, row_person, values = arrays
        return VideoResult(
            settings=self._settings.pose,
            video_settings=self._settings,
            time_s=time_s,
            size_wh=self._film.size_wh,
            fps=self._film.fps,
            duration_s=self._film.duration_s,
            read_to_s=read_to_s,
            first_s=self._film.first_s,
            ended_by=ended_by,
            cuts_s=tuple(self._cuts_s),
            events=tuple(self._events),
            row_frame=row_frame,
            row_person=row_person,
            values=values,
        )
