"""What the measurements share: order, summary, table and file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pose_core.benchmark.statistics import interleaved

__all__ = ["interleaved", "save", "spread", "summary", "table"]


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return median, 95th percentile (linear between neighbours) and count.

    Raises
    ------
    ValueError
        If there are no values.

    Examples
    --------
    >>> summary([1.0, 2.0, 3.0])
    {'median': 2.0, 'p95': 2.9, 'n': 3}
    """
    if not values:
        raise ValueError("A median needs at least one value; got none.")
    median, p95 = np.percentile(values, [50, 95])
    return {"median": round(float(median), 3), "p95": round(float(p95), 3), "n": len(values)}


def spread(of: dict[str, float], digits: int = 1) -> str:
    """Return median and 95th percentile as a table cell.

    Examples
    --------
    >>> spread({"median": 2.04, "p95": 2.9, "n": 3})
    '2.0 / 2.9'
    """
    return f"{of['median']:.{digits}f} / {of['p95']:.{digits}f}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns: the first row is the head, the first column is flush left, the others right.

    Examples
    --------
    >>> print(table([["model", "ms"], ["lite", "12.1"]]))
    model    ms
    lite   12.1
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def save(result: dict[str, Any], path: Path) -> None:
    """Write a result to a JSON file, and create its folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    print(f"Written to {path}")
