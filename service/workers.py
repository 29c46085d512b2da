"""Who is served and who is told to try again: limits on requests, and work off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from traceback import clear_frames
from typing import Final, TypeVar

import anyio
import anyio.to_thread
from starlette.requests import ClientDisconnect, Request

from ops.memory import is_out_of_memory
from ops.pace import Pace
from pose_core.errors import BusyError
from pose_core.machine import usable_cores
from pose_core.media.images import MAX_FILE_MB
from pose_core.models.pool import PosePool
from pose_core.stopping import Stop, StoppedError
from service.arrivals import Arrivals

__all__ = ["Limits", "Workers"]

_T = TypeVar("_T")

#: Pictures at a time for each core: one in the model while the next is decoded or the previous one drawn.
_WORKERS_PER_CORE: Final = 2
#: The part of all places that the bodies of one address may hold while they arrive.
_SHARE: Final = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what requests may use.

    Attributes
    ----------
    body_mb : int
        Most megabytes in a request's body: one file of the largest size, and the form around it.
    images : int
        Most pictures in one request.
    in_flight : int
        Most requests with pictures at a time; another is refused at once. With `body_mb` this limits memory.
    wait_s : float
        Longest wait for a free worker, and again for a free landmarker.
    pace : Pace
        How fast a body must arrive: at the latest within 30 s, which is 50 MB at 14 Mbit/s.
    """

    body_mb: int = MAX_FILE_MB + 1
    images: int = 8
    in_flight: int = 16
    wait_s: float = 5.0
    pace: Pace = field(default_factory=Pace)


class Workers:
    """Admits a limited number of requests at a time. Belongs to the event loop; the work itself runs in threads.

    Parameters
    ----------
    pool : callable
        Returns the shared pool.
    limits : Limits
    """

    def __init__(self, pool: Callable[[], PosePool], limits: Limits) -> None:
        self.pool = pool
        self.limits = limits
        self.in_flight = 0
        self._arrivals = Arrivals(max(1, limits.in_flight // _SHARE), limits.wait_s)
        workers = usable_cores() * _WORKERS_PER_CORE
        self._workers = anyio.Semaphore(workers)
        # Separate threads, so that Streamlit's file serving never waits for pictures.
        self._threads = anyio.CapacityLimiter(workers)

    @asynccontextmanager
    async def place(self, host: str | None) -> AsyncIterator[Callable[[], None]]:
        """A place for one request, taken before its body is read and kept until its answer is ready.

        Yields what must be called once the body is there. Until then it counts against the share of `host`, the
        client's address, so that bodies which never come cannot take the places of other addresses.

        Raises
        ------
        BusyError
            At once if all places are taken; after a wait if the address's share is; later if the request runs out of
            memory.
        """
        arrived = await self._arrivals.start(host)
        try:
            with self._place():
                yield arrived
        finally:
            arrived()

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self.in_flight >= self.limits.in_flight:
            raise BusyError(
                "too_many_requests_in_flight",
                "At most {limit} requests may be in progress at a time; {limit} are. Try again in a moment.",
                limit=self.limits.in_flight,
            )
        self.in_flight += 1
        try:
            yield
            return
        except Exception as error:
            _clear_tracebacks(error)
            if not is_out_of_memory(error):
                raise
        finally:
            self.in_flight -= 1
        # Here and not above, where the error would become its context.
        raise BusyError(
            "out_of_memory",
            "The server must have memory for this request; none is left. Try again in a moment, or with smaller "
            "pictures.",
        )

    async def run(self, request: Request, work: Callable[[PosePool, float, Stop], _T]) -> _T:
        """Call `work` in a thread: with the pool, the longest wait for a landmarker, and what ends it.

        It is told to end when the client hangs up. The body of `request` must have been read.

        Raises
        ------
        ClientDisconnect
            If the client hung up before the work was done.
        BusyError
            If no worker became free in time, or `work` raised it.
        """
        wait_s = self.limits.wait_s
        try:
            with anyio.fail_after(wait_s):
                await self._workers.acquire()
        except TimeoutError:
            raise BusyError(
                "workers_busy",
                "A worker must become free within {wait_s:g} s; all are still in use. Try again in a moment.",
                wait_s=wait_s,
            ) from None
        stop = Stop()
        watching = asyncio.create_task(_stop_when_gone(request, stop))
        try:
            return await anyio.to_thread.run_sync(
                partial(work, self.pool(), wait_s, stop), limiter=self._threads
            )
        except StoppedError:
            raise ClientDisconnect from None
        finally:
            watching.cancel()
            self._workers.release()


async def _stop_when_gone(request: Request, stop: Stop) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass  # the empty rest of a body that is complete
    stop.set()


def _clear_tracebacks(error: BaseException) -> None:
    """Free the pictures that an error keeps in memory.

    Its traceback keeps the local variables of the functions it passed through, up to 150 MB a picture, and Python frees
    an error that went through a coroutine only when it next looks for cycles.
    """
    link: BaseException | None = error
    while link is not None:
        clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
