"""Exports as ONNX made in the background, one at a time for everybody; the last one is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pose_core.errors import PoseCoreError
from pose_core.export.photos import to_zip
from pose_core.settings import Variant

__all__ = ["OnnxExport", "OnnxExporter"]


@dataclass(frozen=True, eq=False, slots=True)
class OnnxExport:
    """What was made of a model.

    Attributes
    ----------
    data : bytes
        ZIP of `pose_core.export.onnx_files.onnx_files`.
    agreement : mapping
        With MediaPipe, as `pose_core.export.onnx_files.agreement` gives it.
    """

    data: bytes = field(repr=False)
    agreement: Mapping[str, Any]


class OnnxExporter:
    """Any thread may call any method."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._kept: dict[Variant, OnnxExport] = {}
        self._problems: dict[Variant, PoseCoreError] = {}
        self._making: dict[Variant, threading.Thread] = {}

    def start(self, variant: Variant) -> None:
        """Begin to make an export, unless it is kept or under way; it takes about a second."""
        with self._lock:
            if variant in self._kept or variant in self._making:
                return
            self._problems.pop(variant, None)
            thread = threading.Thread(target=self._make, args=(variant,), name="posedeck-onnx", daemon=True)
            self._making[variant] = thread
            thread.start()

    def making(self, variant: Variant) -> bool:
        """Whether it is under way."""
        with self._lock:
            return variant in self._making

    def export(self, variant: Variant) -> OnnxExport | None:
        """The export, if it is the last that was made."""
        with self._lock:
            return self._kept.get(variant)

    def problem(self, variant: Variant) -> PoseCoreError | None:
        """Why it could not be made."""
        with self._lock:
            return self._problems.get(variant)

    def wait(self, variant: Variant, seconds: float) -> None:
        """Wait for one that is under way, at most so long."""
        with self._lock:
            thread = self._making.get(variant)
        if thread is not None:
            thread.join(seconds)

    def _make(self, variant: Variant) -> None:
        made: OnnxExport | None = None
        problem: PoseCoreError | None = None
        from pose_core.export.onnx_files import onnx_files  # with onnxruntime, which few need

        try:
            with self._one_at_a_time:
                files = onnx_files(variant)
                made = OnnxExport(to_zip(files.items()), json.loads(files["agreement.json"])["agreement"])
        except PoseCoreError as error:
            problem = error
        finally:
            with self._lock:
                self._making.pop(variant, None)
                if made is not None:
                    self._kept = {variant: made}
                if problem is not None:
                    self._problems[variant] = problem
