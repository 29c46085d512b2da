"""The application: the dashboard and the REST interface, warmed before the first visitor, closed after the last.

``streamlit run app.py`` or ``uvicorn app:app`` serves it; ``make run`` does all that comes before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware

import service
from pose_core.configuration import read_configuration
from pose_core.errors import PoseCoreError, SettingsError
from pose_core.events import close_log, log_event, open_log
from pose_core.machine import limit_memory_growth
from pose_core.version import VERSION
from pose_ui import streamlit_bindings
from pose_ui.plotly_route import plotly_route
from pose_ui.problems import show_unexpected
from pose_ui.resources import close_pool, pool, warm_up
from pose_ui.security_headers import SecurityHeaders
from pose_ui.sign_in import check_login, tell_what_is_open


def cannot_start(error: PoseCoreError) -> NoReturn:
    """One clear sentence instead of a server whose pages cannot work.

    An exception, SystemExit included, would come out of the server as a traceback.
    """
    sys.stderr.write(f"PoseDeck cannot start. {error}\n")
    sys.stderr.flush()
    os._exit(1)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open the log, warm the shared pool, and free both at the end."""
    open_log(configuration)
    try:
        if read_configuration(os.environ) != configuration:
            raise SettingsError(
                "setting_in_secrets",
                "Variables POSEDECK_... should come from the environment; Streamlit's secrets file sets one, "
                "too late for some uses of it. Move it from that file to the environment.",
            )
        check_login(configuration)
        await anyio.to_thread.run_sync(warm_up)
    except PoseCoreError as error:  # a missing login, missing libraries or damaged models
        cannot_start(error)
    tell_what_is_open(configuration)
    log_event("start", version=VERSION)
    yield
    await anyio.to_thread.run_sync(close_pool)
    log_event("stop")
    close_log()


limit_memory_growth()
streamlit_bindings.apply()
try:
    configuration = read_configuration(os.environ)
except PoseCoreError as error:
    cannot_start(error)
app = st.App(
    "dashboard.py",
    routes=[plotly_route(), *service.routes(pool, configuration=configuration)],
    middleware=[Middleware(SecurityHeaders)],
    lifespan=lifespan,
    on_script_error=show_unexpected,
)
