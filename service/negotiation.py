"""Which of the media types on offer a client prefers, by its ``Accept`` header (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["best_offer"]

#: No real client sends a longer header; browsers send about 100 characters.
_LONGEST: Final = 2000


def _ranges(accept: str) -> dict[str, float]:
    """Media range to its quality, without malformed ranges."""
    ranges = {}
    for entry in accept[:_LONGEST].lower().split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = -1.0
        if name.count("/") == 1 and 0.0 <= quality <= 1.0:  # NaN is in no range
            ranges[name] = quality
    return ranges


def best_offer(accept: str | None, offers: Sequence[str]) -> str | None:
    """The offer that a client prefers, the earlier one if it prefers two equally; None if it accepts none of them.

    Parameters
    ----------
    accept : str or None
        The header. Without one, or with an empty one, the client accepts everything.
    offers : sequence of str
        Media types, the one that the server prefers first.

    Examples
    --------
    >>> best_offer("image/*;q=0.5, text/csv", ["application/json", "text/csv", "image/png"])
    'text/csv'
    >>> best_offer("video/mp4", ["application/json"]) is None
    True
    """
    if accept is None or not accept.strip():
        return offers[0] if offers else None
    ranges = _ranges(accept)

    def quality(offer: str) -> float:
        family = offer.partition("/")[0]
        # The most specific range decides, even when its quality is 0.
        return next((ranges[r] for r in (offer, f"{family}/*", "*/*") if r in ranges), 0.0)

    best = max(offers, key=quality, default=None)
    return best if best is not None and quality(best) > 0 else None
