"""Measure the shipped models on the performer and write the figures that `validate --performer` compares with."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pose_core.evaluation.performer_set import SHIPPED, group_figures, performer_dataset
from pose_core.evaluation.settings import ValidationSettings
from pose_core.evaluation.validate import validate
from pose_core.models.pool import PosePool


def main() -> None:
    """Write the file; takes about a minute."""
    pool = PosePool()
    try:
        figures = {
            name: group_figures(
                validate(performer_dataset(small=small), ValidationSettings(resamples=100), pool)
            )
            for name, small in (("all", False), ("small", True))
        }
    finally:
        pool.close()
    rounded = json.loads(json.dumps(figures), parse_float=lambda text: round(float(text), 4))
    SHIPPED.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")
    print(f"Wrote {SHIPPED}")


if __name__ == "__main__":
    main()
