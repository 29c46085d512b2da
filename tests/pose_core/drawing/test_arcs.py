"""The shape of an arc."""

from __future__ import annotations

import numpy as np
import pytest

from pose_core.drawing.arcs import arc_points

ORIGIN = np.zeros(2)


def test_an_arc_runs_from_one_limb_to_the_other_at_its_radius() -> None:
    arc = arc_points(np.array([10.0, 0.0]), ORIGIN, np.array([0.0, 25.0]), 4.0)
    np.testing.assert_allclose(arc[0], (4, 0), atol=1e-9)
    np.testing.assert_allclose(arc[-1], (0, 4), atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(arc, axis=1), 4.0)
    assert (arc >= -1e-9).all(), "the quarter between them"


@pytest.mark.parametrize("turn_deg", [0, 77, 160, 200, 341])
@pytest.mark.parametrize("opening_deg", [1, 90, 179])
def test_an_arc_takes_the_short_way_however_the_body_is_turned(turn_deg: int, opening_deg: int) -> None:
    ways = np.deg2rad([turn_deg, turn_deg + opening_deg])
    first, last = 30 * np.column_stack([np.cos(ways), np.sin(ways)])
    arc = arc_points(first, ORIGIN, last, 10.0)
    length = np.linalg.norm(np.diff(arc, axis=0), axis=1).sum()
    assert length == pytest.approx(10 * np.deg2rad(opening_deg), rel=0.01)


@pytest.mark.parametrize("first", [(0.0, 0.0), (np.nan, 1.0)], ids=["no length", "nan"])
def test_a_limb_without_length_or_place_has_no_arc(first: tuple[float, float]) -> None:
    assert np.isnan(arc_points(np.array(first), ORIGIN, np.array([1.0, 0.0]), 5.0)).all()
