"""Markers, angles and C3D files are read back with the numbers that went in, by other programs' rules."""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import replace

import numpy as np
import pytest

from pose_core.export.motion import (
    MARKERS,
    Markers,
    Scale,
    angles_to_mot,
    find_scale,
    make_markers,
    to_c3d,
    to_trc,
)
from pose_core.geometry.angles import ANGLE_NAMES, sequence_angles
from pose_core.pose import PoseSequence
from pose_core.skeleton import INDEX
from tests.support.motions import walking

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import c3d

LEVEL = Scale(0.005, 0.0, measured=True)


def read_trc(data: bytes) -> tuple[dict[str, str], list[str], np.ndarray]:
    """As OpenSim's TRCFileAdapter reads it: key line, value line, labels in every third column, then rows of numbers.

    An empty field is a missing marker. A line is taken apart at its tabs, the last of which ends it.
    """
    lines = data.decode().split("\n")
    assert all(line.endswith("\t") for line in lines[3:] if line)
    first = lines[0].split("\t")
    assert first[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    facts = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    labels = lines[3][:-1].split("\t")
    assert labels[:2] == ["Frame#", "Time"]
    assert not lines[5]
    rows = [line[:-1].split("\t") for line in lines[6:] if line]
    assert {len(row) for row in rows} == {2 + 3 * int(facts["NumMarkers"])}
    return facts, labels[2::3], np.array([[float(cell) if cell else np.nan for cell in row] for row in rows])


def read_mot(data: bytes) -> tuple[list[str], tuple[str, ...], np.ndarray]:
    """Header, names of columns, and the table."""
    lines = data.decode().split("\n")
    end = lines.index("endheader")
    table = np.array([[float(cell) for cell in line.split("\t")] for line in lines[end + 2 :] if line])
    return lines[:end], tuple(lines[end + 1].split("\t")), table


def test_trc_has_the_header_the_rate_and_the_positions() -> None:
    markers = make_markers(walking(), LEVEL)
    facts, labels, table = read_trc(to_trc(markers))
    assert (facts["Units"], float(facts["DataRate"]), int(facts["NumFrames"])) == ("m", 30.0, 60)
    assert tuple(labels) == MARKERS
    np.testing.assert_allclose(table[:, 1], np.arange(60) / 30, atol=1e-6)
    np.testing.assert_allclose(table[:, 2:].reshape(60, -1, 3), markers.xyz_m, atol=1e-6)


def test_mot_has_the_header_and_the_angles() -> None:
    sequence = walking()
    header, names, table = read_mot(angles_to_mot(sequence))
    assert header[1:5] == ["version=1", "nRows=60", f"nColumns={len(ANGLE_NAMES) + 1}", "inDegrees=yes"]
    assert names == ("time", *ANGLE_NAMES)
    true_deg = sequence_angles(sequence, "image", 0.5).deg
    seen = np.isfinite(true_deg)
    np.testing.assert_allclose(table[:, 1:][seen], true_deg[seen], atol=1e-3)


def test_mot_bridges_what_is_unknown_since_readers_stop_there() -> None:
    whole = walking(gap=slice(20, 40))
    xy_px = whole.image_xy_px.copy()
    xy_px[:, INDEX["left_wrist"]] = np.nan
    sequence = replace(whole, image_xy_px=xy_px)
    _, names, table = read_mot(angles_to_mot(sequence))
    assert "left_elbow" not in names
    assert "right_elbow" in names
    assert np.isfinite(table).all()
    knee = table[:, names.index("left_knee")]
    np.testing.assert_allclose(knee[19:41], np.linspace(knee[19], knee[40], 22), atol=1e-3)


def test_c3d_is_read_back_by_another_reader() -> None:
    markers = make_markers(walking(gap=slice(20, 40)), LEVEL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has no analog data
        reader = c3d.Reader(io.BytesIO(to_c3d(markers)))
        frames = [points for _, points, _ in reader.read_frames()]
    assert reader.point_rate == 30
    assert [label.strip() for label in reader.point_labels] == list(MARKERS)
    assert reader.get("POINT:UNITS").string_value.strip() == "m"
    read = np.array(frames)
    known = np.isfinite(markers.xyz_m).all(axis=2)
    assert not known[20:40].any()
    np.testing.assert_allclose(read[known][:, :3], markers.xyz_m[known], atol=1e-4)
    assert (read[~known][:, 3] == -1).all()


def test_short_gaps_are_filled_and_long_ones_are_not() -> None:
    short, long = (make_markers(walking(gap=slice(20, end)), LEVEL) for end in (25, 35))
    whole = make_markers(walking(), LEVEL)
    assert np.isfinite(short.xyz_m).all()
    assert np.abs(short.xyz_m - whole.xyz_m).max() < 0.1
    assert np.isnan(long.xyz_m[20:35]).all()


def test_uneven_times_become_a_constant_rate() -> None:
    sequence = walking()
    steps_s = np.random.default_rng(3).uniform(0.02, 0.046, 59)
    uneven = PoseSequence(
        np.append(0, np.cumsum(steps_s)),
        sequence.image_xy_px,
        sequence.image_z_px,
        sequence.world_xyz_m,
        sequence.visibility,
        sequence.presence,
        sequence.size_wh,
    )
    markers = make_markers(uneven, LEVEL, rate_hz=50)
    np.testing.assert_allclose(np.diff(markers.time_s), 0.02, atol=1e-9)
    at = 30
    after = np.searchsorted(uneven.time_s, markers.time_s[at])
    low, high = sorted((uneven.image_xy_px[after - 1, 0, 0], uneven.image_xy_px[after, 0, 0]))
    assert low <= markers.xyz_m[at, 0, 0] / 0.005 <= high


def test_body_height_gives_the_size_of_a_pixel() -> None:
    """The performer is 1.7 m tall, and 192 px are a metre; the shares of the body are those of an average adult."""
    scale = find_scale(walking(), height_m=1.7)
    assert scale.measured
    assert scale.metres_per_px == pytest.approx(1 / 192, rel=0.08)


def sloping(sequence: PoseSequence, deg: float) -> PoseSequence:
    """The same walk on a floor that rises to the right."""
    angle = math.radians(deg)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return replace(sequence, image_xy_px=(sequence.image_xy_px - 300) @ turn.T + 300)


def test_a_sloping_floor_becomes_level() -> None:
    level_deg, slope_deg = (find_scale(sloping(walking(120), deg)).floor_deg for deg in (0, 5))
    assert level_deg == pytest.approx(0, abs=1.0)
    assert slope_deg - level_deg == pytest.approx(5, abs=0.5)


def test_the_floor_of_somebody_who_stays_is_taken_as_level_and_not_sure() -> None:
    walk = walking(120)
    staying = replace(walk, image_xy_px=walk.image_xy_px - walk.image_xy_px[:, 23:24] + 300)
    scale = find_scale(sloping(staying, 5))
    assert scale.floor_deg == 0
    assert math.isnan(scale.floor_within_deg)


def test_a_given_floor_is_taken_as_it_is() -> None:
    scale = find_scale(walking(), floor_deg=-2.5)
    assert (scale.floor_deg, scale.floor_within_deg) == (-2.5, 0)


def test_nobody_is_no_markers() -> None:
    markers = Markers(np.empty(0), np.empty((0, len(MARKERS), 3)), 30.0)
    assert b"NumFrames" in to_trc(markers)
    assert len(to_c3d(markers)) > 500
