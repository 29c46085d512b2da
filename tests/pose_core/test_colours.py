"""Colours with a meaning can be told apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pose_core.colours import DOT, EDGE, LINE, PEOPLE, SIDES, rgb
from pose_core.settings import MAX_PEOPLE


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    share = np.array(rgb(colour)) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def _contrast(a: str, b: str) -> float:
    low, high = sorted((_luminance(a), _luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_hex_is_read_as_red_green_blue() -> None:
    assert rgb("#010AFF") == (1, 10, 255)


def test_every_person_has_a_colour_of_their_own() -> None:
    assert len(set(PEOPLE)) == len(PEOPLE) >= MAX_PEOPLE


@pytest.mark.parametrize("pair", [*combinations(PEOPLE, 2), *combinations(SIDES.values(), 2)], ids="-".join)
def test_colours_of_one_kind_are_far_apart(pair: tuple[str, str]) -> None:
    a, b = (np.array(rgb(colour), dtype=float) for colour in pair)
    assert np.linalg.norm(a - b) > 80, "of 442 between black and white"


@pytest.mark.parametrize("colour", [LINE, DOT, *PEOPLE])
def test_every_drawn_colour_stands_out_from_its_dark_edge(colour: str) -> None:
    assert _contrast(colour, EDGE) > 3, "WCAG's least contrast of graphics"
