"""What a measurement was made on: figures mean nothing without it."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

from pose_core.machine import processor_name
from pose_core.pool import usable_cores
from pose_core.version import VERSION

__all__ = ["describe_machine", "machine_lines"]

_PACKAGES: Final = ("mediapipe", "opencv-python-headless", "numpy", "pillow", "plotly", "streamlit")


def _memory_gb() -> float | None:
    """Physical memory in GB (10^9 bytes); None where the system does not say."""
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _system() -> str:
    """Name of the operating system, with its kernel."""
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform(terse=True)
    return f"{name}, {platform.system()} {platform.release()} {platform.machine()}"


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory, system, versions, and how busy the machine is; call it before measuring.

    Returns
    -------
    dict
        Ready for JSON. ``cores`` are those that this process may use; ``load_1min`` is the number of processes that
        wanted a core during the last minute (None where the system does not say).
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor_name(),
        "cores": usable_cores(),
        "memory_gb": _memory_gb(),
        "system": _system(),
        "python": platform.python_version(),
        "packages": {"posedeck": VERSION} | {name: version(name) for name in _PACKAGES},
        "load_1min": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def machine_lines(machine: dict[str, Any]) -> str:
    """The same in two lines for people."""
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"load {machine['load_1min']}\nPython {machine['python']}, {packages}"
    )
