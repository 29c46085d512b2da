"""The report's sentences in English, for commands and programs, which know nothing of the pages' catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["SENTENCES", "english"]

#: Those of pose_ui/texts, by the same keys; a test compares them.
SENTENCES: Final[Mapping[str, str]] = {
    "report.made_heading": "How this was made",
    "report.limits_heading": "What these figures cannot say",
    "report.limits": (
        'The joints are estimates from one camera. Angles "in the picture" are those of the flat '
        'picture: a limb that points at the camera looks shorter, and its angle is marked "?".\n'
        "A joint that is hidden or outside the picture has no angle; the report says which of the two.\n"
        "Loose clothing, poor light, unusual poses and people who cover each other make the estimate "
        "worse. The model can also be sure of a joint that it put in the wrong place.\n"
        "This is not a medical device, and no basis for a diagnosis."
    ),
    "report.model": "Model",
    "report.model_sum": "SHA-256 of the model begins",
    "report.people": "People looked for, at most",
    "report.detection": "Detection confidence",
    "report.presence": "Presence confidence",
    "report.visibility": "Visibility limit",
    "report.enlarge": "Small pictures enlarged",
    "report.yes": "yes",
    "report.no": "no",
    "report.versions": "Versions",
    "video.report_title": "Movement in {name}",
    "video.report_lead": (
        "People found: {people}. {frames} frames over {seconds} s; somebody was found in {share} % of them."
    ),
    "video.ended_by_broken": "The file breaks off: the first {read_to} of {duration} could be read.",
    "video.ended_by_cancelled": "Stopped by hand: the first {read_to} of {duration} are here.",
    "video.ended_by_person_frames": (
        "The limit for one result was reached: the first {read_to} of {duration} are here."
    ),
    "video.person": "Person {number}",
    "video.curves_alt": "Limb angles in the picture over time",
    "video.angle": "Angle",
    "video.least": "Smallest",
    "video.greatest": "Largest",
    "video.uncertain_share": "Uncertain",
    "video.moments": "Key moments",
    "video.time": "Time",
    "video.moment": "Moment",
    "video.value": "Value",
    "video.moment_least": "smallest angle",
    "video.moment_greatest": "largest angle",
    "video.moment_stillest": "stillest",
    "video.moment_fastest": "fastest",
    "video.moment_mark": "own mark",
    "video.value_least": "{value}°",
    "video.value_greatest": "{value}°",
    "video.value_stillest": "{value} torso lengths a second",
    "video.value_fastest": "{value} torso lengths a second",
    "video.film_size": "Size of the video",
    "video.film_rate": "Frames a second",
    "video.film_duration": "Length of the video",
    "video.film_cuts": "Cuts between scenes",
}


def english(key: str, /, **values: object) -> str:
    """A `pose_core.translate.Translate`; a key without a sentence, such as an angle's, is read as it stands.

    Examples
    --------
    >>> english("video.person", number=2), english("angle.left_knee")
    ('Person 2', 'Left knee')
    """
    sentence = SENTENCES.get(key)
    if sentence is None:
        return key.rpartition(".")[2].replace("_", " ").capitalize()
    return sentence.format(**values) if values else sentence
