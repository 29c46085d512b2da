"""The figures in sentences and tables, for the page and for the report."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from pose_core.benchmark.charts import cell_name
from pose_core.benchmark.plan import Cell
from pose_core.benchmark.recommend import GOAL_FPS, SAME_PERCENT, Advice, behind_best
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

#: Printed by the Flask demo that PoseDeck grew out of, for an Intel i5: size to frames a second.
PUBLISHED_OLDER_FPS: Final[dict[tuple[int, int], int]] = {(320, 240): 120, (640, 480): 80, (1280, 720): 40}
#: "MediaPipe Pose" of Google's documentation (docs/solutions/pose.md, 2023): model to milliseconds on a Pixel 3 with
#: its GPU and on a MacBook Pro of 2017.
PUBLISHED_MS: Final[dict[str, tuple[int, int]]] = {"lite": (20, 25), "full": (25, 27), "heavy": (53, 38)}

_DASH: Final = "\N{EN DASH}"


def _number(value: float, digits: int = 0) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else _DASH


def advice_text(advice: Advice, t: Translate) -> str:
    """The recommendation in one or two sentences, with its reason."""
    cell = advice.chosen.cell
    values = {
        "cell": cell_name(cell, t),
        "fps": _number(advice.chosen.fps),
        "target": _number(GOAL_FPS[advice.goal]),
        "distance": _number(advice.chosen.loss.distance_percent, 1),
    }
    kind = "slow" if not advice.reached else "exact" if advice.goal == "exact" else "fast"
    text = t(f"benchmark.advice_{kind}", **values)
    if advice.equal:
        cells = t("angle.list_separator").join(cell_name(entry.cell, t) for entry in advice.equal)
        text = f"{text} {t('benchmark.advice_equal', cells=cells)}"
    if advice.viewers is None:
        return text
    if advice.viewers == 0:
        return f"{text} {t('benchmark.advice_nobody', target=values['target'])}"
    kind = "at_least" if advice.at_least else "estimated" if advice.estimated else "measured"
    viewers = t(f"benchmark.viewers_{kind}", count=advice.viewers, target=values["target"])
    return f"{text} {viewers}"


def finding_text(result: BenchmarkResult, t: Translate) -> str | None:
    """The surprise: inference hardly depends on the size, everything around it does. None without two sizes."""
    for model in ("full", "lite", "heavy"):
        cells = [
            entry
            for entry in result.cells
            if entry.cell.model == model and entry.cell.mode == "video" and entry.cell.people == 1
        ]
        if len(cells) > 1:
            small, large = (
                choose(cells, key=lambda entry: entry.cell.size_wh[0] * entry.cell.size_wh[1])
                for choose in (min, max)
            )
            return t(
                "benchmark.finding",
                model=model,
                small=_size(small.cell),
                large=_size(large.cell),
                small_inference=_number(small.inference_ms.mean, 1),
                large_inference=_number(large.inference_ms.mean, 1),
                small_around=_number(small.frame_ms.mean - small.inference_ms.mean, 1),
                large_around=_number(large.frame_ms.mean - large.inference_ms.mean, 1),
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
        total=_number(last.total_fps),
        cores=_number(last.cores, 1),
        available=result.machine.get("cores", _DASH),
    )
    return f"{text} {t('benchmark.scaling_memory', memory=_number(max(memory)))}" if memory else text


def notes(result: BenchmarkResult, t: Translate) -> list[str]:
    """What to know before trusting the figures: noise, load, an early end, a source cut short."""
    warnings = []
    if not result.complete:
        warnings.append(t("benchmark.note_incomplete"))
    if result.noisy:
        warnings.append(t("benchmark.note_noisy", percent=_number(result.noise_percent)))
    if result.viewers:
        warnings.append(t("benchmark.note_viewers", count=result.viewers))
    elif result.under_load:
        warnings.append(t("benchmark.note_load", load=_number(result.machine.get("load_1min", math.nan), 1)))
    if not result.source.whole and result.source.kind != "performer":
        warnings.append(t("benchmark.note_first_frames", frames=result.source.frames))
    return warnings


def _size(cell: Cell) -> str:
    return f"{cell.size_wh[0]}×{cell.size_wh[1]}"


def speed_table(result: BenchmarkResult, t: Translate) -> Table:
    """A row for each cell: rates and times."""
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
            cell_name(entry.cell, t),
            _number(entry.fps),
            _number(entry.inference_fps),
            *(_number(value, 1) for value in (entry.frame_ms.median, entry.frame_ms.p95, entry.frame_ms.p99)),
            f"{_number(entry.frame_ms.cv * 100)} %",
            str(entry.frame_ms.n),
        ]
        for entry in result.cells
    ]
    return head, rows


def _compared(entry: CellResult, result: BenchmarkResult, t: Translate) -> str:
    more = behind_best(entry, result.cells)
    return _DASH if math.isnan(more) else f"+{more:.1f} %" if more else t("benchmark.equal")


def loss_table(result: BenchmarkResult, t: Translate) -> Table:
    """A row for each cell: people found, distance, jitter."""
    head = [
        t("benchmark.cell"),
        t("benchmark.found"),
        t(f"benchmark.distance_{result.reference}"),
        t("benchmark.jitter"),
        t("benchmark.compared"),
    ]
    rows = [
        [
            cell_name(entry.cell, t),
            f"{_number(entry.loss.found_share * 100)} %",
            f"{_number(entry.loss.distance_percent, 1)} ± {SAME_PERCENT:.2f} %",
            f"{_number(entry.loss.jitter_percent, 2)} %",
            _compared(entry, result, t),
        ]
        for entry in result.cells
    ]
    return head, rows


def published_table(result: BenchmarkResult, t: Translate) -> Table:
    """Figures that others published for other machines, beside ours for the same size or model; not comparable."""

    def ours(cell: Cell, value: Callable[[CellResult], float], unit: str) -> str:
        found = result.cell(cell)
        return _DASH if found is None else f"{_number(value(found))} {unit}"

    rows = [
        [
            t("benchmark.published_older"),
            f"{width}×{height}",
            f"~{fps} {t('benchmark.unit_fps')}",
            ours(Cell((width, height)), lambda entry: entry.fps, t("benchmark.unit_fps")),
        ]
        for (width, height), fps in PUBLISHED_OLDER_FPS.items()
    ]
    for place, device in enumerate(("pixel", "macbook")):
        rows += [
            [
                t(f"benchmark.published_{device}"),
                model,
                f"{both[place]} ms",
                ours(Cell((640, 480), model), lambda entry: entry.inference_ms.median, "ms"),  # type: ignore[arg-type]
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
    """The machine that was measured, as names and values."""

    def shown(name: str) -> str:
        value = machine.get(name)
        return _DASH if value in (None, "", []) else str(value)

    features = machine.get("features") or []
    packages = machine.get("packages") or {}
    return [
        (t("benchmark.machine_processor"), shown("processor")),
        (t("benchmark.machine_cores"), shown("cores")),
        (t("benchmark.machine_features"), ", ".join(map(str, features)) or _DASH),
        (t("benchmark.machine_memory"), f"{shown('memory_gb')} GB"),
        (t("benchmark.machine_system"), shown("system")),
        (t("benchmark.machine_load"), shown("load_1min")),
        ("Python", shown("python")),
        (t("benchmark.machine_packages"), ", ".join(f"{name} {number}" for name, number in packages.items())),
    ]
