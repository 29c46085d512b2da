"""How much a camera may send: enough for a sharp picture at once, and a fair share when several people watch.

A browser starts at 300 kbit/s, and shrinks its picture to what that carries. It rises slowly, or never, unless the
answer to its offer names a better start. Bound to aiortc 1.16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pose_core.machine import usable_cores

__all__ = ["START_BITS_PER_S", "asking_for", "at_most", "fair_share"]

#: Enough for 720p from the first frame. Browsers themselves stop at 1.7 Mbit/s with 480p, and at 2.5 above.
START_BITS_PER_S: Final = 2_500_000
#: What a core can decode beside everything else, for all cameras together: with three viewers for each core, still
#: enough for 480p at a lower rate of frames.
_BITS_PER_S_FOR_CORE: Final = 3_000_000
_VIDEO: Final = ("video/vp8", "video/h264")


def fair_share(viewers: int, cores: int | None = None) -> int:
    """Bits a second that each camera may send while so many people watch.

    Examples
    --------
    >>> [fair_share(viewers, cores=2) for viewers in (0, 1, 2, 4, 6)]
    [2500000, 2500000, 2500000, 1500000, 1000000]
    """
    return min(START_BITS_PER_S, (cores or usable_cores()) * _BITS_PER_S_FOR_CORE // max(1, viewers))


def asking_for(create_answer: Callable[..., Any], share: Callable[[], int]) -> Callable[..., Any]:
    """Wrap a connection's method that answers an offer, so that the answer tells the browser where to start."""

    async def create_answer_with_start(self: Any) -> Any:
        kilobits = share() // 1000
        for transceiver in self.getTransceivers():
            for codec in transceiver._codecs:
                if codec.mimeType.lower() in _VIDEO:
                    codec.parameters["x-google-start-bitrate"] = kilobits
        return await create_answer(self)

    return create_answer_with_start


def at_most(add: Callable[..., Any], share: Callable[[], int]) -> Callable[..., Any]:
    """Wrap the method that estimates how much a browser may send, so that it never says more than its share."""

    def add_within_share(self: Any, *args: Any, **named: Any) -> tuple[int, list[int]] | None:
        estimate = add(self, *args, **named)
        return None if estimate is None else (min(estimate[0], share()), estimate[1])

    return add_within_share
