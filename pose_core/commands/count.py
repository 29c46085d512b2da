"""Count the repetitions of an exercise in a film, and print them as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pose_core.errors import ClipError
from pose_core.movement.catalogue import EXERCISE_NAMES
from pose_core.movement.coach import AUTO, Coach
from pose_core.pipeline.video import VideoSettings, analyse_video
from pose_core.settings import VARIANTS, DetectionSettings, PoseSettings, Variant

__all__ = ["add_arguments", "count_film", "run"]

_DECIMALS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("film", type=Path, help="an MP4, MOV, WebM, MKV or AVI file")
    parser.add_argument(
        "--exercise",
        type=_exercise,
        choices=(*EXERCISE_NAMES, AUTO),
        default=AUTO,
        help="what to count, also as push-up, jack, curl or press; auto: recognise it",
    )
    parser.add_argument(
        "--arming",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="whether the start posture must be held still first, as it must live (standard: no)",
    )
    parser.add_argument("--model", choices=VARIANTS, default="full", help="standard: full")


def _exercise(text: str) -> str:
    """The name that a text stands for: ``"Push-up"`` for ``"push_up"``; the text itself if it stands for none."""
    plain = text.lower().replace("-", "").replace("_", "").replace(" ", "")
    for name in (*EXERCISE_NAMES, AUTO):
        whole, last = name.replace("_", ""), name.rpartition("_")[2]
        singulars = {whole, last} - {"up"}
        if plain in {form + ending for form in singulars for ending in ("", "s", "es")}:
            return name
    return text


def run(arguments: argparse.Namespace) -> None:
    """Print the JSON."""
    try:
        data = arguments.film.read_bytes()
    except OSError as error:
        raise ClipError(
            "clip_not_opened",
            "The video must be a file that can be read; {name} cannot ({reason}). Check the path and try again.",
            name=arguments.film.name,
            reason=error.strerror,
        ) from error
    result = count_film(data, arguments.exercise, arming=arguments.arming, model=arguments.model)
    sys.stdout.write(json.dumps(result, allow_nan=False) + "\n")


def count_film(
    data: bytes, exercise: str = AUTO, *, arming: bool = False, model: Variant = "full"
) -> dict[str, Any]:
    """Count the repetitions in a film.

    Parameters
    ----------
    data : bytes
        A whole film.
    exercise : str
        One of `EXERCISE_NAMES`, or ``"auto"``.
    arming : bool
        Whether the start posture must be held still first.
    model : {"lite", "full", "heavy"}

    Returns
    -------
    dict
        ``exercise`` (None if none was recognised), ``count``, ``partial``, ``repetitions`` (the complete ones) with
        ``start_s``, ``bottom_s``, ``end_s``, ``range_deg`` and ``faults`` (names), ``holds`` with ``start_s`` and
        ``end_s``. Ready for JSON.

    Raises
    ------
    ClipError
        If the film cannot be read.
    SettingsError
        If there is no such exercise.
    """
    coach = Coach(exercise, arming=arming)
    # The coach reads the poses as the model gave them: smoothing them would only take time.
    settings = VideoSettings(PoseSettings(DetectionSettings(model=model)), smoothing=None)
    analyse_video(data, settings, watchers=[coach])
    if exercise == AUTO:
        coach.choose(coach.likeliest())
    state = coach.state
    return {
        "exercise": state.exercise,
        "count": state.count,
        "partial": state.partial,
        "repetitions": [
            {
                "start_s": round(repetition.start_s, _DECIMALS),
                "bottom_s": round(repetition.bottom_s, _DECIMALS),
                "end_s": round(repetition.end_s, _DECIMALS),
                "range_deg": round(repetition.range_deg, 1),
                "faults": [judgement.fault for judgement in repetition.faults],
            }
            for repetition in state.repetitions
            if repetition.full
        ],
        "holds": [
            {"start_s": round(hold.start_s, _DECIMALS), "end_s": round(hold.end_s, _DECIMALS)}
            for hold in state.holds
        ],
    }
