"""A shipped model as ONNX: made in the background, with how well it agrees with MediaPipe."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pose_core.settings import VARIANTS, Variant
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import onnx_exporter
from pose_ui.shell.state import validate_key
from pose_ui.texts import Translator

__all__ = ["onnx_export"]

_EVERY_S: Final = 0.5
_MB: Final = 1024 * 1024


def onnx_export(t: Translator) -> None:
    """A button that opens the choice of the model, makes the export, and gives it."""
    with st.popover(t("onnx.button"), icon=":material/ios_share:", width="content"):
        st.caption(t("onnx.about"))
        chosen = st.segmented_control(
            t("onnx.model"), VARIANTS, required=True, key=validate_key("onnx"), persist_state="session"
        )
        _one(chosen if chosen is not None else "full", t)


def _one(variant: Variant, t: Translator) -> None:
    exporter = onnx_exporter()
    made, problem = exporter.export(variant), exporter.problem(variant)
    if exporter.making(variant):
        st.write(t("onnx.making"))
        _rerun_when_made(variant)
        return
    if problem is not None:
        show_problem(problem, t)
    if made is None:
        st.button(
            t("onnx.make", model=variant),
            icon=":material/build:",
            key="validate_onnx_make",
            on_click=exporter.start,
            args=(variant,),
        )
        return
    agreement = made.agreement
    st.write(
        t(
            "onnx.agreement",
            pictures=agreement["pictures"],
            median=f"{agreement['median_px']:.3f}",
            p90=f"{agreement['p90_px']:.3f}",
        )
    )
    st.download_button(
        t("onnx.download", megabytes=f"{len(made.data) / _MB:.0f}"),
        data=made.data,
        file_name=f"pose_{variant}_onnx.zip",
        mime="application/zip",
        key="validate_onnx_download",
        on_click="ignore",
        icon=":material/download:",
        type="primary",
    )


def _rerun_when_made(variant: Variant) -> None:
    @st.fragment(run_every=_EVERY_S)
    def watch() -> None:
        if not onnx_exporter().making(variant):
            st.rerun()

    watch()
