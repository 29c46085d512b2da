"""Draw the sample pictures and the sample clip again: ``python scripts/make_samples.py``.

The same code gives the same pictures; a test compares the shipped files with a fresh render.
"""

from __future__ import annotations

import io
import itertools
import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the project is not an installed package

from pose_core.media.encoder import ClipEncoder
from pose_core.performer.samples import CLIP_FILE, CLIP_FPS, SAMPLES, SAMPLES_DIR, clip_frame


def make_clip() -> bytes:
    """Draw and encode the sample clip."""
    file = io.BytesIO()
    encoder = ClipEncoder(file)
    for number in itertools.count():
        frame = clip_frame(number)
        if frame is None:
            break
        encoder.add(number / CLIP_FPS, frame.rgb)
    encoder.finish()
    return file.getvalue()


def main() -> None:
    """Write every sample to its file."""
    SAMPLES_DIR.mkdir(exist_ok=True)
    for sample in SAMPLES:
        path = SAMPLES_DIR / sample.file
        Image.fromarray(sample.render().rgb).save(path, format="PNG", optimize=True)
        print(f"{sample.file}: {path.stat().st_size / 1024:.0f} KB")
    CLIP_FILE.write_bytes(make_clip())
    print(f"{CLIP_FILE.name}: {CLIP_FILE.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
