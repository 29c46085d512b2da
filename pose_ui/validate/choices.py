"""What to validate: the pictures and the models; and what was read."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.example_set import EXAMPLE_NAME, example_zip
from pose_core.evaluation.settings import ValidationSettings, own, shipped
from pose_core.evaluation.uploads import MAX_UPLOADED_PICTURES
from pose_core.media.images import MAX_FILE_MB
from pose_core.settings import VARIANTS
from pose_ui.shell.layout import plain
from pose_ui.shell.problems import show_problem
from pose_ui.shell.remembered import Choice, on_off, one_of, remembered
from pose_ui.shell.state import VALIDATE_DEFAULTS, VALIDATE_UPLOAD_TURN, validate_key
from pose_ui.texts import Translator
from pose_ui.validate.session import MAX_TOTAL_MB, SOURCES, Source, ValidateSession
from pose_ui.widgets.kept_upload import kept_upload
from pose_ui.widgets.own_model import own_model

__all__ = ["choose_models", "choose_source", "preview", "remember_choices", "take_upload"]

_MB: Final = 1024 * 1024
#: Previews.
_IN_A_ROW: Final = 4
_CHOICES: Final[dict[str, Choice]] = {
    "source": one_of(SOURCES, VALIDATE_DEFAULTS["source"]),
    "protocol": one_of(("crop", "whole"), VALIDATE_DEFAULTS["protocol"]),
    "onnx": one_of(VARIANTS, VALIDATE_DEFAULTS["onnx"]),
    **{name: on_off(bool(VALIDATE_DEFAULTS[name])) for name in VARIANTS},
}


def remember_choices() -> None:
    """Set what is remembered; called before the first widget."""
    remembered("validate", _CHOICES)


def choose_source(t: Translator) -> Source:
    """Choose the pictures."""
    chosen = st.segmented_control(
        t("validate.source"),
        SOURCES,
        required=True,
        key=validate_key("source"),
        format_func=lambda source: t(f"validate.source_{source}"),
        help=t("validate.source_help"),
        wrap=True,
        persist_state="session",
    )
    return chosen if chosen is not None else "few"


def choose_models(t: Translator) -> ValidationSettings | None:
    """Choose the models; None if none is chosen. One of the visitor's own is always measured beside the shipped."""
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        chosen = [
            name
            for name in VARIANTS
            if st.checkbox(name, key=validate_key(name), persist_state="session", width="content")
        ]
    mine = own_model().model
    models = (*shipped(*chosen), *((own(mine),) if mine is not None else ()))
    return ValidationSettings(models) if models else None


def take_upload(session: ValidateSession, t: Translator) -> None:
    """Show the uploader, what is kept, and what is wrong with it."""

    def field() -> None:
        kept_upload(
            t("validate.upload"),
            session.add,
            turn_key=VALIDATE_UPLOAD_TURN,
            about=t(
                "validate.upload_help",
                megabytes=MAX_FILE_MB,
                total=MAX_TOTAL_MB,
                pictures=MAX_UPLOADED_PICTURES,
            ),
        )

    if session.dataset is None:
        field()
    if session.too_large:
        st.error(t("validate.too_large", limit=MAX_TOTAL_MB), icon=":material/error:")
    if session.problem is not None:
        show_problem(session.problem, t)
    if not session.files:
        st.info(t("validate.upload_first"), icon=":material/upload_file:")
        _formats(t)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        megabytes = f"{session.kept_bytes / _MB:.1f}"
        st.caption(t("validate.files", count=len(session.files), megabytes=megabytes), width="content")
        st.button(
            t("validate.remove"),
            icon=":material/close:",
            on_click=session.remove,
            type="tertiary",
            key="validate_remove",
        )
        if session.dataset is not None:  # what is brought now is mostly a second thought
            with st.popover(t("validate.add"), icon=":material/add:", type="tertiary", width="content"):
                field()


def _formats(t: Translator) -> None:
    """What can be read, and a small example of it."""
    example = example_zip()
    st.download_button(
        t("validate.example", kilobytes=round(len(example) / 1024)),
        data=example,
        file_name=EXAMPLE_NAME,
        mime="application/zip",
        key="validate_example",
        help=t("validate.example_help"),
        icon=":material/download:",
        on_click="ignore",
    )
    st.markdown(f"**{t('validate.formats')}**")
    st.markdown(t("validate.formats_text"))


def preview(session: ValidateSession, source: Source, dataset: Dataset, t: Translator) -> None:
    """Say what was read, and show the first pictures with their annotations."""
    kit = dataset.keypoints
    people = sum(not person.ignored for picture in dataset.pictures for person in picture.people)
    lines = [
        t(
            "validate.ready",
            pictures=t.pictures(len(dataset.pictures)),
            people=t.people(people),
            joints=len(kit.joints),
            set=plain(kit.name),
        )
    ]
    if kit.not_comparable:
        lines.append(t("validate.not_comparable", joints=plain(", ".join(kit.not_comparable))))
    if dataset.missing:
        lines.append(t("validate.missing", count=len(dataset.missing), name=plain(dataset.missing[0])))
    lines += [t(f"validate.note_{note}") for note in dataset.notes]
    st.write("  \n".join(lines))
    shown = session.previews(source)
    if not shown:
        return
    st.caption(t("validate.preview"))
    for first in range(0, len(shown), _IN_A_ROW):
        row = shown[first : first + _IN_A_ROW]
        for column, (name, jpeg) in zip(st.columns(_IN_A_ROW), row, strict=False):
            with column:
                st.image(jpeg, width="stretch", alt=t("validate.alt_preview", name=name))
