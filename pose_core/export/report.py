"""A report to pass on: one HTML file that opens without a network and prints on A4.

It is made of parts, in reading order. All text is escaped, so that a file name or a sentence may hold any character. A
policy inside the file keeps a browser from fetching anything from anywhere.

Examples
--------
Yield the parts from a function, with every sentence from a `pose_core.translate.Translate`:

>>> def parts():
...     yield Text("4 repetitions, 1 of them partial.", "lead")
...     yield Heading("Angles")
...     yield Table(["joint", "L", "R"], [["knee", "92°", "95°"]])
...     yield Facts([("model", "full"), ("picture", "640 × 480")])
>>> html_report("Squats", parts(), language="en")[:15]
b'<!DOCTYPE html>'

`Picture` takes a JPEG or PNG file, `Chart` a Plotly figure. Plotly's script (4.8 MB) is in the file once, and only if
there is a chart. `Beside` puts parts next to each other where there is room. End with `limits_parts`: how the figures
were made, and what they cannot say.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Final, Literal, Protocol

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from pose_core.models.bundles import bundle
from pose_core.models.landmarker import runtime_version
from pose_core.settings import PoseSettings
from pose_core.translate import Translate
from pose_core.version import VERSION

__all__ = [
    "Beside",
    "Chart",
    "Facts",
    "Heading",
    "Part",
    "Picture",
    "SideBars",
    "Table",
    "Text",
    "html_report",
    "limits_parts",
    "settings_facts",
]

Kind = Literal["plain", "lead", "note", "quiet"]


class Part(Protocol):
    """Anything that can stand in a report."""

    def html(self) -> str:
        """Escaped HTML, complete in itself."""
        ...


@dataclass(frozen=True, slots=True)
class Heading:
    """Title of a section, or of a part of one (`level` 2 or 3; the report's own title is level 1)."""

    text: str
    level: Literal[2, 3] = 2

    def html(self) -> str:
        """The heading."""
        return f"<h{self.level}>{escape(self.text)}</h{self.level}>"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph for each line of the text.

    `kind` is ``"lead"`` for the result in one sentence, ``"note"`` for what to know before trusting it, ``"quiet"`` for
    details, else ``"plain"``.
    """

    text: str
    kind: Kind = "plain"

    def html(self) -> str:
        """The paragraphs."""
        return "\n".join(
            f'<p class="{self.kind}">{escape(line)}</p>' for line in self.text.split("\n") if line.strip()
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG or PNG file, at most as large as the page; `alt` says what it shows.

    Raises
    ------
    ValueError
        From `html`, for any other kind of file.
    """

    data: bytes
    alt: str
    caption: str = ""

    def html(self) -> str:
        """The picture as a data address, with its caption."""
        kind = next((kind for start, kind in _PICTURES.items() if self.data.startswith(start)), None)
        if kind is None:
            raise ValueError(f"data must be a JPEG or PNG file; it begins with {self.data[:8]!r}.")
        address = f"data:image/{kind};base64,{base64.b64encode(self.data).decode()}"
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        return f'<figure><img src="{address}" alt="{escape(self.alt)}">{caption}</figure>'


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under a head, which may be empty; the first column names the row."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    def html(self) -> str:
        """The table; a wide one scrolls by itself on a narrow screen."""
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        head = f"<thead><tr>{_cells(self.head, 'th', 'col')}</tr></thead>" if self.head else ""
        rows = "".join(f"<tr>{_cells(row[:1], 'th', 'row')}{_cells(row[1:], 'td')}</tr>" for row in self.rows)
        return f'<div class="wide"><table>{caption}{head}<tbody>{rows}</tbody></table></div>'


@dataclass(frozen=True, slots=True)
class SideBars:
    """A table of left against right, each value with its text over a bar: blue left, orange and hatched right.

    Attributes
    ----------
    head : tuple of str
        What a row is, left, right, and the last column.
    rows : sequence of (str, (float, str), (float, str), str)
        Name, value and text of each side, and the last cell. NaN has no bar.
    most : float
        The value of a bar as long as its column.
    """

    head: tuple[str, str, str, str]
    rows: Sequence[tuple[str, tuple[float, str], tuple[float, str], str]]
    most: float

    def html(self) -> str:
        """The table."""
        rows = "".join(
            f"<tr>{_cells([name], 'th', 'row')}{self._bar('left', *left)}{self._bar('right', *right)}"
            f"{_cells([last], 'td')}</tr>"
            for name, left, right, last in self.rows
        )
        head = f"<thead><tr>{_cells(self.head, 'th', 'col')}</tr></thead>"
        return f'<div class="wide"><table class="bars">{head}<tbody>{rows}</tbody></table></div>'

    def _bar(self, side: str, value: float, text: str) -> str:
        width = 100 * min(max(value / self.most, 0.0), 1.0) if isfinite(value) else 0.0
        bar = f'<i class="{side}" style="width: {width:.0f}%"></i>' if width else ""
        return f"<td>{escape(text)}{bar}</td>"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, such as settings."""

    rows: Sequence[tuple[str, str]]

    def html(self) -> str:
        """A list of terms and descriptions."""
        pairs = "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in self.rows
        )
        return f"<dl>{pairs}</dl>"


@dataclass(frozen=True, slots=True)
class Chart:
    """A Plotly figure, drawn by the browser; `alt` says what it shows."""

    figure: go.Figure
    alt: str

    def html(self) -> str:
        """The chart, without Plotly's script, which `html_report` adds."""
        # Charts leave paper and text to the page's theme; here that is white paper.
        inside = (
            go.Figure(self.figure)
            .update_layout(template="plotly_white")
            .to_html(
                full_html=False,
                include_plotlyjs=False,
                config={"displaylogo": False, "displayModeBar": False, "responsive": True},
            )
        )
        return f'<div class="chart" role="img" aria-label="{escape(self.alt)}">{inside}</div>'


@dataclass(frozen=True, slots=True)
class Beside:
    """Parts next to each other, of equal width, and on one page of paper; below each other on a narrow screen."""

    parts: Sequence[Part]

    def html(self) -> str:
        """The parts in a row."""
        return '<div class="beside">' + "".join(f"<div>{part.html()}</div>" for part in self.parts) + "</div>"


#: How files of each kind begin.
_PICTURES: Final = {b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png"}
#: As wide as the text of an A4 page, so that charts are on paper as on screen: 210 mm less the margins, 96 px an inch.
_CSS: Final = """
:root { color-scheme: light; }
@page { size: A4; margin: 14mm 12mm; }
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #1a1d21;
  background: #fff; margin: 0 auto; max-width: 186mm; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; padding-top: .5rem; border-top: 1px solid #dfe3e8; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
p.lead { border-left: 4px solid #0072b2; padding: .5rem 1rem; background: #f2f6fa; font-size: 1.1rem; }
p.note { border-left: 4px solid #e69f00; padding: .4rem 1rem; background: #fdf7ea; }
p.quiet, figcaption, caption { color: #565d67; font-size: .9rem; }
figure { margin: .8rem 0; } figcaption { margin-top: .3rem; }
img { display: block; max-width: 100%; max-height: 150mm; height: auto; border-radius: 4px; }
div.wide { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { text-align: left; font-weight: 400; padding: .3rem .5rem; border-bottom: 1px solid #dfe3e8;
  vertical-align: top; }
thead th { font-weight: 600; }
table.bars td { width: 27%; } table.bars td:last-child { width: auto; }
table.bars i { display: block; height: 5px; margin-top: 2px; border-radius: 2px; background: #0072b2; }
table.bars i.right { background: repeating-linear-gradient(135deg, #e69f00 0 4px, #f3cf80 4px 6px); }
dl { margin: .8rem 0; font-size: .9rem; columns: 19rem 2; column-gap: 1.5rem; }
dl div { display: flex; gap: .75rem; justify-content: space-between; padding: .25rem 0;
  border-bottom: 1px solid #dfe3e8; break-inside: avoid; }
dt { color: #565d67; } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
div.beside { display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
div.beside > div { flex: 1 1 17rem; min-width: 0; }
@media print {
  body { padding: 0; max-width: none; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  h1, h2, h3 { break-after: avoid; }
  figure, tr, p, div.chart, div.beside { break-inside: avoid; }
  div.wide { overflow: visible; }
  thead { display: table-header-group; }
}
"""
#: Nothing from elsewhere, and no script at all without charts.
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {scripts}"


def _cells(texts: Iterable[str], tag: str, scope: str = "") -> str:
    start = f'{tag} scope="{scope}"' if scope else tag
    return "".join(f"<{start}>{escape(text)}</{tag}>" for text in texts)


def html_report(title: str, parts: Iterable[Part], *, language: str, made: str = "") -> bytes:
    """The whole file.

    Parameters
    ----------
    title : str
    parts : iterable of Part
        In reading order.
    language : str
        Tag of the language of all texts, such as ``"en"``: for screen readers and the right forms of Chinese.
    made : str, optional
        A quiet line under the title: when it was made, and of what.

    Returns
    -------
    bytes
        UTF-8. About as large as the pictures, and a third more; with a chart, 4.8 MB on top.
    """
    body = "\n".join(part.html() for part in parts)
    charts = '<div class="chart"' in body
    policy = _POLICY.format(scripts="'unsafe-inline'" if charts else "'none'")
    # Plotly's code holds no "</script", so it cannot end the element early.
    script = f"<script>{get_plotlyjs()}</script>\n" if charts else ""
    under = f'<p class="quiet">{escape(made)}</p>\n' if made else ""
    text = (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_CSS}</style>\n{script}</head>\n"
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{under}{body}\n</main>\n</body>\n</html>\n"
    )
    return text.encode(errors="replace")  # a file name may hold half a character


def settings_facts(settings: PoseSettings, t: Translate) -> list[tuple[str, str]]:
    """The choices that decide the landmarks, and the versions, as names and values to read."""
    detection = settings.detection
    return [
        (t("report.model"), detection.model),
        (t("report.model_sum"), bundle(detection.model).sha256[:12]),
        (t("report.people"), str(detection.people)),
        (t("report.detection"), f"{detection.detection_confidence:.2f}"),
        (t("report.presence"), f"{detection.presence_confidence:.2f}"),
        (t("report.visibility"), f"{settings.visibility_limit:.2f}"),
        (t("report.enlarge"), t("report.yes" if settings.enlarge_small else "report.no")),
        (t("report.versions"), f"PoseDeck {VERSION}, MediaPipe {runtime_version()}"),
    ]


def limits_parts(
    settings: PoseSettings, t: Translate, more: Sequence[tuple[str, str]] = (), limits: Sequence[str] = ()
) -> Iterator[Part]:
    """The end of every report about people: how it was made, and what the figures cannot say, in plain words.

    Parameters
    ----------
    settings : PoseSettings
    t : callable
        Translator.
    more : sequence of (str, str)
        Names and values before the settings, such as the film's size.
    limits : sequence of str
        Sentences of this kind of report, before those that hold for all.
    """
    yield Heading(t("report.made_heading"))
    yield Facts([*more, *settings_facts(settings, t)])
    yield Heading(t("report.limits_heading"))
    yield from (Text(sentence) for sentence in limits)
    yield Text(t("report.limits"))
