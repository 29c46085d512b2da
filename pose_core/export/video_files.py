"""All files of a film, one after the other: what the page, the REST routes and the command give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pose_core.export.motion import Scale, angles_to_mot, find_scale, make_markers, to_c3d, to_trc
from pose_core.export.recordings import recording_to_csv
from pose_core.export.videos import angles_csv, video_report, video_to_json, video_to_xlsx
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.media.images import encode_png
from pose_core.movement.moments import Mark, Moment, key_moments, marked
from pose_core.pipeline.stills import still_sheet, stills
from pose_core.pipeline.video import VideoResult
from pose_core.pipeline.video_film import annotate_video
from pose_core.settings import DrawSettings
from pose_core.translate import Translate

__all__ = [
    "FILE_NAMES",
    "MORE_FILE_NAMES",
    "FileChoices",
    "find_scales",
    "make_file",
    "moments_of",
]

#: What a person with a hundred films gets for each.
FILE_NAMES: Final[tuple[str, ...]] = (
    "poses.json",
    "angles.csv",
    "poses.trc",
    "angles.mot",
    "poses.c3d",
    "report.html",
    "annotated.mp4",
)
#: What there is on demand as well.
MORE_FILE_NAMES: Final[tuple[str, ...]] = ("landmarks.csv", "poses.xlsx", "moments.png")


@dataclass(frozen=True, slots=True)
class FileChoices:
    """What the files need to know beside the result.

    Attributes
    ----------
    name : str
        Of the film's file, as it is written into the files.
    language : str
        Tag of the language of `t`.
    person : int or None
        Whose markers and key moments; the first found unless given.
    height_m, floor_deg : float or None
        The person's height, and the slope of the floor, if known.
    angle : str
        Whose extremes are key moments.
    draw : DrawSettings or None
        Those of the analysis unless given.
    marks : tuple of Mark
        Moments that somebody marked: in JSON, and among the key moments of report and sheet.
    """

    name: str = "film"
    language: str = "en"
    person: int | None = None
    height_m: float | None = None
    floor_deg: float | None = None
    angle: str = "left_knee"
    draw: DrawSettings | None = None
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        if self.angle not in ANGLE_NAMES:
            raise ValueError(f"angle must be one of {', '.join(ANGLE_NAMES)}; got {self.angle!r}.")


def find_scales(result: VideoResult, choices: FileChoices) -> dict[int, Scale]:
    """The scale of each person: measured for the one whose height is known."""
    measured = choices.person or next(iter(result.people), None)
    return {
        person: find_scale(
            result.sequence(person), choices.height_m if person == measured else None, choices.floor_deg
        )
        for person in result.people
    }


def make_file(
    name: str,
    data: bytes,
    result: VideoResult,
    t: Translate,
    choices: FileChoices | None = None,
    *,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> bytes | None:
    """One of `FILE_NAMES` or `MORE_FILE_NAMES`.

    Parameters
    ----------
    name : str
    data : bytes
        The film.
    result : VideoResult
    t : callable
        Translator, for the report and the workbook.
    choices : FileChoices, optional
    on_progress, cancelled : callable, optional
        For the film, which takes long.

    Returns
    -------
    bytes or None
        None for a file that needs a person, if nobody was found, or a frame, if there is none.

    Raises
    ------
    ClipError
        If the film cannot be written.
    KeyError
        If there is no such file, or nobody has the chosen number.
    """
    choices = choices or FileChoices()
    person = choices.person or next(iter(result.people), None)
    limit = result.settings.visibility_limit
    if name == "annotated.mp4":
        film = annotate_video(data, result, choices.draw, on_progress=on_progress, cancelled=cancelled)
        return film or None
    makers: Mapping[str, Callable[[], bytes]] = {
        "poses.json": lambda: video_to_json(
            result, choices.name, find_scales(result, choices), choices.marks
        ),
        "angles.csv": lambda: angles_csv(result),
        "landmarks.csv": lambda: recording_to_csv(result),
        "poses.xlsx": lambda: video_to_xlsx(result, t, choices.name),
    }
    if name in makers:
        return makers[name]()
    if name == "report.html":
        moments = moments_of(result, choices)
        return video_report(
            result,
            t,
            name=choices.name,
            language=choices.language,
            moments=moments,
            sheet=_sheet(data, result, moments, choices, t),
        )
    if name not in (*FILE_NAMES, *MORE_FILE_NAMES):
        raise KeyError(name)
    if person is None:
        return None
    sequence = result.sequence(person)
    if name == "angles.mot":
        return angles_to_mot(sequence, visibility_limit=limit)
    if name == "moments.png":
        return _sheet(data, result, moments_of(result, choices), choices, t) or None
    markers = make_markers(sequence, find_scales(result, choices)[person])
    return to_trc(markers, name) if name == "poses.trc" else to_c3d(markers)


def moments_of(result: VideoResult, choices: FileChoices) -> tuple[Moment, ...]:
    """Key moments of the chosen person, and somebody's own marks, in order of time."""
    person = choices.person or next(iter(result.people), None)
    found: tuple[Moment, ...] = ()
    if person is not None:
        limit = result.settings.visibility_limit
        found = key_moments(result.sequence(person), choices.angle, visibility_limit=limit)
    own = marked(result.time_s, choices.marks)
    taken = {moment.frame for moment in own}
    return tuple(
        sorted([*own, *(one for one in found if one.frame not in taken)], key=lambda moment: moment.time_s)
    )


def _sheet(
    data: bytes, result: VideoResult, moments: tuple[Moment, ...], choices: FileChoices, t: Translate
) -> bytes:
    if not moments:
        return b""
    pictures = stills(data, result, [moment.frame for moment in moments], choices.draw)
    captions = dict(_captions(moments, t))
    return (
        encode_png(still_sheet(pictures, [captions[still.frame] for still in pictures])) if pictures else b""
    )


def _captions(moments: tuple[Moment, ...], t: Translate) -> Iterator[tuple[int, str]]:
    for moment in moments:
        what = moment.text or t(f"video.moment_{moment.kind}")
        degrees = f" {moment.value:.0f}°" if moment.kind in ("least", "greatest") else ""
        yield moment.frame, f"{moment.time_s:.2f} s  {what}{degrees}"
