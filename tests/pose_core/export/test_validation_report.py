"""The report of a validation: verdict, definitions, worst pictures, what others published, limits."""

from __future__ import annotations

import dataclasses
import re
from html import unescape

import pytest

from pose_core.errors import DatasetError
from pose_core.export.validation_report import validation_report
from pose_ui.texts import Translator
from tests.support.validations import made_up


def _text(html: str) -> str:
    body = re.sub(r"<script.*?</script>", "", html.split("<body>")[1], flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_has_every_part_in_the_readers_language(language: str) -> None:
    t = Translator("zh" if language == "zh" else "en")
    result = made_up({"lite": 30.0, "full": 4.0}, names="<b>{}.jpg", missed=2)
    result = dataclasses.replace(
        result,
        unreadable=(("broken.jpg", DatasetError("dataset_picture_gone", "{file} gone", file="broken.jpg")),),
    )
    html = validation_report(result, "crop", t, language=language, made="today", reason_of=t.error).decode()
    text = _text(html)
    for key in (
        "tab_summary",
        "tab_joints",
        "tab_errors",
        "tab_worst",
        "published_heading",
        "limits",
        "method",
    ):
        assert re.sub(r"\s+", " ", t(f"validate.{key}")).strip() in text, key
    assert f"{t('validate.figure_pck')}: {t('validate.define_pck')}" in text
    assert "MediaPipe heavy" in text
    assert "68.5 %" in text
    assert html.count("<img ") == 6
    assert "<b>" not in html.replace("<body>", "")
    assert f'<html lang="{language}">' in html
    assert t.error(result.unreadable[0][1]) in text
    assert ("better than" in text) == (language == "en")


def test_a_picture_that_is_gone_is_left_out() -> None:
    result = made_up({"full": 4.0}, pictures=4)

    def gone() -> bytes:
        raise FileNotFoundError

    result = dataclasses.replace(
        result, pictures=tuple(dataclasses.replace(picture, load=gone) for picture in result.pictures)
    )
    html = validation_report(result, "crop", Translator("en"), language="en").decode()
    assert "<img " not in html
