"""What has happened since the start, in the text format that Prometheus reads (version 0.0.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from pose_core.models.pool import PoolStatus

__all__ = ["METRICS_TYPE", "Metrics"]

METRICS_TYPE: Final = "text/plain; version=0.0.4"


class Metrics:
    """Counts of requests. Belongs to the event loop: no other thread may call it."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds: dict[str, float] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request.

        Parameters
        ----------
        route : str
            One of a fixed set of names; never what a client sent, which has no limit.
        status : int
            The answer's HTTP status.
        seconds : float
            From the request's head to the answer's end, including the upload.
        """
        self._requests[route, status] += 1
        self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def text(self, pool: PoolStatus, in_flight: int) -> str:
        """Everything, with the state of the pool and the number of requests with pictures in progress."""
        lines: list[str] = []

        def family(name: str, kind: str, about: str, samples: Iterable[tuple[str, float]]) -> None:
            lines.extend((f"# HELP {name} {about}", f"# TYPE {name} {kind}"))
            lines.extend(f"{name}{suffix} {value}" for suffix, value in samples)

        family(
            "posedeck_requests_total",
            "counter",
            "Answered requests.",
            ((f'{{route="{r}",status="{s}"}}', n) for (r, s), n in sorted(self._requests.items())),
        )
        counts: Counter[str] = Counter()
        for (route, _), number in self._requests.items():
            counts[route] += number
        family(
            "posedeck_request_seconds",
            "summary",
            "Time that requests took, including the upload.",
            (
                sample
                for route in sorted(counts)
                for sample in (
                    (f'_sum{{route="{route}"}}', round(self._seconds[route], 6)),
                    (f'_count{{route="{route}"}}', counts[route]),
                )
            ),
        )
        for name, about, value in (
            ("requests_in_flight", "Requests with pictures in progress.", in_flight),
            ("image_landmarkers", "Loaded landmarkers for pictures.", pool.image_landmarkers),
            (
                "image_landmarkers_busy",
                "Landmarkers for pictures in use, by pages and requests.",
                pool.image_busy,
            ),
            ("image_landmarkers_limit", "Most landmarkers for pictures.", pool.image_limit),
            ("live_seats_taken", "Running live streams.", pool.streams),
            ("live_seats_limit", "Most live streams.", pool.stream_limit),
            ("warm", "1 once the models are loaded and warmed up.", int(pool.warm_s is not None)),
        ):
            family(f"posedeck_{name}", "gauge", about, [("", value)])
        return "\n".join(lines) + "\n"
