"""Examples in the OpenAPI document; the sentences of faults that come from HTTP itself are sent as they stand here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from pose_core.export.photos import COLUMNS, SCHEMA_VERSION
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.settings import PoseSettings
from pose_core.skeleton import LANDMARK_NAMES
from pose_core.version import VERSION

__all__ = ["CSV", "DEMO", "METRICS", "NOBODY", "PROBLEMS", "UNEXPECTED", "pose"]

#: What the older demo says, to the letter: its clients may compare.
NOBODY: Final = {"error": "No pose detected"}

UNEXPECTED: Final = {
    "code": "unexpected",
    "message": "Something went wrong that nobody foresaw.",
    "hint": "Please report it, with the line that the server's log has about it.",
}

#: HTTP status to an example of its answers. Those of 401, 404, 405 and 429 are the answers themselves.
PROBLEMS: Final[dict[int, dict[str, str]]] = {
    400: {
        "code": "picture_damaged",
        "message": "The file must contain a complete picture; this one is cut off or damaged.",
        "hint": "Copy, download or save it again.",
    },
    401: {
        "code": "token_needed",
        "message": "The token of this interface was expected in the header Authorization; another came, or none.",
        "hint": "Send the header Authorization: Bearer, followed by the token that whoever runs PoseDeck has chosen.",
    },
    404: {
        "code": "not_found",
        "message": "An address of the interface was expected; there is nothing at this one.",
        "hint": "All addresses are in /api/v1/openapi.json.",
    },
    405: {
        "code": "method_not_allowed",
        "message": "Another method was expected at this address; the header Allow names it.",
        "hint": "All addresses and their methods are in /api/v1/openapi.json.",
    },
    406: {
        "code": "not_acceptable",
        "message": "One of application/json, text/csv was expected in the header Accept; none of them is there.",
        "hint": "Ask for application/json or text/csv, or with a single picture for image/jpeg or image/png.",
    },
    408: {
        "code": "body_too_slow",
        "message": "The whole request was expected within 30 s; it had not arrived by then.",
        "hint": "Send smaller pictures, or fewer in one request.",
    },
    413: {
        "code": "body_too_large",
        "message": "A request of up to 51 MB was expected; this one is larger.",
        "hint": "Send smaller pictures, or fewer in one request.",
    },
    415: {
        "code": "not_multipart",
        "message": "A body of the type multipart/form-data was expected; another came, or none.",
        "hint": "Send the picture as a form's file field called image, such as curl -F image=@photo.jpg does.",
    },
    422: {
        "code": "option_invalid",
        "message": "The option people cannot be used: Input should be less than or equal to 5.",
        "hint": "Names and ranges of all options are in /api/v1/openapi.json.",
    },
    429: {
        "code": "too_many_requests",
        "message": "Fewer requests a minute from one address were expected; more came from this one.",
        "hint": "Wait for as many seconds as the header Retry-After says, then ask again.",
    },
    500: UNEXPECTED,
    503: {
        "code": "pool_busy",
        "message": "A place for the model must be free within 5 s; all 2 are in use.",
        "hint": "Try again in a moment.",
    },
}

#: One landmark in the middle of a picture of 640 x 480, in the columns of the tables.
_LANDMARK: Final[dict[str, float]] = {
    "x_px": 320.0,
    "y_px": 120.0,
    "x_norm": 0.5,
    "y_norm": 0.25,
    "z": -0.31,
    "world_x_m": 0.0123,
    "world_y_m": -0.5512,
    "world_z_m": -0.2214,
    "visibility": 0.9987,
    "presence": 0.9991,
}

DEMO: Final = [{"x": 0.5, "y": 0.25, "z": -0.31, "visibility": 0.9987}] * len(LANDMARK_NAMES)

CSV: Final = (
    ",".join(COLUMNS) + "\n0,0.0,1,nose," + ",".join(str(value) for value in _LANDMARK.values()) + "\n"
)

METRICS: Final = (
    "# HELP posedeck_requests_total Answered requests.\n"
    "# TYPE posedeck_requests_total counter\n"
    'posedeck_requests_total{route="/api/v1/pose",status="200"} 12\n'
)


def pose() -> dict[str, Any]:
    """One person in one picture; numbers by hand, the same for each landmark."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": {
            "name": "photo.jpg",
            "sha256": "0" * 64,
            "format": "JPEG",
            "width_px": 640,
            "height_px": 480,
            "analysed_width_px": 640,
            "analysed_height_px": 480,
            "notes": [],
        },
        "model": {"variant": "full", "sha256": "0" * 64},
        "versions": {"posedeck": VERSION, "mediapipe": "0.10.33", "python": "3.11.2"},
        "settings": asdict(PoseSettings()),
        "times_ms": {"decode": 7.2, "enlarge": 0.0, "inference": 22.7},
        "people": [
            {
                "person": 1,
                "landmarks": [{"name": name, **_LANDMARK} for name in LANDMARK_NAMES],
                "angles_deg": {space: dict.fromkeys(ANGLE_NAMES, 172.4) for space in ("image", "world")},
            }
        ],
    }
