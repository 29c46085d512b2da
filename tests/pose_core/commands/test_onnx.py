"""``python -m pose_core onnx``."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pose_core.commands import BAD_INPUT, main


def test_files_and_a_zip_of_them_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert main(["onnx", "lite", "--out", str(folder)]) == 0
    names = {path.name for path in folder.iterdir()}
    with zipfile.ZipFile(folder / "pose_lite_onnx.zip") as archive:
        assert {*archive.namelist(), "pose_lite_onnx.zip"} == names
        assert archive.read("run.py") == (folder / "run.py").read_bytes()


def test_folder_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["onnx", "lite", "--out", str(tmp_path / "file")]) == BAD_INPUT
    assert "--out must be a folder" in capsys.readouterr().err


def test_another_model_is_a_wrong_usage() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["onnx", "huge", "--out", "."])
    assert ended.value.code == 2
