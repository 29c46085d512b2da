"""A service like the demo that PoseDeck grew from: Flask around MediaPipe's legacy API, one shared object.

Needs packages that PoseDeck does not use: ``mediapipe==0.10.21`` and ``flask``, in their own environment, which
`benchmarks.rest` makes. ``python benchmarks/older_demo.py PORT`` serves this machine only.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import cv2
import mediapipe
import numpy as np
from flask import Flask, Response, request

app = Flask(__name__)
solutions: Any = mediapipe.solutions
pose = solutions.pose.Pose(static_image_mode=True, model_complexity=1)
one_at_a_time = threading.Lock()  # the object cannot process two pictures at once


@app.get("/")
def alive() -> str:
    """Confirm that the service runs."""
    return "ok"


@app.post("/predict")
def predict() -> Response | tuple[Response, int]:
    """Find the person in the form's picture; return the drawn picture, or with ``format=json`` the landmarks."""
    data = np.frombuffer(request.files["image"].read(), np.uint8)
    picture_bgr: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
    picture_rgb = cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2RGB)
    with one_at_a_time:
        found = pose.process(picture_rgb).pose_landmarks
    if found is None:
        return Response(json.dumps({"error": "No pose detected"}), mimetype="application/json"), 400
    if request.args.get("format") == "json":
        names = ("x", "y", "z", "visibility")
        rows = [{name: getattr(point, name) for name in names} for point in found.landmark]
        return Response(json.dumps(rows), mimetype="application/json")
    height, width = picture_bgr.shape[:2]
    places = [(round(point.x * width), round(point.y * height)) for point in found.landmark]
    for a, b in solutions.pose.POSE_CONNECTIONS:
        cv2.line(picture_bgr, places[a], places[b], (255, 255, 255), 2)
    for place in places:
        cv2.circle(picture_bgr, place, 4, (0, 0, 255), -1)
    return Response(cv2.imencode(".jpg", picture_bgr)[1].tobytes(), mimetype="image/jpeg")


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
