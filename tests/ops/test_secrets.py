"""A secrets file is parsed again only when it has changed; a damaged one is named without its content."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ops.secrets import secrets_section
from pose_core.errors import SettingsError


def test_a_file_is_parsed_again_only_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    loads = tomllib.loads

    def counted(text: str) -> dict[str, Any]:
        parsed.append(text)
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", counted)
    file = tmp_path / "secrets.toml"
    file.write_text("[one]\na = 1\n[two]\nb = 2")
    assert secrets_section("one", [file]) == (f"{tmp_path.name}/secrets.toml", {"a": 1})
    assert secrets_section("two", [str(file)]) == (f"{tmp_path.name}/secrets.toml", {"b": 2})
    assert len(parsed) == 1
    file.write_text("[one]\na = 3")
    os.utime(file, ns=(1, 1))
    assert secrets_section("one", [file]) == (f"{tmp_path.name}/secrets.toml", {"a": 3})
    assert secrets_section("two", [file]) is None


def test_the_last_file_with_the_section_counts_and_a_missing_one_is_skipped(tmp_path: Path) -> None:
    for name, text in (("a", "[x]\nn = 1"), ("b", "[x]\nn = 2"), ("c", "[y]\nn = 3")):
        (tmp_path / f"{name}.toml").write_text(text)
    files = [tmp_path / f"{name}.toml" for name in ("none", "a", "b", "c")]
    assert secrets_section("x", files) == (f"{tmp_path.name}/b.toml", {"n": 2})


def test_a_folder_of_mounted_secrets_is_left_to_streamlit(tmp_path: Path) -> None:
    assert secrets_section("x", [tmp_path]) is None


def test_a_damaged_file_is_named_with_its_line_and_nothing_of_its_content(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("[x]\npassword = correct-horse")
    for _ in range(2):
        with pytest.raises(SettingsError, match="line 2") as caught:
            secrets_section("x", [file])
        assert caught.value.code == "secrets_file"
        assert "horse" not in str(caught.value)
