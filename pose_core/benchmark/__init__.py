"""How fast this machine is, at which size and with which model, and what is lost: measured, explained, recommended."""

from pose_core.benchmark.footage import BenchmarkSource, SourceKind
from pose_core.benchmark.plan import PRESETS, Cell, Mode, Plan, Preset, make_plan
from pose_core.benchmark.result import BenchmarkResult, CellResult, read_result, shipped_result
from pose_core.benchmark.run import BenchmarkRun, BenchmarkRunner, RunStatus

__all__ = [
    "PRESETS",
    "BenchmarkResult",
    "BenchmarkRun",
    "BenchmarkRunner",
    "BenchmarkSource",
    "Cell",
    "CellResult",
    "Mode",
    "Plan",
    "Preset",
    "RunStatus",
    "SourceKind",
    "make_plan",
    "read_result",
    "shipped_result",
]
