"""How many requests an address may send: a bucket of tokens for each, refilled over time."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Final

__all__ = ["RateLimit", "address_key"]

_MINUTE_S: Final = 60.0
#: Much less than anyone notices, much more than the rounding error of adding up parts of a minute.
_ROUNDING_S: Final = 1e-6
#: Addresses remembered, about 200 bytes each. The one whose last request is oldest is forgotten first.
_MOST_ADDRESSES: Final = 10_000


def address_key(host: str | None) -> str:
    """The name under which an address is counted.

    A household or a rented server has a whole /64 network of IPv6 addresses, so such a network counts as one.

    Examples
    --------
    >>> address_key("192.0.2.7"), address_key("::ffff:192.0.2.7")
    ('192.0.2.7', '192.0.2.7')
    >>> address_key("2001:db8:1:2:3:4:5:6") == address_key("2001:db8:1:2::1")
    True
    >>> address_key(None), address_key("no address")
    ('unknown', 'unknown')
    """
    try:
        address = ip_address(host or "")
    except ValueError:
        return "unknown"  # never what a client sent, which has no limit
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{int(address) >> 64:x}/64"
    return str(address)


class RateLimit:
    """Lets each address send `per_minute` requests at once, and as many again over each minute. Thread-safe.

    Parameters
    ----------
    per_minute : int
        0: unlimited.
    most_addresses : int
    clock : callable
        Returns seconds that never go back.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        most_addresses: int = _MOST_ADDRESSES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._most_addresses = most_addresses
        self._clock = clock
        self._lock = Lock()
        #: Address to the time at which its bucket will be full again; the one with the newest request is last.
        self._full_s: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_s)

    def wait_s(self, host: str | None) -> int:
        """Count a request from this address; return 0 if it is allowed, else the whole seconds until one is.

        Parameters
        ----------
        host : str or None
            IP address.
        """
        if not self._per_minute:
            return 0
        key = address_key(host)
        with self._lock:
            now_s = self._clock()
            before_s = max(self._full_s.pop(key, now_s), now_s)
            after_s = before_s + _MINUTE_S / self._per_minute
            # An empty bucket takes a minute to fill. A refused request takes nothing out.
            too_early_s = after_s - now_s - _MINUTE_S - _ROUNDING_S
            self._full_s[key] = before_s if too_early_s > 0 else after_s
            if len(self._full_s) > self._most_addresses:
                self._full_s.popitem(last=False)
        return max(0, math.ceil(too_early_s))
