"""Draw the sample pictures anew: ``python scripts/make_samples.py``.

The same code gives the same pictures; a test compares the shipped files with a fresh render.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the project is not an installed package

from pose_core.samples import SAMPLES, SAMPLES_DIR


def main() -> None:
    """Write every sample into its file."""
    SAMPLES_DIR.mkdir(exist_ok=True)
    for sample in SAMPLES:
        path = SAMPLES_DIR / sample.file
        Image.fromarray(sample.render().rgb).save(path, format="PNG", optimize=True)
        print(f"{sample.file}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
