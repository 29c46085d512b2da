"""What a benchmark found: one object, with its JSON and CSV files."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pose_core.benchmark.footage import SourceKind
from pose_core.benchmark.loss import Loss, SmallPicture
from pose_core.benchmark.pipelines import BENCHMARK_STEPS
from pose_core.benchmark.plan import Cell, Preset
from pose_core.benchmark.scaling import ScalingPoint
from pose_core.benchmark.statistics import NOISY_PERCENT, FloatOrNaN, Spread
from pose_core.errors import PoseCoreError

__all__ = [
    "MAX_RESULT_MB",
    "BenchmarkResult",
    "CellResult",
    "SourceFacts",
    "json_schema",
    "read_result",
    "shipped_result",
]

MAX_RESULT_MB: Final = 5
_SHIPPED: Final = Path(__file__).with_name("shipped.json")
#: If more processes than this wanted each core before anything was measured, other programs are at work.
_BUSY_LOAD_PER_CORE: Final = 0.5


@dataclass(frozen=True, slots=True)
class CellResult:
    """One measured cell.

    Attributes
    ----------
    cell : Cell
    seconds : float
        Measured time.
    frame_ms, inference_ms : Spread
        Of a whole frame and of its inference, over all measured frames.
    steps_ms : dict of str to float
        Mean of each of `pose_core.benchmark.pipelines.BENCHMARK_STEPS`; they add up to the mean of `frame_ms`.
    round_medians_ms : tuple of float
        Median time of a whole frame in each round.
    loss : Loss
    """

    cell: Cell
    seconds: FloatOrNaN
    frame_ms: Spread
    inference_ms: Spread
    steps_ms: dict[str, FloatOrNaN]
    round_medians_ms: tuple[FloatOrNaN, ...]
    loss: Loss

    def __post_init__(self) -> None:
        """Refuse times that no measurement gives, but a changed file may: rates and ratios are divided by them."""
        for times in (self.frame_ms, self.inference_ms):
            if times.n and (times.mean <= 0 or math.isinf(times.mean)):
                raise ValueError(f"A mean time must be finite and above 0 ms; got {times.mean:g}.")

    @property
    def fps(self) -> float:
        """Frames a second end to end: one after the other, from encoded picture to encoded picture."""
        return 1000 / self.frame_ms.mean if self.frame_ms.n else math.nan

    @property
    def inference_fps(self) -> float:
        """Frames a second if inference were the only step."""
        return 1000 / self.inference_ms.mean if self.inference_ms.n else math.nan


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """The source that was measured on.

    Attributes
    ----------
    kind : {"performer", "clip", "picture"}
    size_wh : tuple of int
    frames : int
        How many were used.
    fps : float
    whole : bool
        Whether these are all frames of the source.
    """

    kind: SourceKind
    size_wh: tuple[int, int]
    frames: int
    fps: FloatOrNaN
    whole: bool


@dataclass(frozen=True)
class BenchmarkResult:
    """The result of a run, complete or not.

    Attributes
    ----------
    schema_version : str
    started : str
        Date and time with offset, ISO 8601.
    seconds : float
        How long the run took.
    preset : {"quick", "standard", "thorough"}
    rounds : int
        How often each cell was to be visited.
    complete : bool
        False if the run was stopped or failed, or is still under way.
    machine : dict
        See `pose_core.machine.describe_machine`.
    viewers : int
        Most live viewers at one time during the run.
    source : SourceFacts
    cells : tuple of CellResult
        In the plan's order; only what was measured.
    scaling_cell : Cell
    scaling : tuple of ScalingPoint
    small : tuple of SmallPicture
    noise_percent : float
        See `pose_core.benchmark.statistics.noise_percent`.
    """

    __pydantic_config__ = ConfigDict(ser_json_inf_nan="null", extra="ignore")

    schema_version: Literal["posedeck.benchmark.1"]
    started: str
    seconds: FloatOrNaN
    preset: Preset
    rounds: int
    complete: bool
    machine: dict[str, Any]
    viewers: int
    source: SourceFacts
    cells: tuple[CellResult, ...]
    scaling_cell: Cell
    scaling: tuple[ScalingPoint, ...]
    small: tuple[SmallPicture, ...]
    noise_percent: FloatOrNaN

    @property
    def reference(self) -> Literal["truth", "heavy"]:
        """What the landmarks were compared with."""
        return "truth" if self.source.kind == "performer" else "heavy"

    @property
    def noisy(self) -> bool:
        """Whether rounds of the same cell differ too much to compare cells."""
        return self.noise_percent > NOISY_PERCENT

    @property
    def under_load(self) -> bool:
        """Whether the machine had other work: live viewers, or other programs at the start."""
        load, cores = self.machine.get("load_1min"), self.machine.get("cores")
        busy = load is not None and cores is not None and load > _BUSY_LOAD_PER_CORE * cores
        return self.viewers > 0 or busy

    def cell(self, cell: Cell) -> CellResult | None:
        """The result of a cell; None if it was not measured."""
        return next((entry for entry in self.cells if entry.cell == cell), None)

    def to_json(self) -> bytes:
        """The file that `read_result` reads; unknown numbers are null."""
        return _adapter().dump_json(self, indent=2) + b"\n"

    def to_csv(self) -> bytes:
        """A header and one row for each cell; unknown numbers are empty."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        rows = [_row(entry) for entry in self.cells]
        writer.writerow([name for name, _ in _columns()])
        writer.writerows([[_formatted(row[name], digits) for name, digits in _columns()] for row in rows])
        return text.getvalue().encode()


_SPREAD: Final = ("mean", "median", "p95", "p99")


def _columns() -> Iterator[tuple[str, int]]:
    """Names of the CSV's columns, and how many decimals each gets."""
    yield from ((name, 0) for name in ("width_px", "height_px", "model", "mode", "people", "frames"))
    yield from (("seconds", 2), ("fps", 2), ("inference_fps", 2))
    yield from ((f"frame_{name}_ms", 3) for name in _SPREAD)
    yield ("frame_cv", 4)
    yield from ((f"inference_{name}_ms", 3) for name in _SPREAD)
    yield from ((f"{step}_mean_ms", 3) for step in BENCHMARK_STEPS)
    yield from (("found_share", 4), ("distance_percent", 3), ("jitter_percent", 3))


def _row(entry: CellResult) -> dict[str, Any]:
    cell = entry.cell
    return {
        "width_px": cell.size_wh[0],
        "height_px": cell.size_wh[1],
        "model": cell.model,
        "mode": cell.mode,
        "people": cell.people,
        "frames": entry.frame_ms.n,
        "seconds": entry.seconds,
        "fps": entry.fps,
        "inference_fps": entry.inference_fps,
        **{f"frame_{name}_ms": getattr(entry.frame_ms, name) for name in _SPREAD},
        "frame_cv": entry.frame_ms.cv,
        **{f"inference_{name}_ms": getattr(entry.inference_ms, name) for name in _SPREAD},
        **{f"{step}_mean_ms": ms for step, ms in entry.steps_ms.items()},
        "found_share": entry.loss.found_share,
        "distance_percent": entry.loss.distance_percent,
        "jitter_percent": entry.loss.jitter_percent,
    }


def _formatted(value: Any, digits: int) -> Any:
    if not isinstance(value, float):
        return value
    return f"{value:.{digits}f}" if math.isfinite(value) else ""


def _adapter() -> TypeAdapter[BenchmarkResult]:
    return TypeAdapter(BenchmarkResult)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file that `BenchmarkResult.to_json` writes."""
    return _adapter().json_schema()


def read_result(data: bytes) -> BenchmarkResult:
    """Read a file that `BenchmarkResult.to_json` wrote.

    Raises
    ------
    PoseCoreError
        If it is not such a file, or damaged.
    """
    if len(data) <= MAX_RESULT_MB * 1024 * 1024:
        try:
            return _adapter().validate_json(data)
        except (ValidationError, RecursionError):
            pass
    raise PoseCoreError(
        "benchmark_file",
        "The file must be a benchmark's JSON file as PoseDeck saves it, of up to {limit} MB; this one is something "
        "else or damaged. Choose a file that you saved with the JSON button of the Benchmark page.",
        limit=MAX_RESULT_MB,
    )


@cache
def shipped_result() -> BenchmarkResult:
    """The result of the developers' machine; ``make bench OUT=benchmarks/results`` measures it again."""
    return read_result(_SHIPPED.read_bytes())
