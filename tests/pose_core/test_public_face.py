"""What the project says of itself in one place agrees with what it says in another."""

from __future__ import annotations

import tomllib

import pose_core
from pose_core.media.images import MAX_FILE_MB
from tests.support.paths import ROOT


def test_the_public_names_are_there() -> None:
    for name in pose_core.__all__:
        assert getattr(pose_core, name) is not None


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
