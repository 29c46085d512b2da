"""All keys of ``st.session_state``, which holds only choices, sessions and finished results."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BENCHMARK",
    "BENCHMARK_DEFAULTS",
    "BENCHMARK_TAB",
    "COACH",
    "COACH_DEFAULTS",
    "ENTERED",
    "FORGOTTEN",
    "HOME_UPLOAD_TURN",
    "KEYS_DONE",
    "LANG",
    "LIVE",
    "LIVE_DEFAULTS",
    "LIVE_WANTED",
    "OWN_MODEL",
    "OWN_MODEL_TURN",
    "PAGE",
    "PHOTO",
    "PHOTO_SAMPLE",
    "PHOTO_TAB",
    "PHOTO_ZIP_PNG",
    "PICTURES_FOR_PHOTO",
    "REMEMBERED",
    "SETTING_DEFAULTS",
    "SIDES",
    "SIDES_DEFAULTS",
    "SIDES_TAB",
    "SIDES_UPLOAD_TURN",
    "SIGNED_IN",
    "SIGN_IN_BUTTON",
    "SIGN_IN_FORM",
    "SIGN_IN_LANG",
    "SIGN_IN_TROUBLE",
    "START_WANTED",
    "TYPED_PASSWORD",
    "VALIDATE",
    "VALIDATE_DEFAULTS",
    "VALIDATE_TAB",
    "VALIDATE_UPLOAD_TURN",
    "VIDEO",
    "VIDEO_DEFAULTS",
    "benchmark_key",
    "choice_keys",
    "coach_key",
    "live_key",
    "setting_key",
    "sides_key",
    "validate_key",
    "video_key",
]

LANG: Final = "lang"
KEYS_DONE: Final = "keys_done"  # number of the last key of presenter mode that something was done for
BENCHMARK: Final = "benchmark"  # a pose_ui.benchmark.session.BenchmarkSession
BENCHMARK_TAB: Final = "benchmark_tab"  # name of its open tab
COACH: Final = "coach"  # a pose_ui.coach.session.CoachSession
OWN_MODEL: Final = "own_model"  # a pose_ui.widgets.own_model.OwnModelUpload
OWN_MODEL_TURN: Final = "own_model_turn"  # number of its uploader; each is used once
PAGE: Final = "page"  # address of the page shown last
ENTERED: Final = "entered"  # set until a page has noticed that the visitor has just opened it
FORGOTTEN: Final = "forgotten"  # set by Sign out: nothing remembered counts any more
HOME_UPLOAD_TURN: Final = "home_upload_turn"  # number of its uploader; each is used once
REMEMBERED: Final = "remembered"  # see pose_ui.shell.remembered
LIVE: Final = "live"  # a pose_ui.live_view.session.LiveSession
LIVE_WANTED: Final = "live_wanted"  # see pose_ui.shell.mailbox
PHOTO: Final = "photo"  # a pose_ui.photo.session.PhotoSession
PHOTO_SAMPLE: Final = "photo_sample"  # id of the sample on show, for the address
PHOTO_ZIP_PNG: Final = "photo_zip_png"  # whether a batch's drawn pictures are PNG and not JPEG
PHOTO_TAB: Final = "photo_tab"  # name of the view of the result that is open below it
PICTURES_FOR_PHOTO: Final = "pictures_for_photo"  # see pose_ui.shell.mailbox
SIDES: Final = "sides"  # a pose_ui.side_by_side.session.SidesSession
SIDES_TAB: Final = "sides_tab"  # name of its open tab
SIDES_UPLOAD_TURN: Final = "sides_upload_turn"  # number of its uploader; each is used once
SIGNED_IN: Final = "signed_in"  # True once the visitor may see the pages
SIGN_IN_BUTTON: Final = "sign_in_button"  # to the provider and back
SIGN_IN_FORM: Final = "sign_in"  # the password's form
SIGN_IN_LANG: Final = "sign_in_lang"  # the language switch before any page
SIGN_IN_TROUBLE: Final = "sign_in_trouble"  # 0: wrong password; above 0: seconds to wait before the next
VALIDATE: Final = "validate"  # a pose_ui.validate.session.ValidateSession
VALIDATE_TAB: Final = "validate_tab"  # name of its open tab
VALIDATE_UPLOAD_TURN: Final = "validate_upload_turn"  # number of its uploader; each is used once
START_WANTED: Final = "start_wanted"  # see pose_ui.shell.mailbox
TYPED_PASSWORD: Final = "typed_password"  # the field; emptied as soon as the password is checked
VIDEO: Final = "video"  # a pose_ui.video.session.VideoSession

#: Choices of the settings panel with their defaults; each lives under `setting_key`.
SETTING_DEFAULTS: Final[dict[str, object]] = {
    "model": "full",
    "people": 1,
    "detection": 0.5,
    "presence": 0.5,
    "visibility": 0.5,
    "enlarge": True,
    "draw": ["letters"],
    "style": "classic",
    "arcs": [],
}


def setting_key(name: str) -> str:
    """Key of one choice of the settings panel."""
    return f"setting_{name}"


#: Choices of the Live page with their defaults; each lives under `live_key`.
LIVE_DEFAULTS: Final[dict[str, object]] = {
    "source": "performer",  # moves at once, on any machine; a camera that was chosen is remembered
    "scene": "squat",
    "height": 480,
    "fps": 30,
    "mirror": True,
    "smooth": True,
    "min_cutoff": None,  # the filter's own defaults, from pose_core.tracking.smoothing
    "beta": None,
    "adaptive": True,
    "target": 15,
    "joints": ["elbow", "knee"],
    "chart": "angles",
    "clip": False,
    "drawn_in": "browser",
    "in_step": True,
    "model_in": "server",
    "told_charts": False,  # of what the browser's own model finds, which sends it to the server
}


def live_key(name: str) -> str:
    """Key of one choice of the Live page."""
    return f"live_{name}"


#: Choices of the Benchmark page with their defaults; each lives under `benchmark_key`.
BENCHMARK_DEFAULTS: Final[dict[str, object]] = {
    "preset": "quick",
    "source": "performer",
    "goal": "coaching",
    "own": False,
    "sizes": ["640x480", "1280x720"],
    "width": 800,
    "height": 600,
    "models": ["full"],
    "modes": ["video"],
    "people": [1],
}


def benchmark_key(name: str) -> str:
    """Key of one choice of the Benchmark page."""
    return f"benchmark_{name}"


#: Choices of the Coach page with their defaults; each lives under `coach_key`. Its source is that of the Live page.
COACH_DEFAULTS: Final[dict[str, object]] = {
    "exercise": "squat",
    "speak": False,
    "limits": {},  # of form, by exercise and fault: only those that differ; replaced as a whole
}


def coach_key(name: str) -> str:
    """Key of one choice of the Coach page."""
    return f"coach_{name}"


#: Choices of the Validate page with their defaults; each lives under `validate_key`.
VALIDATE_DEFAULTS: Final[dict[str, object]] = {
    "source": "few",
    "protocol": "crop",
    "lite": True,
    "full": True,
    "heavy": False,
    "onnx": "full",
}


def validate_key(name: str) -> str:
    """Key of one choice of the Validate page."""
    return f"validate_{name}"


#: Choices of the Side by side page with their defaults; each lives under `sides_key`.
SIDES_DEFAULTS: Final[dict[str, object]] = {
    "source": "performer",
    "people": 1,
    "frames": 300,
    "unit": "percent",
    "view": "divider",  # of a live picture
    "divider": 50,
    "a_model": "lite",
    "b_model": "full",
    **{f"{side}_{name}": 0.5 for side in "ab" for name in ("detection", "presence")},
    "a_smooth": True,
    "b_smooth": True,
    "a_height": 0,  # 0: as the picture is
    "b_height": 0,
}


def sides_key(name: str) -> str:
    """Key of one choice of the Side by side page."""
    return f"sides_{name}"


#: Choices of the Video page with their defaults; each lives under `video_key`.
VIDEO_DEFAULTS: Final[dict[str, object]] = {
    "part": None,  # seconds from and to; None: all of it
    "slowed": 1.0,
    "mirrored": False,
    "height": None,  # in cm
    "floor": None,  # in degrees
    "angle": "left_knee",
    "exercise": "auto",  # whose repetitions are counted
}


def video_key(name: str) -> str:
    """Key of one choice of the Video page."""
    return f"video_{name}"


def choice_keys() -> tuple[str, ...]:
    """Keys of all choices whose labels change with the language."""
    return (
        *map(setting_key, SETTING_DEFAULTS),
        *map(live_key, LIVE_DEFAULTS),
        *map(benchmark_key, BENCHMARK_DEFAULTS),
        *map(coach_key, COACH_DEFAULTS),
        *map(validate_key, VALIDATE_DEFAULTS),
        *map(sides_key, SIDES_DEFAULTS),
        *map(video_key, VIDEO_DEFAULTS),
    )
