"""Reads a TRC and a MOT file with OpenSim and prints what it found as JSON; runs in OpenSim's own environment."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any


def _cell(value: float) -> float | None:
    return value if math.isfinite(value) else None


def main(trc: str, mot: str, out: str) -> None:
    """Each file by the reader of tables, and by the older one that OpenSim's window and tools use."""
    import opensim  # type: ignore[import-not-found]

    points = opensim.TimeSeriesTableVec3(trc)
    angles = opensim.TimeSeriesTable(mot)
    found: dict[str, Any] = {
        "units": points.getTableMetaDataString("Units"),
        "rate_hz": float(points.getTableMetaDataString("DataRate")),
        "markers": list(points.getColumnLabels()),
        "time_s": list(points.getIndependentColumn()),
        "xyz_m": [
            [
                [_cell(points.getRowAtIndex(row).getElt(0, column).get(axis)) for axis in range(3)]
                for column in range(points.getNumColumns())
            ]
            for row in range(points.getNumRows())
        ],
        "in_degrees": angles.getTableMetaDataString("inDegrees"),
        "angles": list(angles.getColumnLabels()),
        "angle_time_s": list(angles.getIndependentColumn()),
        "angles_deg": [
            [_cell(angles.getRowAtIndex(row).getElt(0, column)) for column in range(angles.getNumColumns())]
            for row in range(angles.getNumRows())
        ],
    }
    markers, motion = opensim.MarkerData(trc), opensim.Storage(mot)
    found["older"] = {
        "frames": markers.getNumFrames(),
        "markers": markers.getNumMarkers(),
        "rate_hz": markers.getDataRate(),
        "rows": motion.getSize(),
        "in_degrees": motion.isInDegrees(),
        "last_s": motion.getLastTime(),
    }
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
