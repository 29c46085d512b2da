"""How many bodies one address may have on their way at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import anyio

from ops.rate import address_key
from pose_core.errors import BusyError

__all__ = ["Arrivals"]


@dataclass(slots=True)
class _Line:
    """Those of one address: who sends, and who waits for that."""

    free: anyio.Semaphore
    users: int = 0


class Arrivals:
    """Gives each address its share of the requests whose body is arriving. Belongs to the event loop.

    A request over the share waits for one of its own address, and holds nothing that others could need.

    Parameters
    ----------
    share : int
        Most bodies on their way from one address.
    wait_s : float
        Longest wait.
    """

    def __init__(self, share: int, wait_s: float) -> None:
        self._share = share
        self._wait_s = wait_s
        self._lines: dict[str, _Line] = {}

    def __len__(self) -> int:
        """How many addresses send or wait."""
        return len(self._lines)

    async def start(self, host: str | None) -> Callable[[], None]:
        """Wait until this address may send one more; return what must be called once its body is there, or given up.

        Further calls of that do nothing.

        Raises
        ------
        BusyError
            If none of the address's other bodies was over in time.
        """
        key = address_key(host)
        line = self._lines.setdefault(key, _Line(anyio.Semaphore(self._share)))
        line.users += 1

        def leave() -> None:
            line.users -= 1
            if not line.users:
                del self._lines[key]

        try:
            with anyio.fail_after(self._wait_s):
                await line.free.acquire()
        except TimeoutError:
            leave()
            raise BusyError(
                "too_many_bodies_from_one_address",
                "At most {share} request bodies from one address may be arriving at a time; {share} are, and none was "
                "complete within {wait_s:g} s. Send fewer at a time.",
                share=self._share,
                wait_s=self._wait_s,
            ) from None
        except BaseException:
            leave()
            raise
        over = False

        def end() -> None:
            nonlocal over
            if not over:
                over = True
                line.free.release()
                leave()

        return end
