"""The result: a sentence, the picture under the divider, bars for each joint, where they differ most, and tables."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pose_core.evaluation.side_by_side.charts import apart_figure
from pose_core.evaluation.side_by_side.comparing import BLOCK_S, largest_first
from pose_core.evaluation.side_by_side.settings import SideBySideSettings
from pose_core.evaluation.side_by_side.words import facts, figures_table, joints_table, notes, verdict
from pose_core.export.videos import clock
from pose_core.skeleton import INDEX, MAIN_JOINTS
from pose_ui.shell.layout import open_tab, plain
from pose_ui.shell.state import SIDES_TAB
from pose_ui.side_by_side.downloads import sides_downloads
from pose_ui.side_by_side.session import SidesSession
from pose_ui.side_by_side.unit import choose_unit
from pose_ui.side_by_side.view import sides_view
from pose_ui.side_by_side.work import Outcome, Source
from pose_ui.texts import Translator
from pose_ui.widgets.tables import show_chart, show_table
from pose_ui.widgets.thumbnails import Thumbnail, thumbnails

__all__ = ["show_result", "tell_other_choices"]

_TABS: Final = ("figures", "joints", "method")
_SHOWN: Final = 12


def tell_other_choices(
    outcome: Outcome, source: Source, settings: SideBySideSettings | None, t: Translator
) -> None:
    """Say so if the result is of other choices than those that are made now."""
    if outcome.source != source or settings != outcome.comparison.settings:
        st.caption(f":material/info: {t('sides.changed')}")


def show_result(session: SidesSession, outcome: Outcome, t: Translator) -> None:
    """Show everything."""
    comparison = outcome.comparison
    st.markdown(f"**{plain(verdict(comparison, t))}**")
    for note in notes(comparison, t):
        st.caption(f":material/info: {note}")
    picture, chart = st.columns([3, 2], gap="medium")
    with picture:
        sides_view(session, outcome, t)
        _largest(session, outcome, t)
    with chart:
        figure = apart_figure(comparison, choose_unit(t), t)
        show_chart(figure, "sides_joints", t("sides.alt_joints"))
    sides_downloads(outcome, t)
    tab, inside = open_tab({name: t(f"sides.tab_{name}") for name in _TABS}, SIDES_TAB, t)
    with inside:
        if tab == "figures":
            show_table(figures_table(comparison, t), t("sides.tab_figures"))
            st.caption(t("sides.define_figures"))
        elif tab == "joints":
            show_table(joints_table(comparison, t), t("sides.tab_joints"))
            st.caption(t("sides.define_joints"))
        else:
            _method(outcome, t)


def _largest(session: SidesSession, outcome: Outcome, t: Translator) -> None:
    comparison = outcome.comparison
    film = comparison.looked.kind == "film"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{t(f'sides.largest_{comparison.looked.kind}')}**", width="content")
        joint = st.selectbox(
            t("sides.joint"),
            ["", *MAIN_JOINTS],
            format_func=lambda name: t(f"landmark.{name}") if name else t("sides.all_joints"),
            key="sides_joint",
            label_visibility="collapsed",
            persist_state="session",
            width=200,
        )
    places = largest_first(comparison, _SHOWN if film else len(outcome.thumbnails), joint=joint or None)
    if not places:
        st.caption(t("sides.no_difference"))
        return
    apart = comparison.apart_torso if not joint else comparison.joint_torso[:, INDEX[joint]]
    items = []
    for place in places:
        seen = comparison.looked.seen[place]
        alone = int(comparison.alone[place].sum())
        share = f"{100 * apart[place]:.0f} %" if apart[place] == apart[place] else "–"
        label = t(
            "sides.thumbnail",
            name=seen.name or clock(seen.time_s),
            apart=share,
        )
        badge = share if not alone else t("sides.badge_alone")
        state = "nobody" if alone else "found"
        items.append(Thumbnail(str(place), label, outcome.thumbnails[place], state=state, badge=badge))
    thumbnails(
        t(f"sides.largest_{comparison.looked.kind}"),
        items,
        str(session.at) if not film or session.seek else "",
        lambda chosen: session.show(int(chosen)),
        key="sides_largest",
    )


def _method(outcome: Outcome, t: Translator) -> None:
    for line in t("sides.method", block=f"{BLOCK_S:g}").split("\n"):
        st.write(plain(line))
    st.markdown(
        "  \n".join(f"**{name}** &nbsp; {plain(text)}" for name, text in facts(outcome.comparison, t))
    )
