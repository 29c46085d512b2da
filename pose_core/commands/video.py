"""Find people in a film, and write their movement as files for other programs."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable

from pose_core.commands.files import add_common, new_folder, pose_settings, read_input, write_output
from pose_core.export.english import english
from pose_core.export.video_files import FILE_NAMES, FileChoices, make_file
from pose_core.export.videos import clock
from pose_core.pipeline.video import VideoProgress, VideoSettings, analyse_video

__all__ = ["add_arguments", "run"]

_EVERY_S = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    add_common(parser, "MP4, MOV, WebM, MKV or AVI file")
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help="begin at this second")
    parser.add_argument("--end", type=float, default=math.inf, metavar="S", help="end before this second")
    parser.add_argument(
        "--slowed",
        type=float,
        default=1.0,
        metavar="N",
        help="the video plays N times slower than it was recorded",
    )
    parser.add_argument("--mirrored", action="store_true", help="the video was recorded as in a mirror")
    parser.add_argument("--height-cm", type=float, metavar="CM", help="height of the person, for true metres")
    parser.add_argument(
        "--floor-deg", type=float, metavar="DEG", help="how much the floor rises to the right"
    )
    parser.add_argument(
        "--no-film", action="store_true", help="do not write annotated.mp4, which takes longest"
    )


def run(arguments: argparse.Namespace) -> None:
    """Do it: files into the folder, progress on stderr."""
    settings = VideoSettings(
        pose=pose_settings(arguments),
        start_s=arguments.start,
        end_s=arguments.end,
        slowed=arguments.slowed,
        mirrored=arguments.mirrored,
    )
    choices = FileChoices(
        name=arguments.input.name,
        height_m=None if arguments.height_cm is None else arguments.height_cm / 100,
        floor_deg=arguments.floor_deg,
    )
    data = read_input(arguments.input)
    folder = new_folder(arguments.out)
    told = _Progress()
    result = analyse_video(data, settings, on_progress=told.analysed)
    told.end()
    if result.ended_by == "broken":
        _say(f"The file breaks off; the first {clock(result.read_to_s)} could be read.\n")
    for name in FILE_NAMES:
        if name == "annotated.mp4" and arguments.no_film:
            continue
        made = make_file(name, data, result, english, choices, on_progress=told.written(name))
        told.end()
        if made is None:
            _say(f"{name} is left out: nobody was found.\n")
        else:
            write_output(folder / name, made)
    _say(f"{len(result.time_s)} frames, people: {len(result.people)}; files are in {folder}\n")


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


class _Progress:
    """A line on stderr that is written over, twice a second at most."""

    def __init__(self) -> None:
        self._start_s = time.monotonic()
        self._told_s = -math.inf
        self._open = False

    def analysed(self, progress: VideoProgress) -> None:
        took_s = time.monotonic() - self._start_s
        self._tell(
            f"{clock(progress.done_s)} of {clock(progress.total_s)} done, "
            f"{progress.frames / max(took_s, 1e-3):.0f} frames a second"
        )

    def written(self, name: str) -> Callable[[float], None]:
        self._told_s = -math.inf
        return lambda share: self._tell(f"{name} {100 * share:.0f} %")

    def _tell(self, text: str) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= _EVERY_S:
            self._told_s, self._open = now_s, True
            _say(f"\r{text:<60}")

    def end(self) -> None:
        if self._open:
            _say("\n")
            self._open = False
