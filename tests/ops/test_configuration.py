"""Settings from the environment, and the messages for wrong values."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.configuration import Configuration, read_configuration
from pose_core.errors import SettingsError
from tests.support.paths import ROOT

TOKEN = "0123456789abcdef"

#: Variable, a value, and the fields that it sets. The other fields keep their defaults.
GOOD = [
    ("POSEDECK_SEATS", "7", {"seats": 7}),
    ("POSEDECK_API_TOKEN", TOKEN, {"api_token": TOKEN}),
    ("POSEDECK_PASSWORD", "four words nobody joins", {"password": "four words nobody joins"}),
    ("POSEDECK_PASSWORD", "密码密码密码密码", {"password": "密码密码密码密码"}),
    ("POSEDECK_LOGIN", "OIDC", {"login": True}),
    (
        "POSEDECK_CORS",
        "https://a.example, http://localhost:3000,",
        {"origins": ("https://a.example", "http://localhost:3000")},
    ),
    ("POSEDECK_HOSTS", "Pose.example.org, *.a.example,", {"hosts": ("pose.example.org", "*.a.example")}),
    ("POSEDECK_HOSTS", "192.168.1.5,[fd00::5],*", {"hosts": ("192.168.1.5", "[fd00::5]", "*")}),
    ("SPACE_HOST", "me-posedeck.hf.space", {"hosts": ("me-posedeck.hf.space",)}),
    ("SPACE_HOST", "nonsense/", {}),
    ("POSEDECK_RATE", "0", {"rate": 0}),
    ("POSEDECK_LOG_FOLDER", "logs", {"log_folder": Path("logs")}),
    ("POSEDECK_LOG_LEVEL", "Debug", {"log_level": "debug"}),
    ("POSEDECK_LOG_MB", "1", {"log_mb": 1}),
    ("POSEDECK_LOG_FILES", "1000", {"log_files": 1000}),
]

BAD = [
    ("POSEDECK_SEATS", "0"),
    ("POSEDECK_SEATS", "many"),
    ("POSEDECK_SEATS", "٣"),
    ("POSEDECK_LOGIN", "google"),
    ("POSEDECK_CORS", "*"),
    ("POSEDECK_CORS", "null"),
    ("POSEDECK_CORS", "a.example"),
    ("POSEDECK_CORS", "https://a.example/path"),
    ("POSEDECK_HOSTS", "https://pose.example.org"),
    ("POSEDECK_HOSTS", "pose.example.org:8080"),
    ("POSEDECK_HOSTS", "*pose.example.org"),
    ("POSEDECK_HOSTS", "pose example"),
    ("POSEDECK_RATE", "-1"),
    ("POSEDECK_RATE", "1e3"),
    ("POSEDECK_RATE", "10000000"),
    ("POSEDECK_LOG_LEVEL", "loud"),
    ("POSEDECK_LOG_MB", "0"),
    ("POSEDECK_LOG_FILES", "0"),
]

#: Values that must not be repeated, since each may be a mistyped real one.
SECRET = [
    ("POSEDECK_API_TOKEN", "0123456789abcde"),
    ("POSEDECK_API_TOKEN", "a token with spaces in it"),
    ("POSEDECK_API_TOKEN", "x" * 1001),
    ("POSEDECK_PASSWORD", "1234567"),
    ("POSEDECK_PASSWORD", "a space at the end "),
    ("POSEDECK_PASSWORD", "        "),
]


@pytest.mark.parametrize(("name", "value", "fields"), GOOD)
def test_each_variable_sets_its_own_field_and_no_other(
    name: str, value: str, fields: dict[str, object]
) -> None:
    assert read_configuration({name: value}) == Configuration(**fields)  # type: ignore[arg-type]


def test_without_variables_or_with_empty_ones_the_defaults_apply() -> None:
    assert read_configuration({}) == Configuration()
    assert read_configuration({name: "" for name, _, _ in GOOD}) == Configuration()


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_named_with_what_to_do(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_configuration({name: value})
    sentence = str(caught.value)
    assert sentence.startswith(f"{name} must be ")
    assert f"got {value}." in sentence
    assert sentence.endswith("Correct it or leave it out.")


@pytest.mark.parametrize(("name", "value"), SECRET)
def test_a_secret_that_cannot_be_used_is_named_but_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_configuration({name: value})
    assert str(caught.value).startswith(f"{name} must be ")
    assert value.strip() == "" or value.strip() not in str(caught.value)
    assert value not in caught.value.values.values()


def test_a_password_and_a_login_exclude_each_other() -> None:
    with pytest.raises(SettingsError, match="both are set"):
        read_configuration({"POSEDECK_LOGIN": "oidc", "POSEDECK_PASSWORD": "long enough"})


def test_the_list_of_who_may_come_in_has_addresses_and_domains_and_needs_the_login() -> None:
    read = read_configuration({"POSEDECK_LOGIN": "oidc", "POSEDECK_LOGIN_WHO": "Ann@Example.org, @b.example"})
    assert read.login_who == ("ann@example.org", "@b.example")
    with pytest.raises(SettingsError, match="got ann\\."):
        read_configuration({"POSEDECK_LOGIN": "oidc", "POSEDECK_LOGIN_WHO": "ann"})
    with pytest.raises(SettingsError, match="which is not set"):
        read_configuration({"POSEDECK_LOGIN_WHO": "@b.example"})


def test_no_repr_shows_a_secret() -> None:
    shown = repr(read_configuration({"POSEDECK_API_TOKEN": TOKEN}))
    shown += repr(read_configuration({"POSEDECK_PASSWORD": "four words nobody joins"}))
    assert TOKEN not in shown
    assert "nobody joins" not in shown


def test_every_variable_is_in_the_table_of_the_document() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    for name in {name for name, _, _ in GOOD} | {"POSEDECK_LOGIN_WHO"}:
        assert f"| `{name}` |" in text, name
