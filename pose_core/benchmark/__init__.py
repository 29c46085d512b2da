"""How fast this machine is at each size and with each model, and how much accuracy is lost: measure, explain, advise.

This package is the measurement itself, with its files and advice. `pose_ui.benchmark` holds the parts of the Benchmark
page, and ``benchmarks/`` the measurements from the command line: ``benchmarks.resolution`` runs this one, the others
stand alone.
"""

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
