"""The limits of form, each with its uncertainty and source: changed by hand, remembered, and back to standard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import streamlit as st

from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.exercise import Fault
from pose_core.movement.limits import Limits, limit_text, shown, stored
from pose_ui.shell.state import coach_key
from pose_ui.texts import Translator

__all__ = ["changed_limits", "limits_panel"]

#: Steps of the fields, and how their numbers are written.
_STEPS: Final = {"deg": (1.0, "%.0f"), "m": (1.0, "%.0f"), "s": (0.05, "%.2f"), "ratio": (0.05, "%.2f")}
_SIGNS: Final = {"deg": "°", "m": "cm", "s": "s", "ratio": ""}
_LIMITS: Final = coach_key("limits")


def changed_limits() -> Limits:
    """What the visitor has changed, by exercise and fault."""
    return cast(Limits, st.session_state[_LIMITS])


def _changed(exercise: str) -> Mapping[str, float]:
    return changed_limits().get(exercise, {})


def _set(exercise: str, changed: dict[str, float]) -> None:
    others = {name: faults for name, faults in changed_limits().items() if name != exercise}
    st.session_state[_LIMITS] = {**others, exercise: changed} if changed else others


def _field(exercise: str, fault: Fault, t: Translator) -> None:
    key = coach_key(f"limit_{exercise}_{fault.name}")
    step, form = _STEPS[fault.unit]
    low, high = (shown(fault, end) for end in fault.range)

    def take() -> None:
        value = stored(fault, st.session_state[key])
        changed = {name: limit for name, limit in _changed(exercise).items() if name != fault.name}
        if shown(fault, value) != shown(fault, fault.limit):
            changed[fault.name] = value
        _set(exercise, changed)

    what, sign = t(f"limit.{exercise}_{fault.name}"), _SIGNS[fault.unit]
    st.session_state[key] = shown(fault, _changed(exercise).get(fault.name, fault.limit))
    st.number_input(
        t("coach.limits_unit", what=what, unit=sign) if sign else what,
        low,
        high,
        step=step,
        format=form,
        key=key,
        on_change=take,
    )
    st.caption(
        t(
            "coach.limits_about",
            tolerance=limit_text(fault, fault.tolerance),
            standard=limit_text(fault, fault.limit),
            view=t(f"coach.view_{fault.view}"),
            source=t(f"source.{exercise}_{fault.name}"),
        )
    )


def limits_panel(exercise: str, t: Translator) -> None:
    """Show the limits of an exercise, folded.

    Parameters
    ----------
    exercise : str
        Nothing but a hint is shown for ``"auto"``.
    t : Translator
    """
    with st.expander(t("coach.limits")):
        record = EXERCISES.get(exercise)
        if record is None:
            st.caption(t("coach.limits_choose"))
            return
        st.caption(t("coach.limits_intro"))
        for start in range(0, len(record.faults), 2):
            for column, fault in zip(
                st.columns(2, gap="medium"), record.faults[start : start + 2], strict=False
            ):
                with column:
                    _field(exercise, fault, t)
        st.button(
            t("coach.limits_reset"),
            icon=":material/restart_alt:",
            on_click=_set,
            args=(exercise, {}),
            disabled=not _changed(exercise),
            key="coach_limits_reset",
        )
