from __future__ import annotations

import json
from pathlib import Path

import pytest

from pose_core.commands import BAD_INPUT, main
from pose_core.performer import render_frame
from tests.support.annotations import write_performer
from tests.support.networks import declared, simcc
from tests.support.paths import ROOT


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    return write_performer(tmp_path / "set", {"a.png": render_frame("squat", 0.3, yaw_deg=-40)})


def test_it_writes_the_files_that_are_asked_for(
    annotated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["validate", str(annotated), str(annotated.parent / "pictures"), "--models", "lite"]
    files = [
        "--json",
        f"{out}/a.json",
        "--csv",
        f"{out}/a.csv",
        "--xlsx",
        f"{out}/a.xlsx",
        "--coco",
        f"{out}/coco",
        "--html",
        f"{out}/a.html",
        "--language",
        "zh",
    ]
    assert main([*arguments, *files]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["a.csv", "a.html", "a.json", "a.xlsx", "coco"]
    assert sorted(path.name for path in (out / "coco").iterdir()) == ["lite_crop.json", "lite_whole.json"]
    document = json.loads((out / "a.json").read_text("utf-8"))
    assert document["models"]["lite"]["whole"]["found"] == 1
    assert "姿态模型验证" in (out / "a.html").read_text("utf-8")
    told = capsys.readouterr()
    assert "within 0.2 of the torso" in told.out
    assert "s left" in told.err


def test_a_mistake_is_one_sentence_and_a_status(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["validate"]) == BAD_INPUT
    assert "There must be annotations" in capsys.readouterr().err
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    assert main(["validate", str(tmp_path / "a.json")]) == BAD_INPUT
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["validate", "--performer", "--bundle", str(tmp_path / "gone.task")]) == BAD_INPUT


def test_an_onnx_network_is_measured_beside_full(
    tmp_path: Path, annotated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dots.onnx").write_bytes(simcc())
    (tmp_path / "dots.json").write_text(json.dumps(declared("simcc")))
    own = ["--onnx", str(tmp_path / "dots.onnx"), "--decoder", str(tmp_path / "dots.json")]
    command = ["validate", str(annotated), str(annotated.parent / "pictures")]
    assert main([*command, *own, "--json", str(tmp_path / "out.json")]) == 0
    told = capsys.readouterr()
    assert "dots.onnx: The joints of the trial must be within 0.1 torsos" in told.err
    assert "own:dots - full, crop" in told.out
    document = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert set(document["models"]) == {"full", "own:dots"}
    assert main([*command, *own[:2]]) == BAD_INPUT
    assert "--onnx and --decoder must be given together" in capsys.readouterr().err


def test_documented_keys_are_those_of_the_file(annotated: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert main(["validate", str(annotated), "--models", "lite,full", "--json", str(out)]) == 0
    document = json.loads(out.read_text("utf-8"))
    text = (ROOT / "docs" / "validate.md").read_text("utf-8")
    for key in document:
        assert f"`{key}`" in text, key
    for protocol in ("whole", "crop"):
        one = document["models"]["full"][protocol]
        assert {"found", "pck", "oks", "per_joint", "errors", "people", "pictures", "intervals"} <= set(one)
        for key in one:
            assert f"`{key}`" in text or key == "intervals", key
    assert {(pair["a"], pair["b"], pair["protocol"]) for pair in document["paired"]} == {
        ("lite", "full", "whole"),
        ("lite", "full", "crop"),
    }
