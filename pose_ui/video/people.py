"""Who is in the film, with a picture of each, and when; corrections of who is who and of left and right, with undo."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import streamlit as st

from ops.films import FilmOutcome, FilmStudio, Version
from ops.jobs import NoSuchJobError
from pose_core.media.images import encode_jpeg, fit_within
from pose_core.pipeline.stills import portrait
from pose_core.pipeline.video import VideoResult
from pose_core.pipeline.video_edits import exchange_people, exchange_sides
from pose_ui.texts import Translator
from pose_ui.video.player import At
from pose_ui.video.session import VideoSession
from pose_ui.widgets.thumbnails import Thumbnail, thumbnails

__all__ = ["corrections", "people_strip"]

#: More people than this have no picture: each takes the decoding of a frame.
_MOST_PORTRAITS: Final = 12
_PORTRAIT_PX: Final = 160


def _correct(studio: FilmStudio, job_id: str, owner: str, kind: str, *values: float) -> None:
    one, other, from_s, to_s = values

    def change(result: VideoResult) -> VideoResult:
        if kind == "people":
            return exchange_people(result, int(one), int(other), from_s, to_s)
        return exchange_sides(result, int(one), from_s, to_s)

    try:
        studio.correct(job_id, owner, change)
    except NoSuchJobError:
        return


def _undo(studio: FilmStudio, job_id: str, owner: str) -> None:
    try:
        studio.undo(job_id, owner)
    except NoSuchJobError:
        return


def _seen(result: VideoResult, person: int, t: Translator) -> str:
    frames = result.row_frame[result.row_person == person]
    times_s = result.time_s[frames]
    return t(
        "film.seen",
        person=t("person.number", number=person),
        share=f"{100 * len(np.unique(frames)) / len(result.time_s):.0f}",
        first=f"{times_s[0]:.1f}",
        last=f"{times_s[-1]:.1f}",
    )


def people_strip(
    session: VideoSession, job_id: str, outcome: FilmOutcome, version: Version, at: At, t: Translator
) -> None:
    """A small picture of each of several people; a click shows their curves, where they are seen best."""
    people = version.result.people[:_MOST_PORTRAITS]
    if len(people) < 2:
        return
    items = []
    for person in people:
        key = job_id, version.number, person
        if key not in session.portraits:
            found = portrait(outcome.data, version.result, person)
            session.portraits[key] = (
                None if found is None else (found.frame, encode_jpeg(fit_within(found.rgb, _PORTRAIT_PX), 80))
            )
        kept = session.portraits[key]
        label = _seen(version.result, person, t).replace("**", "")
        number = str(person)
        items.append(
            Thumbnail(number, label, kept[1] if kept else None, number, badge=number if kept else "")
        )

    def show(chosen: str) -> None:
        kept = session.portraits.get((job_id, version.number, int(chosen)))
        session.go_to(kept[0] if kept else at.frame, int(chosen))

    thumbnails(
        t("film.people_strip"), items, "" if at.person is None else str(at.person), show, key="video_people"
    )


def corrections(studio: FilmStudio, job_id: str, owner: str, version: Version, at: At, t: Translator) -> None:
    """List everybody, and offer to exchange from where the player rests on, or in the part chosen on the curves."""
    result = version.result
    people = result.people
    if at.person is None:
        return
    st.markdown("  \n".join(_seen(result, person, t) for person in people))
    if at.range is not None:
        first, last = at.range
        from_s = float(result.time_s[first])
        to_s = float(result.time_s[last + 1]) if last + 1 < len(result.time_s) else math.inf
        where = t("film.in_part", first=f"{from_s:.2f}", last=f"{float(result.time_s[last]):.2f}")
    else:
        from_s, to_s = float(result.time_s[at.frame]), math.inf
        where = t("film.from_here", time=f"{from_s:.2f}")
    who = t("person.number", number=at.person)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("film.exchange_sides", person=who, where=where),
            icon=":material/swap_horiz:",
            key="video_exchange_sides",
            help=t("film.exchange_help"),
            on_click=_correct,
            args=(studio, job_id, owner, "sides", at.person, 0, from_s, to_s),
        )
        for other in people:
            if other != at.person:
                st.button(
                    t("film.exchange_people", one=at.person, other=other, where=where),
                    icon=":material/group:",
                    key=f"video_exchange_{other}",
                    help=t("film.exchange_help"),
                    on_click=_correct,
                    args=(studio, job_id, owner, "people", at.person, other, from_s, to_s),
                )
        st.button(
            t("film.undo"),
            icon=":material/undo:",
            key="video_undo",
            disabled=not version.undoable,
            on_click=_undo,
            args=(studio, job_id, owner),
        )
