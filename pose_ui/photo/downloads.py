"""Downloads of one result, and of a whole batch: one file of each kind, or everything as one ZIP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import streamlit as st

from pose_core.arrays import FrameRGB
from pose_core.export.file_names import safe_stem, unique_stems
from pose_core.export.photo_batch import Outcome, batch_xlsx, summary_csv
from pose_core.export.photo_report import ReportedPhoto, photo_report
from pose_core.export.photos import to_csv, to_json, to_xlsx, to_zip
from pose_core.media.images import decode_picture, encode_jpeg, encode_png, fit_within
from pose_core.pipeline.photo import PhotoResult, annotate_photo
from pose_core.settings import PoseSettings
from pose_ui.photo.session import PhotoItem, PhotoSession
from pose_ui.shell.state import PHOTO_ZIP_PNG
from pose_ui.texts import Translator
from pose_ui.widgets.countdown import Countdown
from pose_ui.widgets.labels import landmark_labels

__all__ = ["batch_downloads", "downloads"]

_REPORT_PX: Final = 1200  # longer side of each picture in the report of a batch
_MIME = {
    "png": "image/png",
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
}
_ENCODERS: Final[dict[str, Callable[[FrameRGB], bytes]]] = {"png": encode_png, "jpg": encode_jpeg}
_SUFFIX = {"png": "pose", "jpg": "pose", "json": "pose", "csv": "landmarks", "xlsx": "pose", "html": "report"}


def _file(kind: str, item: PhotoItem, result: PhotoResult, t: Translator) -> bytes:
    """One file to download. Runs in another thread when a button is pressed: no ``st.*`` here."""
    if kind in _ENCODERS:
        frame_rgb = decode_picture(item.data).frame_rgb
        drawn_rgb, _ = annotate_photo(result, frame_rgb, result.settings, names=landmark_labels(t))
        return _ENCODERS[kind](drawn_rgb)
    if kind == "json":
        return to_json(result)
    if kind == "csv":
        return to_csv(result)
    if kind == "html":
        drawn = _file("jpg", item, result, t)
        return _report([ReportedPhoto(item.name, result, drawn)], result.settings, t)
    return to_xlsx(result, t)


def _report(photos: Sequence[ReportedPhoto], settings: PoseSettings, t: Translator) -> bytes:
    made = t("photo.report_made", time=f"{datetime.now():%Y-%m-%d %H:%M}")
    return photo_report(photos, settings, t, language=t.language, made=made)


def downloads(item: PhotoItem, result: PhotoResult, t: Translator) -> None:
    """Show buttons for PNG, JSON, CSV and XLSX; each file is made when its button is pressed."""
    stem = safe_stem(item.name)
    with st.container(horizontal=True, gap="small", width="content"):
        for kind, mime in _MIME.items():
            st.download_button(
                t(f"photo.download_{kind}"),
                data=partial(_file, kind, item, result, t),
                file_name=f"{stem}_{_SUFFIX[kind]}.{kind}",
                mime=mime,
                key=f"photo_download_{kind}",
                help=t(f"photo.download_help_{kind}"),
                on_click="ignore",
                type="tertiary",
            )


def _batch_files(
    session: PhotoSession, settings: PoseSettings, t: Translator, progress: Callable[[int], None]
) -> Iterator[tuple[str, bytes]]:
    """The files of each picture in turn, then a summary that also lists files that could not be read.

    `progress` is called with the number of finished pictures.
    """
    kinds = [_picture_kind(), "json", "csv", "xlsx"]
    outcomes = _outcomes(session, settings, t)
    for done, (item, (_, stem, outcome)) in enumerate(zip(session.items, outcomes, strict=True), start=1):
        if isinstance(outcome, PhotoResult):
            for kind in kinds:
                yield f"{stem}_{_SUFFIX[kind]}.{kind}", _file(kind, item, outcome, t)
        progress(done)
    yield "summary.csv", summary_csv(outcomes)


def _outcomes(session: PhotoSession, settings: PoseSettings, t: Translator) -> list[Outcome]:
    stems = unique_stems([item.name for item in session.items])
    found = [session.outcome(item, settings) for item in session.items]
    return [
        (
            item.name,
            stem,
            outcome
            if isinstance(outcome, PhotoResult)
            else t.error(outcome)
            if outcome
            else t("photo.state_waiting"),
        )
        for item, stem, outcome in zip(session.items, stems, found, strict=True)
    ]


def _batch_report(
    items: Sequence[PhotoItem], outcomes: Sequence[Outcome], settings: PoseSettings, t: Translator
) -> bytes:
    """The report of a batch. Runs in another thread when the button is pressed: no ``st.*`` here."""
    photos = []
    for item, (name, _, outcome) in zip(items, outcomes, strict=True):
        drawn = None
        if isinstance(outcome, PhotoResult):
            frame_rgb = fit_within(decode_picture(item.data).frame_rgb, _REPORT_PX)
            drawn_rgb, _ = annotate_photo(outcome, frame_rgb, settings, names=landmark_labels(t))
            drawn = encode_jpeg(fit_within(drawn_rgb, _REPORT_PX), 85)
        photos.append(ReportedPhoto(name, outcome, drawn))
    return _report(photos, settings, t)


def _combined(session: PhotoSession, settings: PoseSettings, t: Translator) -> None:
    """All pictures in one CSV, one workbook, one report; each is made when its button is pressed."""
    outcomes = _outcomes(session, settings, t)
    files: dict[str, Callable[[], bytes]] = {
        "csv": partial(summary_csv, outcomes),
        "xlsx": partial(batch_xlsx, outcomes, t),
        "html": partial(_batch_report, list(session.items), outcomes, settings, t),
    }
    for kind, make in files.items():
        st.download_button(
            t(f"photo.all_{kind}"),
            data=make,
            file_name=f"posedeck_{datetime.now():%Y-%m-%d_%H%M}.{kind}",
            mime=_MIME[kind],
            key=f"photo_all_{kind}",
            help=t(f"photo.all_help_{kind}"),
            on_click="ignore",
            icon=":material/download:",
        )


def _picture_kind() -> str:
    """JPEG, a fraction of the size, unless the visitor asked for PNG."""
    return "png" if st.session_state.get(PHOTO_ZIP_PNG) else "jpg"


def batch_downloads(session: PhotoSession, settings: PoseSettings, t: Translator) -> None:
    """Offer a batch in one file of each kind, and pack all its files into one ZIP, with progress."""
    total = len(session.items)
    if total < 2:
        return
    with st.container(horizontal=True):
        _combined(session, settings, t)
    st.toggle(t("photo.zip_png"), key=PHOTO_ZIP_PNG, help=t("photo.zip_png_help"), persist_state="session")
    wanted = (settings, t.language, len(session.pending()), _picture_kind())
    if session.zip_of != wanted:
        session.zip_file = None
    if session.zip_file is None and st.button(
        t("photo.zip_prepare", total=total), icon=":material/folder_zip:"
    ):
        area = st.empty()
        with area.container(horizontal=True, vertical_alignment="center"):
            bar = st.progress(0.0)
            # Pressing it starts a new run of the page, which ends this one.
            st.button(t("photo.stop"), icon=":material/stop:", key="photo_zip_stop")
        countdown = Countdown(total)

        def progress(done: int) -> None:
            left = countdown.left(done, t)
            bar.progress(done / total, t("photo.zip_progress", done=done, total=total, left=left))

        session.zip_file = to_zip(_batch_files(session, settings, t, progress))
        session.zip_of = wanted
        area.empty()
        st.rerun()
    if session.zip_file is not None:
        st.download_button(
            t("photo.zip_download", megabytes=f"{len(session.zip_file) / 1024 / 1024:.1f}"),
            data=session.zip_file,
            file_name=f"posedeck_{datetime.now():%Y-%m-%d_%H%M}.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
            type="primary",
        )
