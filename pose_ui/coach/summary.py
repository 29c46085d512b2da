"""After a set: its table, strip and stills, corrections by hand, and files."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from pose_core.export.sets import changed_text, set_bars, set_report, set_to_csv, set_to_json, set_to_xlsx
from pose_core.figures.repetitions import strip_figure
from pose_core.movement.repetitions import Judgement
from pose_core.movement.sets import Correction, ExerciseSet
from pose_ui.coach.counter import way_texts
from pose_ui.coach.session import CoachSession
from pose_ui.shell.layout import number
from pose_ui.texts import Translator
from pose_ui.widgets.tables import show_chart, show_table

__all__ = ["set_summary", "set_table"]

_MIME: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "html": "text/html",
}


def _degrees(value: float) -> str:
    return f"{number(value)}°" if math.isfinite(value) else number(value)


def _faults(exercise: str, faults: tuple[Judgement, ...], t: Translator) -> str:
    return "; ".join(
        t("coach.about", cue=text) if not fault.certain else text
        for fault in faults
        for text in [t(f"fault.{exercise}_{fault.fault}")]
    )


def set_table(one: ExerciseSet, t: Translator) -> tuple[list[str], list[list[str]]]:
    """Head and rows, to read: of the repetitions, or of the holds."""
    if one.holds:
        head = [t(f"coach.head_{name}") for name in ("number", "start", "held", "faults")]
        return head, [
            [
                str(place),
                f"{hold.start_s:.1f} s",
                f"{hold.duration_s:.1f} s",
                _faults(one.exercise, hold.faults, t),
            ]
            for place, hold in enumerate(one.holds, start=1)
        ]
    there, back = way_texts(one.exercise, t)
    heads = {"there": there, "back": back}
    names = ("number", "there", "pause", "back", "range", "depth", "difference", "loss", "faults")
    rows = []
    for repetition in one.repetitions:
        kind = "none" if one.was_none(repetition) else "full" if repetition.full else "partial"
        loss = one.speed_loss(repetition)
        rows.append(
            [
                str(repetition.number) if kind == "full" else t(f"coach.kind_{kind}"),
                f"{repetition.down_s:.1f} s",
                f"{repetition.pause_s:.1f} s",
                f"{repetition.up_s:.1f} s",
                _degrees(repetition.range_deg),
                _degrees(repetition.depth_deg),
                _degrees(repetition.difference_deg),
                f"{loss:.0%}" if math.isfinite(loss) else number(loss),
                _faults(one.exercise, repetition.faults, t),
            ]
        )
    return [heads.get(name) or t(f"coach.head_{name}") for name in names], rows


def _lead(one: ExerciseSet, t: Translator) -> str:
    name = t(f"exercise.{one.exercise}")
    if one.holds:
        return t("coach.lead_held", exercise=name, seconds=f"{one.held_s:.1f}")
    lead = t("coach.lead", exercise=name, count=one.corrected)
    return t("coach.lead_partial", lead=lead, partial=one.partial) if one.partial else lead


def _corrections(session: CoachSession, one: ExerciseSet, t: Translator) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for kind in ("plus_one", "minus_one"):
            st.button(
                t(f"coach.{kind}"),
                help=t(f"coach.{kind}_help"),
                on_click=session.correct,
                args=(Correction(kind),),
                key=f"coach_{kind}",
            )
        left = [rep.number for rep in one.repetitions if rep.full and not one.was_none(rep)]
        if left:
            chosen = st.selectbox(
                t("coach.which"),
                left,
                format_func=lambda place: t("coach.repetition", number=place),
                key="coach_which",
                width=180,
                label_visibility="collapsed",
            )
            st.button(
                t("coach.was_none"),
                on_click=session.correct,
                args=(Correction("was_none", chosen),),
                key="coach_was_none",
            )
        if one.corrections:
            st.button(
                t("coach.undo"),
                icon=":material/undo:",
                on_click=session.undo,
                type="tertiary",
                key="coach_undo",
            )
    if one.corrections:
        st.caption(t("coach.corrected_note", counted=one.counted, corrected=one.corrected))


def _captions(one: ExerciseSet, t: Translator) -> dict[str, tuple[int, str]]:
    """Of the best and the worst repetition: its number, and what to say of it."""
    return {
        name: (
            repetition.number,
            t(
                f"coach.{name}",
                number=repetition.number,
                time=f"{repetition.bottom_s:.1f}",
                depth=number(repetition.depth_deg),
            ),
        )
        for name, repetition in zip(("best", "worst"), one.best_and_worst() or (), strict=False)
    }


def _stills(session: CoachSession, one: ExerciseSet, t: Translator) -> None:
    captions = _captions(one, t)
    if not captions:
        return
    for column, (place, caption) in zip(st.columns(len(captions)), captions.values(), strict=True):
        with column:
            if place in session.stills:
                st.image(session.stills[place], caption=caption)
            else:
                st.markdown(caption)


def _files(session: CoachSession, one: ExerciseSet, t: Translator) -> None:
    stem = f"posedeck_{one.started_at:%Y-%m-%d_%H%M%S}_{one.exercise}"
    stills = {
        name: (session.stills[place], caption)
        for name, (place, caption) in _captions(one, t).items()
        if place in session.stills
    }
    table, lead = set_table(one, t), _lead(one, t)
    # Called in another thread when a button is pressed: no ``st.*`` in them.
    makers: dict[str, Callable[[], bytes]] = {
        "csv": partial(set_to_csv, one),
        "xlsx": partial(set_to_xlsx, one, t),
        "json": partial(set_to_json, one),
        "html": partial(set_report, one, table, stills, lead, t, language=t.language),
    }
    with st.container(horizontal=True):
        for kind, make in makers.items():
            st.download_button(
                t("coach.report") if kind == "html" else kind.upper(),
                data=make,
                file_name=f"{stem}.{kind}",
                mime=_MIME[kind],
                on_click="ignore",
                icon=":material/download:",
                key=f"coach_download_{kind}",
            )
        st.button(
            t("coach.forget"),
            icon=":material/delete:",
            on_click=session.forget,
            type="tertiary",
            key="coach_forget",
        )


def set_summary(session: CoachSession, t: Translator) -> None:
    """Show the last set; nothing before the first."""
    if session.nothing:
        st.info(t("coach.nothing"))
    one = session.result
    if one is None:
        return
    st.subheader(_lead(one, t), anchor=False)
    if not one.holds:
        _corrections(session, one, t)
    changed = changed_text(one, t)
    if changed:
        st.caption(changed)
    show_table(set_table(one, t), t("coach.table_alt"), notes=True)
    show_chart(
        strip_figure(set_bars(one), t("coach.axis_held" if one.holds else "coach.axis_range"), t),
        "coach_strip",
        t("coach.strip_alt"),
    )
    _stills(session, one, t)
    _files(session, one, t)
