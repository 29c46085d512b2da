"""Write MediaPipe's input description (mean and scale of the pixels) into a TFLite file.

Runs on its own, in the throw-away environment with mediapipe 0.10.21: newer wheels lack the compiled half of the
metadata writer. Usage: ``python describe_model.py SOURCE TARGET MEAN STD``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mediapipe.tasks.python.metadata.metadata_writers import metadata_writer


def main() -> None:
    """Read SOURCE, add the description, write TARGET."""
    source, target, mean, std = sys.argv[1:]
    writer = metadata_writer.MetadataWriter.create(bytearray(Path(source).read_bytes()))
    described, _ = writer.add_image_input([float(mean)], [float(std)]).populate()
    Path(target).write_bytes(described)


if __name__ == "__main__":
    main()
