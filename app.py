"""The application: the dashboard, warmed before the first visitor and closed cleanly after the last.

``streamlit run app.py`` or ``uvicorn app:app`` serves it; ``make run`` does all that comes before.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from pose_core.errors import PoseCoreError
from pose_ui.problems import show_unexpected
from pose_ui.resources import close_pool, warm_up

# A folder called pages/ makes Streamlit 1.67 run the first visitor's page by itself, without dashboard.py, until
# st.navigation was called once in the process. This is what that call sets; there is no public name for it.
PagesManager.uses_pages_directory = False


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Warm the shared pool, and free it at the end."""
    try:
        await anyio.to_thread.run_sync(warm_up)
    except PoseCoreError as error:
        # Missing libraries or damaged models: one clear sentence and a clean end instead of a page that cannot work.
        sys.exit(f"PoseDeck cannot start. {error}")
    yield
    await anyio.to_thread.run_sync(close_pool)


app = st.App("dashboard.py", lifespan=lifespan, on_script_error=show_unexpected)
