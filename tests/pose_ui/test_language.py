"""A language switch changes the language, and nothing that somebody has chosen."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.paths import ROOT

KINDS = (
    "radio",
    "slider",
    "pills",
    "segmented_control",
    "selectbox",
    "toggle",
    "number_input",
    "multiselect",
)
PAGES = ("home", "photo", "live", "benchmark")


def _widgets(app: AppTest) -> dict[str, Any]:
    found = [widget for kind in KINDS for widget in app.get(kind)]
    return {widget.key: widget for widget in found if widget.key not in (None, "lang")}


def _other(widget: Any) -> Any:
    """A value that the widget does not have now, and that is not its first option."""
    if widget.type in ("slider", "number_input"):
        return widget.value + widget.step if widget.value < widget.max else widget.value - widget.step
    if widget.type == "toggle":
        return not widget.value
    return widget.value


def _open(page: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.query_params["lang"] = "en"
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    return app


def _values(app: AppTest) -> dict[str, Any]:
    return {key: widget.value for key, widget in _widgets(app).items()}


def test_probe() -> None:
    for page in PAGES:
        app = _open(page)
        for key, w in _widgets(app).items():
            print(page, key, w.type, w.value, getattr(w, "options", None))
