"""Update the speed table of the README from the committed benchmark: ``python scripts/readme_speed.py``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the project is run from its folder and not installed

from pose_core.benchmark.plan import SIZES_WH, Cell  # noqa: E402
from pose_core.benchmark.result import BenchmarkResult, shipped_result  # noqa: E402
from pose_core.settings import VARIANTS  # noqa: E402

README: Final = ROOT / "README.md"
START: Final = "<!-- speed: made by scripts/readme_speed.py -->"
END: Final = "<!-- end of speed -->"


def speed_table(result: BenchmarkResult) -> str:
    """Return frames a second of a tracked stream of one person, end to end and inference alone, as Markdown."""
    lines = [
        "| frames a second, end to end (inference alone) | " + " | ".join(VARIANTS) + " |",
        "|---" * (len(VARIANTS) + 1) + "|",
    ]
    for size in SIZES_WH:
        found = [result.cell(Cell(size, model)) for model in VARIANTS]
        cells = ["-" if one is None else f"{one.fps:.0f} ({one.inference_fps:.0f})" for one in found]
        lines.append(f"| {size[0]}x{size[1]} | " + " | ".join(cells) + " |")
    machine, day = result.machine, result.started[:10]
    made_on = f"{machine['processor']}, {machine['cores']} cores, {day}, one stream on one thread."
    return "\n".join([*lines, "", made_on])


def with_table(readme: str, table: str) -> str:
    """Return the README with the table between its marks."""
    before, _, rest = readme.partition(START)
    _, mark, after = rest.partition(END)
    assert mark, f"README.md must contain {START} and {END}"
    return f"{before}{START}\n{table}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8"), speed_table(shipped_result())), "utf-8")
