"""Put two TFLite files into one ``.task`` bundle, the same bytes on every run."""

from __future__ import annotations

import io
import struct
import zipfile

DETECTOR_ENTRY = "pose_detector.tflite"
LANDMARKS_ENTRY = "pose_landmarks_detector.tflite"
ENTRY_ALIGNMENT = 64  # a cache line, and more than the 16 bytes that TFLite buffers ask for
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip entry can carry
LOCAL_HEADER_BYTES = 30  # before the name of an entry, by the zip format
PADDING_FIELD = 0xD935  # extra-field number that Android's zipalign uses for padding
UNIX = 3  # "made on" in a zip entry


def pack(detector: bytes, landmarks: bytes) -> bytes:
    """Return a bundle: an uncompressed zip whose entries MediaPipe reads in place."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bundle:
        for name, content in ((DETECTOR_ENTRY, detector), (LANDMARKS_ENTRY, landmarks)):
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.create_system = UNIX  # else it names the platform of the build
            entry.external_attr = 0o644 << 16
            entry.extra = _padding(target.tell() + LOCAL_HEADER_BYTES + len(name))
            bundle.writestr(entry, content)
    return target.getvalue()


def _padding(content_start: int) -> bytes:
    """Extra field that moves the entry's content to the next multiple of `ENTRY_ALIGNMENT`."""
    head = struct.calcsize("<HH")
    size = -(content_start + head) % ENTRY_ALIGNMENT
    return struct.pack("<HH", PADDING_FIELD, size) + bytes(size)
