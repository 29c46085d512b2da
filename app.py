"""The application: the dashboard and the REST interface, warmed before the first visitor, closed after the last.

``streamlit run app.py`` or ``uvicorn app:app`` serves it; ``make run`` does all that comes before.
"""

from __future__ import annotations

import enough_memory  # first: it ends the process where the imports below could not be borne

# isort: split
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
import streamlit as st

import service
from pose_core.errors import PoseCoreError
from pose_core.machine import is_out_of_memory, limit_memory_growth
from pose_ui import streamlit_bindings
from pose_ui.plotly_route import plotly_route
from pose_ui.problems import show_unexpected
from pose_ui.resources import close_pool, pool, warm_up


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Warm the shared pool, and free it at the end."""
    enough_memory.end_when_exhausted(asyncio.get_running_loop())
    try:
        await anyio.to_thread.run_sync(warm_up)
    except PoseCoreError as error:  # missing libraries or damaged models
        enough_memory.end(f"cannot start. {error}")
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        enough_memory.end(
            "cannot start. It may use less memory than the models need. Give it more: 1 GB is plenty."
        )
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
