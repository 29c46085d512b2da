"""The only CSS over Streamlit's own elements, bound to Streamlit 1.67.

tests/e2e/test_frame.py, test_accessibility.py and test_uploads.py check it. A page's own components carry their CSS
with them.
"""

from __future__ import annotations

import json
from typing import Final

import streamlit as st

from pose_core.media.images import MAX_FILE_MB
from pose_ui.texts import Translator

__all__ = ["BESIDE_TITLE", "NOBODY", "TOP_BAR", "page_style"]

#: Key of the container that floats in Streamlit's header, at the right.
TOP_BAR: Final = "posedeck_top_bar"

#: Key of the container beside a page's title that stands below it on a phone.
BESIDE_TITLE: Final = "posedeck_beside_title"

#: Key of the container that says that nobody was found: on a phone its column stands above the picture's.
NOBODY: Final = "posedeck_nobody"

_CSS: Final = """
/* The page begins right below the header, and uses the window's width. */
[data-testid="stMainBlockContainer"] { padding: 4.25rem 2rem 2rem; }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding: 4.25rem 1rem 2rem; } }
[data-testid="stMainBlockContainer"] h1 { padding: 0 0 0.25rem; }
/* The limit of files is ours (pose_ui/shell/upload_gate.py), not the uploader's; so is its button's word. */
[data-testid="stFileUploaderDropzoneInstructions"] span { display: none; }
[data-testid="stFileUploaderDropzoneInstructions"]::after { content: FILE_LIMIT; font-size: 0.875rem; opacity: 0.7; }
[data-testid="stFileUploaderDropzone"] button [data-testid="stMarkdownContainer"] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); /* still a name for axe */
}
[data-testid="stFileUploaderDropzone"] button::after { content: CHOOSE; margin-left: 0.5rem; font-size: 0.875rem; }
[data-testid="stFileUploader"] [data-testid="stFileUploaderDropzone"] { flex-direction: row; align-items: center; }

/* Language and Sign out, in the header. */
[data-testid="stLayoutWrapper"]:has(> .st-key-TOP_BAR) { position: absolute; } /* takes no row of the page */
.st-key-TOP_BAR {
  position: fixed; top: 0.75rem; right: 1.25rem; width: auto; z-index: 999991;
}
@media (max-width: 640px) { .st-key-TOP_BAR { right: 0.75rem; } }
.st-key-TOP_BAR [data-testid="stButtonGroup"] button {
  border: none; background: none; padding: 0 0.5rem; min-height: 2.25rem;
}
.st-key-TOP_BAR [data-testid="stButtonGroup"] button[aria-checked="true"] { font-weight: 600; }
.st-key-TOP_BAR [data-testid="stButtonGroup"] button + button { border-left: 1px solid rgba(128, 134, 145, 0.5); }

/* On a phone the menu is behind a button, which says so. */
[data-testid="stExpandSidebarButton"] { width: auto; padding: 0 0.75rem 0 0.25rem; }
[data-testid="stExpandSidebarButton"]::after { content: MENU; margin-left: 0.25rem; }

/* On a phone, what can be chosen stands below the title and the buttons beside it; a thumb needs 44 px. */
@media (max-width: 640px) {
  :has(> .st-key-BESIDE_TITLE) { order: 1; flex: 1 1 100% !important; }
  [data-testid="stColumn"]:has(.st-key-NOBODY) { order: -1; }
  [data-testid^="stBaseButton-"], [data-testid="stPopoverButton"], [data-testid="stButtonGroup"] button,
  [data-testid="stRadioOption"], [data-testid="stCheckbox"] > label, [data-testid="stExpander"] summary,
  [data-testid="stTabs"] [role="tab"], [data-testid="stExpandSidebarButton"],
  [data-testid="stSelectbox"] [role="group"], [data-testid="stSelectbox"] button,
  .st-key-TOP_BAR [data-testid="stButtonGroup"] button {
    min-height: 2.75rem; min-width: 2.75rem;
  }
  [data-testid="stSidebarNavLink"] { min-height: 2.75rem; }
  [data-testid="stCheckbox"] > label { align-items: center; }
}

/* 4.5 to 1 on the accent colour, also in the dark, where it is lighter. */
[data-testid="stBaseButton-primary"]:not(:disabled),
[data-testid="stBaseButton-primaryFormSubmit"]:not(:disabled) { color: light-dark(#ffffff, #08110f); }

/* A ring around what the keyboard is on, and around nothing else. */
button:focus:not(:focus-visible), a:focus:not(:focus-visible) { outline: none; box-shadow: none !important; }

/* Axes of charts: Streamlit's grey is too light on white. */
.js-plotly-plot .xtick text, .js-plotly-plot .ytick text, .js-plotly-plot .gtitle, .js-plotly-plot .xtitle,
.js-plotly-plot .ytitle, .js-plotly-plot .legendtext, .js-plotly-plot .annotation-text,
.js-plotly-plot .bartext { fill: light-dark(#3f454d, #c9ced6) !important; }
/* The blue of the left is too dim for lines and bars on a dark page; so is the same colour of the Benchmark's. */
.js-plotly-plot [style*="stroke: rgb(0, 114, 178)"] { stroke: light-dark(#0072b2, #3a9bdc) !important; }
.js-plotly-plot [style*="fill: rgb(0, 114, 178)"] { fill: light-dark(#0072b2, #3a9bdc) !important; }
"""


def page_style(t: Translator) -> None:
    """Apply it; once in each run, before anything is shown."""
    css = _CSS.replace("TOP_BAR", TOP_BAR).replace("BESIDE_TITLE", BESIDE_TITLE).replace("NOBODY", NOBODY)
    for place, text in (
        ("MENU", t("app.menu")),
        ("CHOOSE", t("upload.choose")),
        ("FILE_LIMIT", t("upload.limit", megabytes=MAX_FILE_MB)),
    ):
        css = css.replace(place, json.dumps(text, ensure_ascii=False))
    st.html(f"<style>{css}</style>")
