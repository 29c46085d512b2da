"""``python -m pose_core count``: the sample clip, and what cannot be read."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from pose_core.commands import BAD_INPUT, count, main
from pose_core.performer.samples import sample_clip


def test_only_the_json_is_printed_with_exactly_its_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "sample.mp4"
    film.write_bytes(sample_clip())
    assert main(["count", str(film), "--exercise", "squat", "--model", "lite"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result) == ["exercise", "count", "partial", "repetitions", "holds"]
    assert (result["exercise"], result["count"]) == ("squat", 1)
    (repetition,) = result["repetitions"]
    assert list(repetition) == ["start_s", "bottom_s", "end_s", "range_deg", "faults"]
    assert repetition["bottom_s"] == pytest.approx(1.5, abs=0.15)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("squat", "squat"),
        ("Push-ups", "push_up"),
        ("jack", "jumping_jack"),
        ("shoulder press", "shoulder_press"),
    ],
)
def test_usual_spellings_of_an_exercise_are_understood(written: str, meant: str) -> None:
    parser = argparse.ArgumentParser()
    count.add_arguments(parser)
    assert parser.parse_args(["film.mp4", "--exercise", written]).exercise == meant


@pytest.mark.parametrize("written", ["up", "dance", ""])
def test_another_exercise_is_a_wrong_usage(written: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["count", "film.mp4", "--exercise", written])
    assert ended.value.code == 2


def test_a_film_that_is_not_there_is_an_error_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["count", str(tmp_path / "gone.mp4")]) == BAD_INPUT
    printed = capsys.readouterr()
    assert not printed.out
    assert "gone.mp4" in printed.err
