"""A benchmark as one HTML file that opens without a network: Plotly is included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from pose_core.benchmark.charts import (
    fps_figure,
    latency_figure,
    loss_figure,
    scaling_figure,
    small_figure,
    split_figure,
)
from pose_core.benchmark.recommend import GOAL_FPS, Goal, recommend
from pose_core.benchmark.result import BenchmarkResult
from pose_core.benchmark.texts import (
    Table,
    advice_text,
    finding_text,
    loss_table,
    machine_table,
    notes,
    published_table,
    scaling_text,
    speed_table,
)
from pose_core.translate import Translate

__all__ = ["report_html"]


_CSS: Final = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1d21; background: #fff; margin: 0 auto; max-width: 64rem;
  padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.8rem; margin: 0 0 .25rem; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
p.advice { border-left: 4px solid #0072b2; padding: .5rem 1rem; background: #f2f6fa; font-size: 1.1rem; }
p.note { border-left: 4px solid #e69f00; padding: .4rem 1rem; background: #fdf7ea; }
p.quiet { color: #5a616b; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #dfe3e8; vertical-align: top; }
@media print { div.chart { break-inside: avoid; } }
"""


def report_html(result: BenchmarkResult, goal: Goal, t: Translate, language: str) -> bytes:
    """The report: advice, charts, tables, machine, method.

    Parameters
    ----------
    result : BenchmarkResult
    goal : {"smooth", "coaching", "exact"}
        What the recommendation is for.
    t : callable
        Translator.
    language : str
        Tag of its language, such as ``"en"``.

    Returns
    -------
    bytes
        UTF-8, about 5 MB, most of it Plotly.
    """
    title = escape(t("benchmark.report_title"))
    body = "\n".join(_body(result, goal, t))
    # Plotly's code holds no "</script", so it cannot end the element early.
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_CSS}</style>\n<script>{get_plotlyjs()}</script>\n</head>\n"
        f"<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    ).encode()


def _body(result: BenchmarkResult, goal: Goal, t: Translate) -> Iterator[str]:
    cells = result.cells
    yield _p(
        t("benchmark.report_when", started=result.started.replace("T", " "), seconds=f"{result.seconds:.0f}"),
        "quiet",
    )
    advice = recommend(result, goal)
    if advice is not None:
        yield _p(advice_text(advice, t), "advice")
    yield from (_p(note, "note") for note in notes(result, t))
    yield _h2(t("benchmark.tab_speed"))
    yield _chart(fps_figure(cells, t, GOAL_FPS[goal]), t("benchmark.alt_fps"))
    yield _table(speed_table(result, t))
    yield _chart(latency_figure(cells, t), t("benchmark.alt_latency"))
    yield _h2(t("benchmark.tab_split"))
    finding = finding_text(result, t)
    if finding:
        yield _p(finding)
    yield _chart(split_figure(cells, t), t("benchmark.alt_split"))
    yield _h2(t("benchmark.tab_loss"))
    yield _p(t(f"benchmark.loss_{result.reference}"))
    yield _chart(loss_figure(cells, t), t("benchmark.alt_loss"))
    yield _table(loss_table(result, t))
    if result.small:
        yield _chart(small_figure(result.small, t), t("benchmark.alt_small"))
        yield _p(t("benchmark.small_text"))
    if result.scaling:
        yield _h2(t("benchmark.tab_scaling"))
        yield _p(scaling_text(result, t))
        yield _chart(scaling_figure(result.scaling, t), t("benchmark.alt_scaling"))
    yield _h2(t("benchmark.machine"))
    yield _table(([], [list(row) for row in machine_table(result.machine, t)]))
    yield _h2(t("benchmark.tab_method"))
    yield from (_p(line) for line in t("benchmark.method").split("\n") if line.strip())
    yield _h2(t("benchmark.published"))
    yield _p(t("benchmark.published_text"))
    yield _table(published_table(result, t))


def _h2(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _p(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _table(table: Table) -> str:
    head, rows = table
    return (
        '<div class="wide"><table>'
        + (f"<thead>{_row(head, 'th')}</thead>" if head else "")
        + f"<tbody>{''.join(_row(row, 'td') for row in rows)}</tbody></table></div>"
    )


def _chart(figure: go.Figure, alt: str) -> str:
    inside = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        config={"displaylogo": False, "displayModeBar": False, "responsive": True},
    )
    return f'<div class="chart" role="img" aria-label="{escape(alt)}">{inside}</div>'
