"""How much a camera may send: enough for a sharp picture at once, and a fair share when several people watch.

A browser starts at 300 kbit/s, and shrinks its picture to what that carries. It rises slowly, or never, unless the
answer to its offer names a better start. aiortc then estimates what the network carries by how late packets are, and a
busy processor makes them late, too: of four windows on the server's own two cores one or two were brought down to
30 kbit/s. So for a camera in a local network the estimate has a lower limit; the browser itself still sends less when
packets are lost. Bound to aiortc 1.16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pose_core.machine import usable_cores

__all__ = ["START_BITS_PER_S", "asking_for", "fair_share", "within"]

#: Enough for 720p from the first frame. Browsers themselves stop at 1.7 Mbit/s with 480p, and at 2.5 above.
START_BITS_PER_S: Final = 2_500_000
#: For all cameras together, for each core. Four windows of Chromium on the server's own two cores had a quarter fewer
#: frames when each was told to start with 1.5 Mbit/s.
_BITS_PER_S_FOR_CORE: Final = 1_500_000
#: With less than this a browser finds its own start, as it would without being told.
_WORTH_TELLING: Final = 1_500_000
#: No share, and no estimate in a local network, is lower than this, which carries 640x480.
_LEAST: Final = 1_000_000
_VIDEO: Final = ("video/vp8", "video/h264")


def fair_share(viewers: int, cores: int | None = None) -> int:
    """Bits a second that each camera may send while so many people watch.

    Examples
    --------
    >>> [fair_share(viewers, cores=2) for viewers in (0, 1, 2, 4)]
    [2500000, 2500000, 1500000, 1000000]
    """
    share = (cores or usable_cores()) * _BITS_PER_S_FOR_CORE // max(1, viewers)
    return max(_LEAST, min(START_BITS_PER_S, share))


def asking_for(create_answer: Callable[..., Any], share: Callable[[], int]) -> Callable[..., Any]:
    """Wrap a connection's method that answers an offer, so that the answer tells the browser where to start."""

    async def create_answer_with_start(self: Any) -> Any:
        bits_per_s = share()
        for transceiver in self.getTransceivers():
            for codec in transceiver._codecs:
                if codec.mimeType.lower() in _VIDEO and bits_per_s >= _WORTH_TELLING:
                    codec.parameters["x-google-start-bitrate"] = bits_per_s // 1000
        return await create_answer(self)

    return create_answer_with_start


def within(add: Callable[..., Any], share: Callable[[], int]) -> Callable[..., Any]:
    """Wrap the method that estimates how much a browser may send: never more than its share, nor too little nearby.

    The estimator has `is_nearby` if its receiver's `receive` is wrapped by `pose_ui.webrtc.bindings.knowing_its_way`.
    """

    def add_within(self: Any, *args: Any, **named: Any) -> tuple[int, list[int]] | None:
        estimate = add(self, *args, **named)
        if estimate is None:
            return None
        bits_per_s, sources = estimate
        least = _LEAST if self.is_nearby() else 0
        return min(max(bits_per_s, least), share()), sources

    return add_within
