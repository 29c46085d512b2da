"""What the project says about itself in one place agrees with what it says elsewhere."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pose_core
from pose_core.media.images import MAX_FILE_MB
from tests.support.paths import ROOT


def test_the_public_names_exist() -> None:
    for name in pose_core.__all__:
        assert getattr(pose_core, name) is not None


def test_type_checkers_and_dir_see_the_names_that_are_loaded_on_access() -> None:
    tree = ast.parse(Path(pose_core.__file__).read_text())
    checked = {
        alias.name: str(node.module)
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert checked == {name: f"pose_core.{home}" for name, home in pose_core._HOMES.items()}
    assert sorted(checked) == sorted(pose_core.__all__)
    assert set(pose_core.__all__) <= set(dir(pose_core))
    with pytest.raises(AttributeError, match="'pose_core' has no attribute 'estimat'"):
        pose_core.estimat  # noqa: B018


@pytest.mark.parametrize("name", ["pose_core", "pose_core.errors"])
def test_importing_the_package_or_its_errors_loads_nothing_heavy(name: str) -> None:
    program = f"""
import sys
import {name}
heavy = ("mediapipe", "cv2", "av", "plotly", "numpy", "pose_core.pipeline")
print([one for one in heavy if one in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == pose_core.VERSION
    assert f"## {pose_core.VERSION}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_upload_limit_is_the_same_in_streamlit_and_in_the_core() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] == MAX_FILE_MB


def test_streamlit_reports_nothing_and_listens_on_this_machine_only() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["browser"] == {"gatherUsageStats": False, "serverAddress": "localhost"}
    assert config["server"]["address"] == "127.0.0.1"


def test_streamlit_drops_no_run_that_has_not_begun() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["runner"]["fastReruns"] is False
