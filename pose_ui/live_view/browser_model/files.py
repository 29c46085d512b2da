"""What a browser gets to run the model by itself: MediaPipe's program, and the project's own models.

``scripts/build_browser_model.py`` writes ``mediapipe/``. The models are those that the server runs, the same files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pose_core.models.bundles import bundle
from pose_core.settings import VARIANTS

__all__ = ["BUNDLE", "LOADER", "PROGRAM", "ServedFile", "megabytes", "model_name", "served_files", "version"]

FOLDER: Final = Path(__file__).with_name("mediapipe")
#: MediaPipe Tasks, what loads its program, and the program.
BUNDLE: Final = "vision_bundle.mjs"
LOADER: Final = "vision_wasm_module_internal.js"
PROGRAM: Final = "vision_wasm_module_internal.wasm"

_TYPES: Final = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"}
#: Which a bundle is. Streamlit would compress most other types again for each visitor, a second for each.
_MODEL_TYPE: Final = "application/zip"


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file as it lies on the disk.

    Attributes
    ----------
    path : Path
    media_type : str
    size_bytes : int
    sha256 : str
        Of the file on the disk.
    compressed : bool
        Whether it is compressed with gzip.
    """

    path: Path
    media_type: str
    size_bytes: int
    sha256: str
    compressed: bool


def model_name(variant: str) -> str:
    """The name under which a model is served."""
    return f"{variant}.task"


@cache
def served_files() -> dict[str, ServedFile]:
    """All files by the names under which they are served."""
    files = {}
    for entry in json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))["files"]:
        path = FOLDER / entry["file"]
        files[path.stem] = ServedFile(
            path, _TYPES[Path(path.stem).suffix], entry["size_bytes"], entry["sha256"], compressed=True
        )
    for variant in VARIANTS:
        model = bundle(variant)
        files[model_name(variant)] = ServedFile(
            model.path, _MODEL_TYPE, model.size_bytes, model.sha256, compressed=False
        )
    return files


def megabytes(variant: str) -> float:
    """What a browser loads for a model, program included, once."""
    files = served_files()
    return sum(files[name].size_bytes for name in (BUNDLE, LOADER, PROGRAM, model_name(variant))) / 1e6


@cache
def version() -> str:
    """Changes with any of the files."""
    sums = "".join(f"{name} {file.sha256}\n" for name, file in sorted(served_files().items()))
    return hashlib.sha256(sums.encode()).hexdigest()[:16]
