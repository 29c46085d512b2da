"""A visitor's own model: uploaded, checked in the background, kept for every page that can use one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from ops.log import log_unexpected
from pose_core.errors import PoseCoreError
from pose_core.evaluation.own.checking import OwnModel
from pose_core.evaluation.own.declaration import DECODERS, example
from pose_core.media.images import MAX_FILE_MB
from pose_ui.shell.layout import plain
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import own_model_checks
from pose_ui.shell.state import OWN_MODEL, OWN_MODEL_TURN
from pose_ui.texts import Translator
from pose_ui.widgets.kept_upload import kept_upload

__all__ = ["OwnModelUpload", "own_model", "own_model_fields", "own_model_upload"]

_EVERY_S: Final = 0.5
_MB: Final = 1024 * 1024
_NETWORK, _DECLARATIONS = ".onnx", (".json", ".toml")


@dataclass
class OwnModelUpload:
    """The files of a model, and what became of them. Lives in ``st.session_state``; its check has its own thread.

    Attributes
    ----------
    files : dict of str to bytes
    model : OwnModel or None
        Once it is checked and can be used.
    problem : PoseCoreError or None
        Why it cannot.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    model: OwnModel | None = None
    problem: PoseCoreError | None = None
    _check: threading.Thread | None = None
    _found: tuple[OwnModel | None, PoseCoreError | None] | None = None

    @property
    def kept_bytes(self) -> int:
        """How much memory the files take."""
        return sum(map(len, self.files.values()))

    @property
    def checking(self) -> bool:
        """Whether the check is under way, or its outcome has not been taken over by `settle`."""
        return self._check is not None

    @property
    def needs(self) -> str:
        """What is still to be added: ``"declaration"``, ``"network"``, or nothing."""
        if len(self.files) != 1:
            return ""
        (name,) = self.files
        if name.lower().endswith(_NETWORK):
            return "declaration"
        return "network" if name.lower().endswith(_DECLARATIONS) else ""

    def add(self, files: dict[str, bytes]) -> None:
        """Add files to those of a model that is not complete yet; begin another one if it is."""
        before = dict(self.files) if self.needs else {}
        self.remove()
        self.files = {**before, **files}
        if not self.files or self.needs:
            return
        self._check = threading.Thread(
            target=self._run, args=(self.files,), name="posedeck-own-model", daemon=True
        )
        self._check.start()

    def remove(self) -> None:
        """Forget everything."""
        self.files, self.model, self.problem, self._check, self._found = {}, None, None, None, None

    def settle(self) -> bool:
        """Take the outcome of the check over, if it is over; whether anything changed. Once, at the top of a run."""
        if self._check is None or not self.over() or self._found is None:
            return False
        (self.model, self.problem), self._check, self._found = self._found, None, None
        return True

    def over(self) -> bool:
        """Whether no check is running."""
        return self._check is None or not self._check.is_alive()

    def wait(self, seconds: float) -> None:
        """Wait for the check, at most so long, and take its outcome over."""
        if self._check is not None:
            self._check.join(seconds)
            self.settle()

    def _run(self, files: dict[str, bytes]) -> None:
        model: OwnModel | None = None
        problem: PoseCoreError | None = None
        try:
            model = own_model_checks().check(files)
        except PoseCoreError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - nothing above this thread would catch it
            log_unexpected(error)
            problem = PoseCoreError(
                "job_failed",
                "Something unexpected went wrong. Report it with the line about it in the server's log.",
            )
        if self.files is files:  # nobody has removed or replaced them meanwhile
            self._found = model, problem


def own_model() -> OwnModelUpload:
    """The visitor's, whatever page it was uploaded on; the same all through a run of the page."""
    upload = _kept()
    upload.settle()
    return upload


def _kept() -> OwnModelUpload:
    upload: OwnModelUpload = st.session_state.setdefault(OWN_MODEL, OwnModelUpload())
    return upload


def own_model_upload(t: Translator) -> OwnModel | None:
    """A button that opens the uploader; the model, once it can be used."""
    with st.popover(_label(_kept(), t), icon=":material/deployed_code:", width="content"):
        return own_model_fields(t)


def own_model_fields(t: Translator) -> OwnModel | None:
    """The uploader, and how the model stands; the model, once it can be used."""
    upload = _kept()
    if upload.settle():  # what was drawn above does not know it yet
        st.rerun()
    _files(upload, t)
    if upload.checking:
        st.write(t("own.checking"))
    elif upload.needs:
        st.info(t(f"own.needs_{upload.needs}"), icon=":material/upload_file:")
    elif upload.problem is not None:
        show_problem(upload.problem, t)
    elif upload.model is not None:
        for warning in upload.model.warnings:
            st.warning(t.error(warning), icon=":material/warning:")
        if not upload.model.warnings:
            error = f"{100 * upload.model.trial_error_torso:.0f}"
            st.success(t("own.ready", error=error), icon=":material/check_circle:")
    _examples(t)
    if upload.checking:
        _rerun_when_checked(upload)
    return upload.model


def _label(upload: OwnModelUpload, t: Translator) -> str:
    if upload.checking:
        return t("own.checking_short")
    return plain(upload.model.name) if upload.model is not None else t("own.button")


def _files(upload: OwnModelUpload, t: Translator) -> None:
    st.caption(t("own.about"))
    kept_upload(
        t("own.upload"),
        upload.add,
        turn_key=OWN_MODEL_TURN,
        about=t("own.upload_help", megabytes=MAX_FILE_MB),
    )
    if upload.files:
        with st.container(horizontal=True, vertical_alignment="center"):
            names = ", ".join(sorted(upload.files))
            st.write(t("own.files", names=plain(names), megabytes=f"{max(0.1, upload.kept_bytes / _MB):.1f}"))
            st.button(
                t("own.remove"),
                icon=":material/close:",
                type="tertiary",
                key="own_model_remove",
                on_click=upload.remove,
            )


def _rerun_when_checked(upload: OwnModelUpload) -> None:
    @st.fragment(run_every=_EVERY_S)
    def watch() -> None:
        if upload.over():
            st.rerun()

    watch()


def _examples(t: Translator) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(t("own.examples"), width="content")
        for decoder in DECODERS:
            st.download_button(
                t(f"own.decoder_{decoder}"),
                data=example(decoder),
                file_name=f"{decoder}.toml",
                mime="application/toml",
                key=f"own_model_example_{decoder}",
                type="tertiary",
                on_click="ignore",
            )
