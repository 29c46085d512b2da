"""The HTML report that every kind of result shares."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import numpy as np
import plotly.graph_objects as go
import pytest

from pose_core.export.report import (
    Beside,
    Chart,
    Facts,
    Heading,
    Picture,
    SideBars,
    Table,
    Text,
    html_report,
    limits_parts,
)
from pose_core.media.images import encode_jpeg, encode_png
from pose_core.settings import DetectionSettings, PoseSettings
from pose_ui.texts import Translator

NASTY = "</script></style><img src=x onerror=alert(1)> & \" ' \udcff"
FRAME_RGB = np.zeros((8, 12, 3), dtype=np.uint8)


class _Reader(HTMLParser):
    """Tags with their attributes, and the text of each open tag."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def _read(data: bytes) -> _Reader:
    reader = _Reader()
    reader.feed(data.decode())
    return reader


def test_every_text_is_shown_and_none_of_it_becomes_markup() -> None:
    figure = go.Figure(go.Bar(x=[NASTY.replace("\udcff", "")], y=[1]))
    read = _read(
        html_report(
            NASTY,
            [
                Heading(NASTY),
                Text(NASTY, "lead"),
                Table([NASTY], [[NASTY, NASTY]], NASTY),
                Facts([(NASTY, NASTY)]),
                Beside([Picture(encode_png(FRAME_RGB), NASTY, NASTY), Text(NASTY)]),
                Chart(figure, NASTY.replace("\udcff", "")),
            ],
            language="en",
            made=NASTY,
        )
    )
    shown = NASTY.replace("\udcff", "?")
    assert read.texts.count(shown) == 13
    assert [attributes.get("onerror") for attributes in read.named("img")] == [None]
    assert read.named("img")[0]["alt"] == shown


def test_pictures_are_inside_the_file_unchanged() -> None:
    for data, kind in ((encode_jpeg(FRAME_RGB), "jpeg"), (encode_png(FRAME_RGB), "png")):
        source = _read(html_report("r", [Picture(data, "black")], language="en")).named("img")[0]["src"]
        assert source == f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    with pytest.raises(ValueError, match="JPEG or PNG"):
        Picture(b"<svg onload=...>", "").html()


def test_plotly_is_inside_once_and_only_if_there_is_a_chart() -> None:
    chart = Chart(go.Figure(go.Bar(x=["a"], y=[1])), "one bar")
    plain = html_report("r", [Text('a <div class="chart"> in a sentence')], language="en")
    assert len(plain) < 10_000
    assert b"script-src 'none'" in plain
    two = html_report("r", [chart, chart], language="en")
    assert two.count(b"plotly.js v") == 1
    assert len(re.findall(rb"Plotly\.newPlot\(", two)) >= 2


def test_nothing_is_fetched_from_elsewhere() -> None:
    chart = Chart(go.Figure(go.Bar(x=["a"], y=[1])), "one bar")
    read = _read(html_report("r", [chart], language="zh-CN"))
    assert not read.named("link")
    assert all("src" not in attributes for attributes in read.named("script"))
    policy = next(a["content"] for a in read.named("meta") if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert read.named("html")[0]["lang"] == "zh-CN"


def test_bars_are_as_long_as_their_values_and_nan_has_none() -> None:
    bars = SideBars(("joint", "L", "R", "d"), [("knee", (90.0, "90°"), (float("nan"), "hidden"), "-")], 180.0)
    read = _read(html_report("r", [bars], language="en"))
    assert [(bar["class"], bar["style"]) for bar in read.named("i")] == [("left", "width: 50%")]
    assert {"90°", "hidden", "knee"} <= set(read.texts)


def test_headings_are_in_order_and_rows_and_columns_have_their_own_heads() -> None:
    read = _read(
        html_report("r", [Heading("a"), Heading("b", 3), Table(["x", "y"], [["1", "2"]])], language="en")
    )
    assert [tag for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)] == ["h1", "h2", "h3"]
    assert [attributes["scope"] for attributes in read.named("th")] == ["col", "col", "row"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_end_names_model_settings_and_limits(language: str) -> None:
    t = Translator("zh" if language == "zh" else "en")
    settings = PoseSettings(DetectionSettings("heavy", 3, 0.35), enlarge_small=False)
    texts = _read(
        html_report("r", limits_parts(settings, t, [("size", "9 px")], ["Only so."]), language=language)
    ).texts
    for text in ("heavy", "3", "0.35", "9 px", "Only so.", t("report.no"), t("report.limits_heading")):
        assert text in texts
