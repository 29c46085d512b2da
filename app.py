"""The application: the dashboard and the REST interface, warmed before the first visitor, closed after the last.

``streamlit run app.py`` or ``uvicorn app:app`` serves it; ``make run`` also does what has to come first.
"""

from __future__ import annotations

from ops import enough_memory  # first: it ends the process if memory is too little to go on

# isort: split
import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread
from typing import Final, NoReturn

import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware

import service
from ops.configuration import read_configuration
from ops.descriptors import LeavesDescriptors, raise_limit
from ops.heads import limit_heads
from ops.hosts import AllowedHosts, HostCheck
from ops.last_answers import limit_last_answers
from ops.log import close_log, escape_everything, log_event, open_log
from ops.memory import is_out_of_memory, limit_memory_growth
from ops.messages import limit_messages
from ops.upgrades import answer_malformed_upgrades
from pose_core.errors import PoseCoreError, SettingsError
from pose_core.media.images import close_decoders
from pose_core.version import VERSION
from pose_ui.coach.feed import coach_feed_route
from pose_ui.home.films import film_route
from pose_ui.live_view.browser_model.landmarks_route import landmarks_route
from pose_ui.live_view.browser_model.route import browser_model_route
from pose_ui.shell import streamlit_bindings
from pose_ui.shell.back_messages import LARGEST
from pose_ui.shell.film_upload import film_upload_route
from pose_ui.shell.module_route import module_route
from pose_ui.shell.plotly_route import plotly_route
from pose_ui.shell.problems import show_unexpected
from pose_ui.shell.resources import (
    close_pool,
    film_studio,
    import_late,
    pool,
    upload_refusals,
    validation_studio,
    visitors,
    warm_up,
)
from pose_ui.shell.security_headers import SecurityHeaders
from pose_ui.shell.sign_in import check_login, tell_what_is_open
from pose_ui.shell.socket_gate import SocketGate
from pose_ui.shell.upload_gate import UploadGate
from pose_ui.shell.visitor_cookies import VisitorCookies
from pose_ui.side_by_side.routes import sides_routes
from pose_ui.validate.reports import report_in
from pose_ui.video.routes import film_routes

#: The server opens its port right after the start-up hook has returned.
_PORT_OPENS_S: Final = 0.05


def cannot_start(error: PoseCoreError) -> NoReturn:
    """End with one clear sentence rather than serve pages that cannot work."""
    enough_memory.end(f"cannot start. {error}")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open the log and warm the shared pool; close both at the end."""
    open_log(configuration)
    enough_memory.end_when_exhausted(asyncio.get_running_loop())
    try:
        if read_configuration(os.environ) != configuration:
            raise SettingsError(
                "setting_in_secrets",
                "POSEDECK_... variables must be set in the environment; Streamlit's secrets file sets one, too late "
                "for some of its uses. Move it from that file to the environment.",
            )
        check_login(configuration)
        await anyio.to_thread.run_sync(warm_up)
    except PoseCoreError as error:  # a missing login, missing libraries or damaged models
        cannot_start(error)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        enough_memory.end(
            "cannot start. The models need more memory than it may use. Give it more: 1 GB is plenty."
        )
    tell_what_is_open(configuration)
    log_event("start", version=VERSION)
    asyncio.get_running_loop().call_later(_PORT_OPENS_S, Thread(target=import_late, daemon=True).start)
    yield
    await anyio.to_thread.run_sync(close_pool)
    log_event("stop")
    close_log()


limit_memory_growth()
escape_everything()
answer_malformed_upgrades()
limit_heads()
limit_messages(LARGEST)
limit_last_answers(close_decoders)
raise_limit()
streamlit_bindings.apply()
try:
    configuration = read_configuration(os.environ)
except PoseCoreError as error:
    cannot_start(error)
closed = configuration.login or configuration.password is not None
app = st.App(
    "dashboard.py",
    routes=[
        plotly_route(),
        film_route(),
        module_route(),
        browser_model_route(visitors, closed=closed),
        film_upload_route(film_studio, closed=closed),
        coach_feed_route(closed=closed),
        landmarks_route(closed=closed),
        *film_routes(film_studio, closed=closed),
        *sides_routes(closed=closed),
        *service.routes(
            pool,
            configuration=configuration,
            studio=film_studio,
            validations=service.Validations(validation_studio, report_in),
        ),
    ],
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(HostCheck, hosts=AllowedHosts(st.get_option("server.address"), configuration.hosts)),
        Middleware(VisitorCookies, visitors=visitors(), closed=closed),
        Middleware(SocketGate, visitors=visitors(), closed=closed),
        Middleware(LeavesDescriptors),
        Middleware(UploadGate, refusals=upload_refusals(), closed=closed),
    ],
    lifespan=lifespan,
    on_script_error=show_unexpected,
)
