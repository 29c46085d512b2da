"""``python -m pose_core video`` and ``photo``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import av
import pytest

from pose_core.commands import BAD_INPUT, main
from pose_core.export.english import SENTENCES
from pose_core.export.video_files import FILE_NAMES
from pose_core.performer.samples import sample_bytes, sample_clip
from pose_ui.texts import catalogue


def test_all_files_of_a_film_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.mp4").write_bytes(sample_clip())
    out = tmp_path / "out"
    assert (
        main(["video", str(tmp_path / "in.mp4"), "--model", "lite", "--end", "0.8", "--out", str(out)]) == 0
    )
    assert sorted(path.name for path in out.iterdir()) == sorted(FILE_NAMES)
    told = capsys.readouterr()
    assert told.out == ""
    assert "20 frames, people: 1" in told.err
    poses = json.loads((out / "poses.json").read_text())
    assert (len(poses["time_s"]), poses["settings"]["detection"]["people"]) == (20, 1)
    with av.open(io.BytesIO((out / "annotated.mp4").read_bytes())) as film:
        times_s = [frame.time for frame in film.decode(video=0)]
    assert times_s == pytest.approx(poses["time_s"], abs=1e-3)
    report = (out / "report.html").read_text()
    assert "Left knee" in report
    assert "video." not in report.partition("<script>")[0]


@pytest.mark.parametrize("content", [None, b"no film"])
def test_a_bad_film_is_one_sentence_and_status_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = tmp_path / "in.mp4"
    if content is not None:
        path.write_bytes(content)
    assert main(["video", str(path), "--out", str(tmp_path / "out")]) == BAD_INPUT
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_wrong_usage_is_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["video", "in.mp4", "--people", "9", "--out", "."])
    assert ended.value.code == 2
    assert "--people" in capsys.readouterr().err


def test_a_photo_gives_its_files(tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(sample_bytes("squat"))
    assert main(["photo", str(tmp_path / "in.png"), "--out", str(tmp_path / "out")]) == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"annotated.png", "landmarks.csv", "pose.json"}


def test_sentences_of_commands_are_those_of_the_pages() -> None:
    texts = catalogue()
    assert {key: texts[key]["en"].strip() for key in SENTENCES} == dict(SENTENCES)
