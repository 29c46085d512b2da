"""The commands of ``python -m pose_core``, a module each: see `Command`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol, cast

from pose_core.errors import PoseCoreError

__all__ = ["BAD_INPUT", "NAMES", "Command", "main"]

#: One module of this package each, loaded only when it is used.
NAMES: Final[tuple[str, ...]] = ("count", "onnx", "photo", "validate", "video")

#: Exit status for input that cannot be used. 0 is success, 2 is wrong usage (argparse's own).
BAD_INPUT: Final = 1


class Command(Protocol):
    """What a command's module offers. Its docstring's first line is the command's help."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Describe the command's arguments."""

    def run(self, arguments: argparse.Namespace) -> None:
        """Do it: results on stdout or in files, progress on stderr. A `PoseCoreError` ends it with its sentence."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m pose_core", description="Poses from pictures and films.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands = {name: cast(Command, import_module(f"{__name__}.{name}")) for name in NAMES}
    for name, command in commands.items():
        first_line = (command.__doc__ or "").partition("\n")[0]
        command.add_arguments(subparsers.add_parser(name, help=first_line, description=first_line))
    arguments = parser.parse_args(argv)
    try:
        commands[arguments.command].run(arguments)
    except PoseCoreError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    return 0
