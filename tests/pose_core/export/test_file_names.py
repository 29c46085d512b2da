"""Names of files to download do no harm, whatever name was uploaded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_core.export.file_names import safe_stem, unique_stems

#: With more harmful names than chance would give.
file_names = st.one_of(
    st.text(max_size=100),
    st.text(alphabet='./\\:*?"<>| \0\n\ta-_Zé深σς\u202e\udcff', max_size=80),
    st.sampled_from(
        ["CON", "con.txt", "Lpt9.jpg", "..", ".", "", "~", "a" * 300 + ".jpg", "x" * 59 + "_" * 9]
    ),
)
WINDOWS_DEVICES = {"con", "prn", "aux", "nul"} | {f"{port}{i}" for port in ("com", "lpt") for i in range(10)}


@given(file_names)
def test_a_safe_stem_is_harmless_on_every_system(name: str) -> None:
    stem = safe_stem(name)
    assert 1 <= len(stem) <= 60
    assert all(character.isalnum() or character in "-_" for character in stem)
    assert stem.casefold() not in WINDOWS_DEVICES
    stem.encode("utf-8")


@given(file_names)
def test_a_safe_stem_is_not_changed_again(name: str) -> None:
    assert safe_stem(safe_stem(name)) == safe_stem(name)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("holiday.jpg", "holiday"),
        ("my.best.photo.png", "my_best_photo"),
        ("C:\\Users\\me\\squat.png", "squat"),
        ("/etc/passwd", "passwd"),
        ("../../../squat.jpg", "squat"),
        ("深蹲 (1).jpg", "深蹲_1"),
        ("e\u0301te\u0301.jpg", "été"),
        (".jpg", "picture"),
        ("nul", "picture_nul"),
        ("COM1.jpg", "picture_com1"),
        ("a" * 200 + ".jpg", "a" * 60),
        ("a" * 59 + " b.jpg", "a" * 59),
    ],
)
def test_safe_stem_by_example(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


@given(st.lists(file_names, max_size=12))
def test_unique_stems_differ_on_systems_that_ignore_case(names: list[str]) -> None:
    stems = unique_stems(names)
    assert len(stems) == len(names)
    assert len({stem.casefold() for stem in stems}) == len(stems)
    assert len({stem.upper() for stem in stems}) == len(stems)
    for stem in stems:
        assert 1 <= len(stem) <= 60
        assert all(character.isalnum() or character in "-_" for character in stem)


def test_unique_stems_number_what_would_be_the_same() -> None:
    assert unique_stems(["a.jpg", "A.png", "a_2.jpg", "b/a.gif"]) == ["a", "A_2", "a_2_2", "a_3"]
    assert unique_stems(["σ.jpg", "ς.jpg"]) == ["σ", "ς_2"], "one capital letter"
    long = "x" * 80
    assert unique_stems([long] * 11)[-1] == "x" * 57 + "_11"
