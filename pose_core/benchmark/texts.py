"""What the figures say, in sentences and tables, for the page and for the report."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from pose_core.benchmark.charts import cell_name
from pose_core.benchmark.plan import Cell
from pose_core.benchmark.recommend import GOAL_FPS, Advice, stars
from pose_core.benchmark.result import BenchmarkResult, CellResult
from pose_core.translate import Translate

__all__ = [
    "PUBLISHED_MS",
    "PUBLISHED_OLDER_FPS",
    "advice_text",
    "finding_text",
    "loss_table",
    "machine_table",
    "notes",
    "published_table",
    "scaling_text",
    "speed_table",
]

Table = tuple[list[str], list[list[str]]]

#: The Flask demo that PoseDeck grew from printed these, for an Intel i5: size to frames a second.
PUBLISHED_OLDER_FPS: Final[dict[tuple[int, int], int]] = {(320, 240): 120, (640, 480): 80, (1280, 720): 40}
#: "MediaPipe Pose" of Google's documentation (docs/solutions/pose.md, 2023): model to milliseconds on a Pixel 3 with
#: its GPU and on a MacBook Pro of 2017.
PUBLISHED_MS: Final[dict[str, tuple[int, int]]] = {"lite": (20, 25), "full": (25, 27), "heavy": (53, 38)}

_DASH: Final = "\N{EN DASH}"


def _figure(value: float, digits: int = 0) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else _DASH


def advice_text(advice: Advice, t: Translate) -> str:
    """The recommendation in one or two sentences, with its reason."""
    cell = advice.chosen.cell
    values = {
        "cell": cell_name(cell, t),
        "fps": _figure(advice.chosen.fps),
        "target": _figure(GOAL_FPS[advice.goal]),
        "distance": _figure(advice.chosen.loss.distance_percent, 1),
    }
    kind = "slow" if not advice.reached else "exact" if advice.goal == "exact" else "fast"
    text = t(f"benchmark.advice_{kind}", **values)
    if advice.viewers is None:
        return text
    if advice.viewers == 0:
        return f"{text} {t('benchmark.advice_nobody', target=values['target'])}"
    kind = "at_least" if advice.at_least else "estimated" if advice.estimated else "measured"
    viewers = t(f"benchmark.viewers_{kind}", count=advice.viewers, target=values["target"])
    return f"{text} {viewers}"


def finding_text(result: BenchmarkResult, t: Translate) -> str | None:
    """What surprises: inference hardly depends on the size, everything around it does. None without two sizes."""
    for model in ("full", "lite", "heavy"):
        cells = [
            one
            for one in result.cells
            if one.cell.model == model and one.cell.mode == "video" and one.cell.people == 1
        ]
        if len(cells) > 1:
            small, large = (
                choose(cells, key=lambda one: one.cell.size_wh[0] * one.cell.size_wh[1])
                for choose in (min, max)
            )
            return t(
                "benchmark.finding",
                model=model,
                small=_size(small.cell),
                large=_size(large.cell),
                small_inference=_figure(small.inference_ms.mean, 1),
                large_inference=_figure(large.inference_ms.mean, 1),
                small_around=_figure(small.frame_ms.mean - small.inference_ms.mean, 1),
                large_around=_figure(large.frame_ms.mean - large.inference_ms.mean, 1),
            )
    return None


def scaling_text(result: BenchmarkResult, t: Translate) -> str:
    """What several streams at once cost."""
    last = result.scaling[-1]
    memory = [point.memory_mb for point in result.scaling if math.isfinite(point.memory_mb)]
    text = t(
        "benchmark.scaling_text",
        cell=cell_name(result.scaling_cell, t),
        streams=last.streams,
        total=_figure(last.total_fps),
        cores=_figure(last.cores, 1),
        available=result.machine.get("cores", _DASH),
    )
    return f"{text} {t('benchmark.scaling_memory', memory=_figure(max(memory)))}" if memory else text


def notes(result: BenchmarkResult, t: Translate) -> list[str]:
    """What has to be known before figures are believed: noise, load, an early end, a source cut short."""
    said = []
    if not result.complete:
        said.append(t("benchmark.note_incomplete"))
    if result.noisy:
        said.append(t("benchmark.note_noisy", percent=_figure(result.noise_percent)))
    if result.viewers:
        said.append(t("benchmark.note_viewers", count=result.viewers))
    elif result.under_load:
        said.append(t("benchmark.note_load", load=_figure(result.machine.get("load_1min", math.nan), 1)))
    if not result.source.whole and result.source.kind != "performer":
        said.append(t("benchmark.note_first_frames", frames=result.source.frames))
    return said


def _size(cell: Cell) -> str:
    return f"{cell.size_wh[0]}×{cell.size_wh[1]}"


def speed_table(result: BenchmarkResult, t: Translate) -> Table:
    """A row a cell: rates and times."""
    head = [
        t("benchmark.cell"),
        t("benchmark.end_to_end_column"),
        t("benchmark.inference_column"),
        t("benchmark.median"),
        "p95",
        "p99",
        t("benchmark.cv"),
        t("benchmark.frames"),
    ]
    rows = [
        [
            cell_name(one.cell, t),
            _figure(one.fps),
            _figure(one.inference_fps),
            *(_figure(value, 1) for value in (one.frame_ms.median, one.frame_ms.p95, one.frame_ms.p99)),
            f"{_figure(one.frame_ms.cv * 100)} %",
            str(one.frame_ms.n),
        ]
        for one in result.cells
    ]
    return head, rows


def _stars(one: CellResult) -> str:
    count = stars(one.loss.distance_percent)
    return "★" * count + "☆" * (5 - count) if count else _DASH


def loss_table(result: BenchmarkResult, t: Translate) -> Table:
    """A row a cell: people found, distance, trembling."""
    head = [
        t("benchmark.cell"),
        t("benchmark.found"),
        t(f"benchmark.distance_{result.reference}"),
        t("benchmark.jitter"),
        t("benchmark.stars"),
    ]
    rows = [
        [
            cell_name(one.cell, t),
            f"{_figure(one.loss.found_share * 100)} %",
            f"{_figure(one.loss.distance_percent, 1)} %",
            f"{_figure(one.loss.jitter_percent, 2)} %",
            _stars(one),
        ]
        for one in result.cells
    ]
    return head, rows


def published_table(result: BenchmarkResult, t: Translate) -> Table:
    """Figures that others published of other machines, beside ours of the same size or model; not comparable."""

    def ours(cell: Cell, value: Callable[[CellResult], float], unit: str) -> str:
        found = result.cell(cell)
        return _DASH if found is None else f"{_figure(value(found))} {unit}"

    rows = [
        [
            t("benchmark.published_older"),
            f"{width}×{height}",
            f"~{fps} {t('benchmark.unit_fps')}",
            ours(Cell((width, height)), lambda one: one.fps, t("benchmark.unit_fps")),
        ]
        for (width, height), fps in PUBLISHED_OLDER_FPS.items()
    ]
    for place, device in enumerate(("pixel", "macbook")):
        rows += [
            [
                t(f"benchmark.published_{device}"),
                model,
                f"{both[place]} ms",
                ours(Cell((640, 480), model), lambda one: one.inference_ms.median, "ms"),  # type: ignore[arg-type]
            ]
            for model, both in PUBLISHED_MS.items()
        ]
    head = [
        t("benchmark.published_by"),
        t("benchmark.published_what"),
        t("benchmark.published_figure"),
        t("benchmark.published_ours"),
    ]
    return head, rows


def machine_table(machine: dict[str, Any], t: Translate) -> list[tuple[str, str]]:
    """Name and value of what was measured on."""

    def told(name: str) -> str:
        value = machine.get(name)
        return _DASH if value in (None, "", []) else str(value)

    features = machine.get("features") or []
    packages = machine.get("packages") or {}
    return [
        (t("benchmark.machine_processor"), told("processor")),
        (t("benchmark.machine_cores"), told("cores")),
        (t("benchmark.machine_features"), ", ".join(map(str, features)) or _DASH),
        (t("benchmark.machine_memory"), f"{told('memory_gb')} GB"),
        (t("benchmark.machine_system"), told("system")),
        (t("benchmark.machine_load"), told("load_1min")),
        ("Python", told("python")),
        (t("benchmark.machine_packages"), ", ".join(f"{name} {number}" for name, number in packages.items())),
    ]
