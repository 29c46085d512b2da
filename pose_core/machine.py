"""What this machine is."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from pose_core.version import VERSION

__all__ = [
    "describe_machine",
    "memory_mb",
    "processor_features",
    "processor_name",
    "usable_cores",
]

_PACKAGES: Final = (
    "mediapipe",
    "opencv-python-headless",
    "numpy",
    "pillow",
    "plotly",
    "streamlit",
    "streamlit-webrtc",
    "aiortc",
    "av",
)
#: Instruction sets for which XNNPACK, the engine under MediaPipe, has its own kernels; names as Linux writes them.
_XNNPACK_USES: Final = (
    *("ssse3", "sse4_1", "avx", "f16c", "fma", "avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_tile"),
    *("asimd", "asimdhp", "asimddp", "i8mm", "sve", "sme"),
)


@cache
def processor_name() -> str:
    """Name of the processor: its maker's, where the system gives it."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(*names: str) -> str | None:
    """What Linux says about the first processor under one of these names; None where it says nothing."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return None
    for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in names:
            return value.strip()
    return None


def usable_cores() -> int:
    """Cores that this process may run on."""
    # A container or taskset may grant fewer cores than the machine has.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def processor_features() -> tuple[str, ...]:
    """Instruction sets of this processor that speed the model up; empty where the system does not say."""
    available = (_cpuinfo("flags", "Features") or "").split()
    return tuple(feature for feature in _XNNPACK_USES if feature in available)


def memory_mb() -> float | None:
    """Resident memory of this process now, in MB (2^20 bytes); None where there is no /proc."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


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
    """Processor, cores, memory, system, versions, and how busy the machine is; call this before measuring.

    Returns
    -------
    dict
        Ready for JSON. ``cores`` counts those that this process may use; ``load_1min`` is how many processes wanted a
        core, on average over the last minute (None where the system does not say).
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor_name(),
        "cores": usable_cores(),
        "features": list(processor_features()),
        "memory_gb": _memory_gb(),
        "system": _system(),
        "python": platform.python_version(),
        "packages": {"posedeck": VERSION} | {name: version(name) for name in _PACKAGES},
        "load_1min": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }
