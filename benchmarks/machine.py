"""The machine that a measurement was made on, in two lines: figures mean nothing without it."""

from __future__ import annotations

from typing import Any

from pose_core.machine import describe_machine

__all__ = ["describe_machine", "machine_lines"]


def machine_lines(machine: dict[str, Any]) -> str:
    """Return a machine's description as two readable lines."""
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"load {machine['load_1min']}\nPython {machine['python']}, {packages}"
    )
