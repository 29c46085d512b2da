"""Joint angles as a table: left beside right, and the few that have no side. What is uncertain is grey."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pose_core.figures.landmarks import angle_text
from pose_core.geometry.angles import ANGLES, LIMB_ANGLES, side_difference_deg
from pose_core.geometry.reasons import UNCERTAIN, Reason
from pose_ui.texts import Translator

__all__ = ["angle_summary", "angle_table", "uncertain_angles"]


def _cell(value: float, reason: Reason, t: Translator) -> str:
    text = angle_text(value, reason, t)
    return f":gray[{text}]" if reason in UNCERTAIN else text


def _single_angles() -> list[str]:
    return [angle.name for angle in ANGLES if angle.kind != "interior"]


def angle_summary(angles: Mapping[str, float], reasons: Mapping[str, Reason], t: Translator) -> str:
    """All angles in one line, for alternative texts."""
    return ", ".join(
        f"{t(f'angle.{name}')} {angle_text(value, reasons[name], t)}" for name, value in angles.items()
    )


def uncertain_angles(reasons: Mapping[str, Reason], t: Translator) -> None:
    """Say which angles are uncertain, and why; nothing if none is."""
    for kind in UNCERTAIN:
        names = [t(f"angle.{name}") for name, reason in reasons.items() if reason == kind]
        if names:
            st.caption(t(f"angle.uncertain_{kind}", names=t("angle.list_separator").join(names)))


def angle_table(angles: Mapping[str, float], reasons: Mapping[str, Reason], t: Translator) -> None:
    """Show the angles.

    Parameters
    ----------
    angles : mapping of str to float
        Degrees by name; NaN is shown with its reason.
    reasons : mapping of str to Reason
        By name, as from `pose_core.geometry.angles.pose_angle_reasons`.
    t : Translator
    """
    left, right, joint = f":blue[{t('side.left')}]", f":orange[{t('side.right')}]", t("column.joint")
    rows = []
    for name in LIMB_ANGLES:
        difference = side_difference_deg(angles, name)
        doubt = any(reasons[f"{side}_{name}"] in UNCERTAIN for side in ("left", "right"))
        shown = (
            "\N{EN DASH}" if difference is None else f":gray[{difference}°?]" if doubt else f"{difference}°"
        )
        rows.append(
            {
                joint: t(f"joint.{name}"),
                left: _cell(angles[f"left_{name}"], reasons[f"left_{name}"], t),
                right: _cell(angles[f"right_{name}"], reasons[f"right_{name}"], t),
                t("column.difference"): shown,
            }
        )
    summary = angle_summary(angles, reasons, t)
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal", alt=summary)
    posture = [
        {t("column.angle"): t(f"angle.{name}"), t("column.value"): _cell(angles[name], reasons[name], t)}
        for name in _single_angles()
    ]
    st.table(pd.DataFrame(posture), hide_index=True, border="horizontal", hide_header=True, alt=summary)
    uncertain_angles(reasons, t)
