"""The application: the dashboard and the REST interface, warmed before the first visitor, closed after the last.

``streamlit run app.py`` or ``uvicorn app:app`` serves it; ``make run`` does all that comes before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
import streamlit as st

import service
from pose_core.errors import PoseCoreError
from pose_core.machine import limit_memory_growth
from pose_ui import streamlit_bindings
from pose_ui.plotly_route import plotly_route
from pose_ui.problems import show_unexpected
from pose_ui.resources import close_pool, pool, warm_up


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Warm the shared pool, and free it at the end."""
    try:
        await anyio.to_thread.run_sync(warm_up)
    except PoseCoreError as error:
        # Missing libraries or damaged models: one clear sentence instead of a server whose pages cannot work. An
        # exception, SystemExit included, would come out of the server as a traceback.
        sys.stderr.write(f"PoseDeck cannot start. {error}\n")
        sys.stderr.flush()
        os._exit(1)
    yield
    await anyio.to_thread.run_sync(close_pool)


limit_memory_growth()
streamlit_bindings.apply()
app = st.App(
    "dashboard.py",
    routes=[plotly_route(), *service.routes(pool)],
    lifespan=lifespan,
    on_script_error=show_unexpected,
)
