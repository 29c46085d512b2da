"""OpenSim itself reads the files that are made for it, in an environment of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pose_core.export.motion import MARKERS, Scale, angles_to_mot, make_markers, to_trc
from pose_core.geometry.angles import ANGLE_NAMES, sequence_angles
from scripts.opensim_env import NoOpenSimError, python_with_opensim
from tests.support import opensim_reader
from tests.support.motions import walking

GAP = slice(20, 40)


@pytest.mark.nightly
def test_opensim_reads_markers_and_angles_with_their_gaps(tmp_path: Path) -> None:
    try:
        python = python_with_opensim()
    except NoOpenSimError as reason:
        pytest.skip(str(reason))
    sequence = walking(gap=GAP)
    markers = make_markers(sequence, Scale(0.005, 0.0, measured=True))
    trc, mot, out = (tmp_path / name for name in ("poses.trc", "angles.mot", "found.json"))
    trc.write_bytes(to_trc(markers))
    mot.write_bytes(angles_to_mot(sequence))
    subprocess.run([python, opensim_reader.__file__, trc, mot, out], check=True, timeout=120, cwd=tmp_path)
    found = json.loads(out.read_text())

    assert (found["units"], found["rate_hz"], tuple(found["markers"])) == ("m", 30.0, MARKERS)
    np.testing.assert_allclose(found["time_s"], markers.time_s, atol=1e-6)
    xyz_m = np.array(found["xyz_m"], dtype=float)  # None becomes NaN
    assert np.isnan(xyz_m[GAP]).all()
    np.testing.assert_allclose(xyz_m, markers.xyz_m, atol=1e-4)

    assert (found["in_degrees"], tuple(found["angles"])) == ("yes", ANGLE_NAMES)
    true_deg = sequence_angles(sequence, "image", 0.5).deg
    seen = np.isfinite(true_deg)
    np.testing.assert_allclose(np.array(found["angles_deg"])[seen], true_deg[seen], atol=1e-3)
    assert found["older"] == {
        "frames": 60,
        "markers": len(MARKERS),
        "rate_hz": 30.0,
        "rows": 60,
        "in_degrees": True,
        "last_s": pytest.approx(59 / 30, abs=1e-4),
    }
