"""The only CSS over Streamlit's own elements, bound to Streamlit 1.67. tests/e2e/test_uploads.py checks it."""

from __future__ import annotations

import json
from typing import Final

import streamlit as st

from pose_core.media.images import MAX_FILE_MB
from pose_ui.texts import Translator

__all__ = ["page_style"]

_CSS: Final = """
/* The limit of files is ours (pose_ui/shell/upload_gate.py), not the one the uploader names. */
[data-testid="stFileUploaderDropzoneInstructions"] span { display: none; }
[data-testid="stFileUploaderDropzoneInstructions"]::after { content: FILE_LIMIT; font-size: 0.875rem; opacity: 0.7; }
"""


def page_style(t: Translator) -> None:
    """Apply it; once in each run, before anything is shown."""
    limit = json.dumps(t("upload.limit", megabytes=MAX_FILE_MB), ensure_ascii=False)
    st.html(f"<style>{_CSS.replace('FILE_LIMIT', limit)}</style>")
