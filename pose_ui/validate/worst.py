"""The worst pictures: one person at a time, truth and prediction over the picture, filters, steps by key."""

from __future__ import annotations

import streamlit as st

from pose_core.errors import PictureError
from pose_core.evaluation.cases import Case, Wanted, case_picture, cases, worst_first
from pose_core.evaluation.outcomes import KINDS, Protocol
from pose_core.evaluation.validate import ValidationResult
from pose_core.export.validation_report import case_text
from pose_core.media.images import encode_jpeg, fit_within
from pose_ui.shell.layout import number, plain
from pose_ui.texts import Translator
from pose_ui.validate.session import ValidateSession
from pose_ui.widgets.before_after import compare

__all__ = ["worst_pictures"]

_SHOWN_PX = 1280
_SPARE_PX = 250


def worst_pictures(
    session: ValidateSession, result: ValidationResult, model: str, protocol: Protocol, t: Translator
) -> None:
    """Show the tab."""
    picture, beside = st.columns([3, 2], gap="medium")
    with beside:
        found = _filtered(session, result, model, protocol, t)
        if not found:
            st.info(t("validate.no_case"))
            return
        session.at = min(session.at, len(found) - 1)
        case = found[session.at]
        _steps(session, len(found), t)
        st.markdown(f"**{plain(case.name)}**  \n{case_text(case, t)}")
        _faults(case, t)
    with picture:
        _picture(result, model, protocol, case, t)


def _steps(session: ValidateSession, total: int, t: Translator) -> None:
    def step(by: int) -> None:
        session.at = max(0, min(total - 1, session.at + by))

    with st.container(horizontal=True, vertical_alignment="center"):
        for name, by, end in (("previous", -1, 0), ("next", 1, total - 1)):
            st.button(
                t(f"validate.{name}"),
                icon=f":material/chevron_{'left' if by < 0 else 'right'}:",
                key=f"validate_{name}",
                on_click=step,
                args=(by,),
                disabled=session.at == end,
                shortcut="Left" if by < 0 else "Right",
            )
        st.write(t("validate.case_at", number=session.at + 1, total=total))


def _filtered(
    session: ValidateSession, result: ValidationResult, model: str, protocol: Protocol, t: Translator
) -> tuple[Case, ...]:
    def first() -> None:
        session.at = 0

    with st.container(horizontal=True, vertical_alignment="bottom"):
        joint = st.selectbox(
            t("validate.filter_joint"),
            ["", *result.dataset.keypoints.joints],
            format_func=lambda name: t(f"landmark.{name}") if name else t("validate.any_joint"),
            key="validate_filter_joint",
            on_change=first,
            persist_state="session",
        )
        kinds: list[Wanted | None] = [
            None,
            *(kind for kind in KINDS if kind != "good"),
            "not_found",
            "exchanged",
        ]
        kind = st.selectbox(
            t("validate.filter_kind"),
            kinds,
            format_func=lambda name: t(f"validate.kind_{name}") if name else t("validate.any_kind"),
            key="validate_filter_kind",
            on_change=first,
            persist_state="session",
        )
    return worst_first(cases(result, model, protocol), joint=joint or None, wanted=kind)


def _picture(result: ValidationResult, model: str, protocol: Protocol, case: Case, t: Translator) -> None:
    try:
        part_rgb, drawn_rgb = case_picture(result, model, protocol, case)
    except (PictureError, FileNotFoundError):
        st.warning(t("validate.case_gone"))
        return
    compare(
        encode_jpeg(fit_within(part_rgb, _SHOWN_PX)),
        encode_jpeg(fit_within(drawn_rgb, _SHOWN_PX)),
        (drawn_rgb.shape[1], drawn_rgb.shape[0]),
        t("validate.alt_case", name=case.name),
        t,
        key="validate_case",
        spare_px=_SPARE_PX,
    )


def _faults(case: Case, t: Translator) -> None:
    """Which joints are wrong, the worst first, and what the colours mean."""
    wrong = [
        t(
            "validate.case_joint",
            joint=t(f"landmark.{joint}"),
            kind=t(f"validate.kind_{kind}"),
            off=number(100 * case.joint_torso[joint]),
        )
        for joint, kind in sorted(case.kinds.items(), key=lambda one: -case.joint_torso[one[0]])
        if kind != "good"
    ]
    lines = [t("angle.list_separator").join(wrong)] if wrong else []
    if case.exchanged:
        lines.append(t("validate.case_exchanged"))
    st.caption("  \n".join([*lines, t("validate.about_worst_page")]))
