"""Joint angles as a table: left beside right, and the few that have no side."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import pandas as pd
import streamlit as st

from pose_core.geometry.angles import ANGLES, LIMB_ANGLES, side_difference_deg
from pose_ui.texts import Translator

__all__ = ["angle_summary", "angle_table"]


def _degrees(value: float, t: Translator) -> str:
    return f"{round(value)}°".replace("-", "\N{MINUS SIGN}") if isfinite(value) else t("angle.hidden")


def _single_angles() -> list[str]:
    return [angle.name for angle in ANGLES if angle.kind != "interior"]


def angle_summary(angles: Mapping[str, float], t: Translator) -> str:
    """All angles in one line, for alternative texts."""
    return ", ".join(f"{t(f'angle.{name}')} {_degrees(value, t)}" for name, value in angles.items())


def angle_table(angles: Mapping[str, float], t: Translator) -> None:
    """Show the angles.

    Parameters
    ----------
    angles : mapping of str to float
        Degrees by name; NaN is shown as "not visible".
    t : Translator
    """
    left, right, joint = f":blue[{t('side.left')}]", f":orange[{t('side.right')}]", t("column.joint")
    rows = []
    for name in LIMB_ANGLES:
        difference = side_difference_deg(angles, name)
        rows.append(
            {
                joint: t(f"joint.{name}"),
                left: _degrees(angles[f"left_{name}"], t),
                right: _degrees(angles[f"right_{name}"], t),
                t("column.difference"): "\N{EN DASH}" if difference is None else f"{difference}°",
            }
        )
    summary = angle_summary(angles, t)
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal", alt=summary)
    posture = [
        {t("column.angle"): t(f"angle.{name}"), t("column.value"): _degrees(angles[name], t)}
        for name in _single_angles()
    ]
    st.table(pd.DataFrame(posture), hide_index=True, border="horizontal", hide_header=True, alt=summary)
