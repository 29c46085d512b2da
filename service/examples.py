"""Examples for the OpenAPI document. Errors of HTTP itself are sent with the sentences below."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from pose_core.export.photos import COLUMNS, SCHEMA_VERSION
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.settings import PoseSettings
from pose_core.skeleton import LANDMARK_NAMES
from pose_core.version import VERSION

__all__ = ["CSV", "DEMO", "METRICS", "NOBODY", "PROBLEMS", "UNEXPECTED", "VALIDATE_JOB", "VIDEO_JOB", "pose"]

#: Exactly what the older demo answers: its clients may compare it.
NOBODY: Final = {"error": "No pose detected"}

VIDEO_JOB: Final = {
    "id": "u8mQ0b9YxJ1c3k5Zs7WnTqEr2vLhAa4P",
    "state": "analysing",
    "ahead": 0,
    "done": 38.2,
    "total": 300.0,
    "share": 0.1273,
    "left_s": 101.4,
    "problem": None,
    "files": [],
}

VALIDATE_JOB: Final = {
    "id": "u8mQ0b9YxJ1c3k5Zs7WnTqEr2vLhAa4P",
    "state": "analysing",
    "ahead": 0,
    "done": 61.0,
    "total": 150.0,
    "share": 0.4067,
    "left_s": 11.2,
    "problem": None,
    "files": [],
}

UNEXPECTED: Final = {
    "code": "unexpected",
    "message": "Something unexpected went wrong.",
    "hint": "Report it with the line about it in the server's log.",
}

#: HTTP status to an example of its answers. Those for 401, 403, 404, 405 and 429 are the answers themselves.
PROBLEMS: Final[dict[int, dict[str, str]]] = {
    400: {
        "code": "picture_damaged",
        "message": "The file must contain a complete picture; this one is cut off or damaged.",
        "hint": "Copy, download or save it again.",
    },
    401: {
        "code": "token_needed",
        "message": "The header Authorization must carry the token of this interface; got another, or none.",
        "hint": "Send the header Authorization: Bearer, followed by the token that the operator of PoseDeck has set.",
    },
    403: {
        "code": "other_site",
        "message": "The request must not come from a page of another site; this one does.",
        "hint": "Let the operator of PoseDeck list the page's origin in POSEDECK_CORS.",
    },
    404: {
        "code": "not_found",
        "message": "The address must be one of this interface; there is nothing at this one.",
        "hint": "/api/v1/openapi.json lists all addresses.",
    },
    405: {
        "code": "method_not_allowed",
        "message": "The method must be the one in the header Allow; got another.",
        "hint": "/api/v1/openapi.json lists all addresses and their methods.",
    },
    406: {
        "code": "not_acceptable",
        "message": "The header Accept must allow one of application/json, text/csv; it allows none of them.",
        "hint": "Ask for application/json or text/csv or, with a single picture, for image/jpeg or image/png.",
    },
    408: {
        "code": "body_too_slow",
        "message": "The request must arrive within 30 s and, after 5 s, at 32 kB a second or faster; this one did not.",
        "hint": "Send smaller pictures, or fewer in one request.",
    },
    409: {
        "code": "job_not_done",
        "message": "The job must be done or cancelled and have a result; this one is not, or it failed.",
        "hint": "Ask /api/v1/video/{id} for its state first.",
    },
    411: {
        "code": "length_missing",
        "message": "The header Content-Length must state the video's size; it is missing.",
        "hint": "Send the file with its length, not in chunks.",
    },
    413: {
        "code": "body_too_large",
        "message": "The request must be at most 51 MB; this one is larger.",
        "hint": "Send smaller pictures, or fewer in one request.",
    },
    415: {
        "code": "not_multipart",
        "message": "The content type must be multipart/form-data; got another, or none.",
        "hint": "Send the picture as the form's file field image, for example with curl -F image=@photo.jpg.",
    },
    422: {
        "code": "option_invalid",
        "message": "The option people is not valid: Input should be less than or equal to 5.",
        "hint": "/api/v1/openapi.json has the names and ranges of all options.",
    },
    429: {
        "code": "too_many_requests",
        "message": "Requests from one address must stay within the limit per minute; this address sent more.",
        "hint": "Wait for the seconds that the header Retry-After gives, then send the request again.",
    },
    500: UNEXPECTED,
    503: {
        "code": "pool_busy",
        "message": "A place for the model must be free within 5 s; all 2 are in use.",
        "hint": "Try again in a moment.",
    },
}

#: One landmark in a picture of 640x480, with the columns of the tables.
_LANDMARK: Final[dict[str, float | None]] = {
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
    "reason": None,
}

DEMO: Final = [{"x": 0.5, "y": 0.25, "z": -0.31, "visibility": 0.9987}] * len(LANDMARK_NAMES)

CSV: Final = (
    ",".join(COLUMNS)
    + "\n0,0.0,1,nose,"
    + ",".join("" if value is None else str(value) for value in _LANDMARK.values())
    + "\n"
)

METRICS: Final = (
    "# HELP posedeck_requests_total Answered requests.\n"
    "# TYPE posedeck_requests_total counter\n"
    'posedeck_requests_total{route="/api/v1/pose",status="200"} 12\n'
)


def pose() -> dict[str, Any]:
    """One person in one picture; made-up numbers, the same for each landmark."""
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
        "others": 0,
        "people": [
            {
                "person": 1,
                "doubtful": False,
                "landmarks": [{"name": name, **_LANDMARK} for name in LANDMARK_NAMES],
                "angles_deg": {space: dict.fromkeys(ANGLE_NAMES, 172.4) for space in ("image", "world")},
                "angle_reasons": {space: dict.fromkeys(ANGLE_NAMES) for space in ("image", "world")},
            }
        ],
    }
