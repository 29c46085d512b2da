"""Build the three model bundles from Google's packages, without the segmentation decoder.

Run as ``python scripts/build_bundles.py`` in the project's environment, on Linux or macOS, with npm installed. Writes
``pose_core/models/bundles/*.task`` and ``manifest.json``, but only after every landmark of every variant has proved to
be bit-identical to that of the untrimmed bundle. A second run gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the project is run from its folder and not installed

from scripts.bundling.pack import DETECTOR_ENTRY, LANDMARKS_ENTRY, pack  # noqa: E402
from scripts.bundling.proof import Outcome, ProofError, make_scenes, prove  # noqa: E402
from scripts.bundling.sources import DETECTOR, LANDMARKS, PIP_PACKAGE, Source, SourceError, open_workshop  # noqa: E402
from scripts.bundling.trim import MASK_SHAPE, trim  # noqa: E402

TARGET = ROOT / "pose_core" / "models" / "bundles"
CACHE = ROOT / ".cache"
DESCRIBED = f"input description added with the metadata writer of {PIP_PACKAGE}"
TRIMMED = f"segmentation decoder removed: its output {list(MASK_SHAPE)} now repeats the presence output"


@dataclass(frozen=True)
class Built:
    """One variant, before and after trimming."""

    variant: str
    original: bytes
    trimmed: bytes

    @property
    def sha256(self) -> str:
        """Of the trimmed bundle."""
        return hashlib.sha256(self.trimmed).hexdigest()


def main() -> int:
    """Build, prove, write, report."""
    arguments = _parse_arguments()
    try:
        bundles = build_all(arguments.tool_python)
        scenes = make_scenes()
        outcomes = [prove(built.original, built.trimmed, scenes) for built in bundles]
    except (SourceError, ProofError, ValueError) as error:
        print(f"No bundle was written: {error}", file=sys.stderr)
        return 1
    if arguments.keep_original:
        _write(CACHE / "bundles-original", {f"{built.variant}.task": built.original for built in bundles})
    manifest = json.dumps(make_manifest(bundles), indent=2) + "\n"
    unchanged = _is_same(TARGET / "manifest.json", manifest)
    contents = {f"{built.variant}.task": built.trimmed for built in bundles}
    _write(TARGET, contents | {"manifest.json": manifest.encode()})
    _print_table(bundles, outcomes)
    print("The bundles are the same as before." if unchanged else "The bundles are new or changed.")
    return 0


def build_all(tool_python: str | None) -> list[Built]:
    """Fetch the networks and build both forms of each variant, in memory."""
    workshop = open_workshop(CACHE / "bundle-build", tool_python)
    detector = workshop.read_described(DETECTOR)
    bundles = []
    for variant, source in LANDMARKS.items():
        landmarks = workshop.read_described(source)
        bundles.append(Built(variant, pack(detector, landmarks), pack(detector, trim(landmarks))))
    return bundles


def make_manifest(bundles: list[Built]) -> dict[str, Any]:
    """Describe what ships: sizes, checksums, origins, licence, and what was changed."""
    return {
        "schema_version": 1,
        "built_with": {name: version(name) for name in ("mediapipe", "flatbuffers")},
        "bundles": {
            built.variant: {
                "file": f"{built.variant}.task",
                "size_bytes": len(built.trimmed),
                "sha256": built.sha256,
                "licence": "Apache-2.0",
                "sources": [
                    _describe(DETECTOR, DETECTOR_ENTRY, [DESCRIBED]),
                    _describe(LANDMARKS[built.variant], LANDMARKS_ENTRY, [DESCRIBED, TRIMMED]),
                ],
            }
            for built in bundles
        },
    }


def _describe(source: Source, entry: str, changes: list[str]) -> dict[str, Any]:
    return {
        "entry": entry,
        "origin": source.origin,
        "size_bytes": source.size_bytes,
        "sha256": source.sha256,
        "changes": changes,
    }


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the model bundles from Google's packages.")
    parser.add_argument(
        "--keep-original", action="store_true", help="keep the untrimmed bundles in .cache/bundles-original"
    )
    parser.add_argument(
        "--tool-python", help=f"a Python that {PIP_PACKAGE} supports, for the metadata writer"
    )
    return parser.parse_args()


def _write(folder: Path, contents: dict[str, bytes]) -> None:
    """Write all files, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_bytes(content)
        unfinished.replace(folder / name)


def _is_same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def _print_table(bundles: list[Built], outcomes: list[Outcome]) -> None:
    """Print the comparison; times are median ms of a frame in video mode, bundles taking turns; trust the ratio."""
    head = (
        "variant",
        "bytes before",
        "after",
        "ms before",
        "after",
        "ratio",
        "frames",
        "people",
        "largest difference",
    )
    print("  ".join(head))
    for built, outcome in zip(bundles, outcomes, strict=True):
        cells = (
            built.variant,
            str(len(built.original)),
            str(len(built.trimmed)),
            f"{outcome.ms_before:.1f}",
            f"{outcome.ms_after:.1f}",
            f"{outcome.ratio:.2f}",
            str(outcome.frames),
            str(outcome.people),
            f"{outcome.largest_difference:g}",
        )
        print("  ".join(cell.rjust(len(title)) for cell, title in zip(cells, head, strict=True)))
    for built in bundles:
        print(f"{built.sha256}  {built.variant}.task")


if __name__ == "__main__":
    sys.exit(main())
