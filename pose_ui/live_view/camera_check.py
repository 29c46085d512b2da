"""Asks the browser for the camera before a stream is tried, and reports the outcome as one state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import streamlit as st

__all__ = ["CameraReport", "CameraState", "camera_check"]

CameraState = Literal["ready", "insecure", "no_api", "refused", "no_camera", "busy", "failed"]

# Streamlit calls the function at each run with new data, possibly again before the first call has ended, and calls the
# returned function when the element goes, even for a call that a newer one has replaced. So all state is kept per
# element, and only the newest call's returned function cleans up.
_JS = """
const RELEASE_MS = 8000;
const STATES = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "no_camera",
  OverconstrainedError: "no_camera",
  NotReadableError: "busy",
  AbortError: "busy",
};
const checks = new WeakMap();

const stop = (stream) => stream?.getTracks().forEach((track) => track.stop());

function release(check) {
  clearTimeout(check.timer);
  stop(check.stream);
  check.stream = null;
}

async function open([width, height]) {
  if (!window.isSecureContext) return { state: "insecure" };
  if (!navigator.mediaDevices?.getUserMedia) return { state: "no_api" };
  const video = { width: { ideal: width }, height: { ideal: height } };
  try {
    return { state: "ready", stream: await navigator.mediaDevices.getUserMedia({ video, audio: false }) };
  } catch (error) {
    return { state: STATES[error.name] ?? "failed" };
  }
}

async function ask(check, turn, size) {
  const { state, stream } = await open(size);
  if (check.turn !== turn) {
    stop(stream); // a newer turn has begun, or the element is gone
    return;
  }
  if (check.hold) {
    check.stream = stream ?? null;
    check.timer = setTimeout(() => release(check), RELEASE_MS);
  } else {
    stop(stream);
  }
  tell(check, { turn, state });
}

function tell(check, report) {
  check.report = report;
  check.setReport(report);
}

async function watchPermission(check) {
  try {
    check.permission = await navigator.permissions.query({ name: "camera" });
  } catch {
    return; // not every browser supports this
  }
  check.permission.onchange = () => {
    const playing = check.turn !== 0 && check.report?.turn === check.turn && check.report.state === "ready";
    if (!playing || check.permission.state !== "denied") return;
    release(check);
    tell(check, { ...check.report, state: "refused" });
  };
}

export default function ({ data, parentElement, setStateValue }) {
  let check = checks.get(parentElement);
  if (!check) {
    check = { turn: 0, report: data.report, stream: null };
    checks.set(parentElement, check);
    watchPermission(check);
  }
  const call = {};
  check.call = call;
  check.hold = data.hold;
  check.setReport = (report) => setStateValue("report", report);
  if (!data.hold) release(check);
  if (data.turn !== check.turn) {
    release(check);
    check.turn = data.turn;
    const answered = data.turn === check.report?.turn;
    if (data.turn !== 0 && !answered) ask(check, data.turn, data.size);
  }
  return () => {
    if (check.call !== call) return;
    release(check);
    check.turn = 0;
    checks.delete(parentElement);
  };
}
"""

_component = st.components.v2.component("posedeck_camera_check", js=_JS)


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What the browser answered.

    Attributes
    ----------
    turn : int
        The turn it answers.
    state : CameraState
        ``ready``, or the obstacle: the page is not secure, the browser has no camera API, a person or a policy refused,
        there is no camera, another program is using it, or something else failed.
    """

    turn: int
    state: CameraState


def _read(value: object) -> CameraReport | None:
    """Parse a report from the browser; None if it is anything else."""
    match value:
        case {"turn": int(turn), "state": str(name)}:
            for state in get_args(CameraState):
                if name == state:
                    return CameraReport(turn, state)
    return None


def camera_check(turn: int, *, size_wh: tuple[int, int], hold: bool, key: str) -> CameraReport | None:
    """Have the browser open the camera once for each turn; nothing shows on the page.

    The first time, the browser asks the person for permission. Only the report leaves the browser: no picture, no
    camera name. If permission is withdrawn later, a turn that was ready is reported again, as refused.

    Parameters
    ----------
    turn : int
        0 asks for nothing. Pass it while nobody wants the camera, since an element that returns after a page change
        asks for its turn. Each new number asks once.
    size_wh : tuple of int
        Width and height in pixels to open the camera with, as the stream will.
    hold : bool
        Keep the camera open once it is ready, so that the stream finds it running. It is released when `hold` turns
        false, when the turn changes, when the element goes, and after 8 s in any case.
    key : str
        Streamlit key.

    Returns
    -------
    CameraReport or None
        None until the browser has answered this turn.
    """
    known = _read((st.session_state.get(key) or {}).get("report"))
    result = _component(
        key=key,
        data={
            "turn": turn,
            "size": list(size_wh),
            "hold": hold,
            # For an element that is mounted again: what it answered before.
            "report": known and {"turn": known.turn, "state": known.state},
        },
        default={"report": None},
        on_report_change=lambda: None,
    )
    report = _read(result.report)
    return report if report and report.turn == turn else None
