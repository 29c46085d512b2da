"""Fetch what runs the model in a visitor's own browser: three files of Google's npm package, checked and compressed.

Run as ``python scripts/build_browser_model.py``; it needs npm, or the package's archive as an argument:
``python scripts/build_browser_model.py --archive mediapipe-tasks-vision-0.10.35.tgz``. Writes
``pose_ui/live_view/browser_model/mediapipe``. A second run changes nothing.

Do not raise the version without care: later ones report usage to Google.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the project is run from its folder and not installed

from scripts.bundling.sources import SourceError, run  # noqa: E402

TARGET = ROOT / "pose_ui" / "live_view" / "browser_model" / "mediapipe"
PACKAGE = "@mediapipe/tasks-vision@0.10.35"
ARCHIVE_SHA256 = "84597a25e13d123b5f4cbe768bb72e97a2c28c7a465f0ace287d8cbe5246bff0"
LEVEL = 9


@dataclass(frozen=True)
class Wanted:
    """A file of the package."""

    member: str
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """Without its folder."""
        return Path(self.member).name


#: The build with SIMD, for module workers. Where SIMD is missing the server runs the model.
FILES = (
    Wanted(
        "package/vision_bundle.mjs",
        136993,
        "55d7ab624fbb70dcc5adc4ae6d7ea9cfcb569139d3dbfbf2b1deafcb966bc0fe",
    ),
    Wanted(
        "package/wasm/vision_wasm_module_internal.js",
        322082,
        "1f1d6215324a1fe62f6742d49a3db911170987ca18ad8c1b75f1a1c82acf2b44",
    ),
    Wanted(
        "package/wasm/vision_wasm_module_internal.wasm",
        11153641,
        "617b8e0248dbd27e9d7ece4218004eae4cefb499196d1bb4fa0e3fef21708756",
    ),
)


def main() -> int:
    """Fetch, check, compress, write."""
    parser = argparse.ArgumentParser(description="Fetch what runs the model in a visitor's browser.")
    parser.add_argument("--archive", type=Path, help=f"the archive that `npm pack {PACKAGE}` makes")
    archive: Path | None = parser.parse_args().archive
    try:
        contents = read(archive) if archive is not None else fetch()
    except (SourceError, OSError, tarfile.TarError) as error:
        print(f"Nothing was written: {error}", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    entries = [write(wanted, contents[wanted.name]) for wanted in FILES]
    manifest = {
        "schema_version": 1,
        "package": f"npm package {PACKAGE}",
        "archive_sha256": ARCHIVE_SHA256,
        "licence": "Apache-2.0",
        "files": entries,
    }
    (TARGET / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return 0


def fetch() -> dict[str, bytes]:
    """Get the archive with npm, from wherever it is set up to get packages, and read it."""
    with tempfile.TemporaryDirectory() as folder:
        run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, PACKAGE)
        return read(next(Path(folder).glob("*.tgz")))


def read(archive: Path) -> dict[str, bytes]:
    """The contents of `FILES`, checked, by their names."""
    check(archive.name, archive.read_bytes(), None, ARCHIVE_SHA256)
    contents = {}
    with tarfile.open(archive) as tar:
        for wanted in FILES:
            member = tar.extractfile(wanted.member)
            assert member is not None
            contents[wanted.name] = member.read()
            check(wanted.member, contents[wanted.name], wanted.size_bytes, wanted.sha256)
    return contents


def check(name: str, content: bytes, size_bytes: int | None, sha256: str) -> None:
    """Refuse anything but the expected bytes."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256 or size_bytes not in (None, len(content)):
        raise SourceError(f"{name} must have sha256 {sha256}; got {found}, {len(content)} bytes.")


def write(wanted: Wanted, content: bytes) -> dict[str, object]:
    """Write one file compressed, and describe it. zlib's versions differ: what holds the same content stays."""
    path = TARGET / f"{wanted.name}.gz"
    if not path.exists() or gzip.decompress(path.read_bytes()) != content:
        path.write_bytes(gzip.compress(content, LEVEL, mtime=0))
    shipped = path.read_bytes()
    print(f"{hashlib.sha256(shipped).hexdigest()}  {path.name}  {len(content)} -> {len(shipped)} bytes")
    return {
        "file": path.name,
        "size_bytes": len(shipped),
        "sha256": hashlib.sha256(shipped).hexdigest(),
        "origin": wanted.member,
        "original_size_bytes": wanted.size_bytes,
        "original_sha256": wanted.sha256,
    }


if __name__ == "__main__":
    sys.exit(main())
