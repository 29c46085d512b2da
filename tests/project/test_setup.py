"""The set-up script and the pinned lists, without a network: here it installs empty lists."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

LISTS = ("requirements.txt", "requirements-login.txt", "requirements-dev.txt")

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="system libraries are checked on Linux only")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that makes an environment by copying one, since installing pip each time would take seconds."""
    folder = tmp_path_factory.mktemp("python")
    made, program = folder / "made", folder / "python"
    subprocess.run([sys.executable, "-m", "venv", made], check=True)
    program.write_text(
        f"""#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec "{sys.executable}" "$@"
cp -R "{made}" "$3" && sed "s|{made}|$PWD/$3|" "{made}/bin/pip" >"$3/bin/pip"
"""
    )
    program.chmod(0o755)
    return program


class Project:
    """A folder with the set-up script, and a PATH that starts with a folder of stand-ins for system programs."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python
        self.programs = folder.parent / "programs"
        self.programs.mkdir()
        (folder / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup.sh", folder / "scripts")
        for name in LISTS:
            (folder / name).write_text("# nothing to install\n")

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def setup(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.programs}:/usr/bin:/bin"
        command = [str(self.folder / "scripts" / "setup.sh"), *arguments]
        return subprocess.run(
            command,
            env={"PATH": path, "HOME": str(self.programs), "PYTHON": str(self.python)} | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def project(tmp_path: Path, python: Path) -> Project:
    return Project(tmp_path / "a folder with spaces", python)


def test_setup_does_only_what_is_missing(project: Project) -> None:
    first = project.setup()
    assert first.returncode == 0, first.stderr
    assert [line.split()[0] for line in first.stdout.splitlines()] == ["Making", "Installing"]

    second = project.setup()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")

    (project.folder / "requirements.txt").write_text("# still nothing, but another file\n")
    assert [line.split()[0] for line in project.setup().stdout.splitlines()] == ["Installing"]


def test_setup_installs_the_packages_of_the_login_only_for_it(project: Project) -> None:
    (project.folder / "requirements-login.txt").write_text("posedeck-without-a-hash\n")
    assert project.setup().returncode == 0
    assert project.setup(POSEDECK_LOGIN="oidc").returncode != 0
    (project.folder / "requirements-login.txt").write_text("# nothing to install\n")
    assert "requirements-login.txt" in project.setup(POSEDECK_LOGIN="oidc").stdout
    assert project.setup(POSEDECK_LOGIN="oidc").stdout == ""


def test_setup_starts_over_after_an_unfinished_installation(project: Project) -> None:
    (project.folder / "requirements.txt").write_text("posedeck-without-a-hash\n")
    failed = project.setup()
    assert failed.returncode != 0
    assert "run this again" in failed.stderr
    assert not list((project.folder / ".venv").glob("*.stamp"))

    (project.folder / "requirements.txt").write_text("# fixed\n")
    assert "Making" in project.setup().stdout
    assert project.setup().stdout == ""


def test_setup_repairs_an_incomplete_environment(project: Project) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project.folder / ".venv"], check=True)
    assert "Making" in project.setup().stdout
    assert list((project.folder / ".venv" / "lib").glob("python*/site-packages/pip"))


def test_setup_rebuilds_the_environment_after_the_folder_was_moved(project: Project) -> None:
    project.setup()
    project.folder = project.folder.rename(project.folder.parent / "moved")
    assert "Making" in project.setup().stdout
    assert str(project.folder) in (project.folder / ".venv" / "bin" / "pip").read_text()


def test_setup_names_the_pythons_it_found_if_none_is_suitable(project: Project) -> None:
    for name in ("python3.13", "python3.12", "python3.11"):
        project.program(name, "exit 127")
    project.program("python3", "echo 3.9")
    refused = project.setup(PYTHON="")
    assert refused.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13; found here: python3 is Python 3.9" in refused.stderr
    assert refused.stderr.count("\n") == 1


def without_libraries(project: Project, user: int) -> dict[str, str]:
    """Give `project` a Python without libEGL and libGLESv2, until apt-get has "installed" them."""
    project.program("id", f"echo {user}")
    project.program("sudo", "exit 1")
    project.program("apt-get", f'echo "$@" >>"{project.programs}/apt.log"')
    missing = f'case "$*" in *libEGL*) grep -q libegl1 "{project.programs}/apt.log" 2>/dev/null; exit ;; esac'
    project.program("python-bare", f'{missing}\nexec "{project.python}" "$@"')
    return {"PYTHON": str(project.programs / "python-bare")}


@linux_only
def test_setup_tells_a_user_without_root_the_exact_command(project: Project) -> None:
    refused = project.setup(**without_libraries(project, user=1000))
    assert refused.returncode != 0
    assert refused.stderr.count("\n") == 1
    assert "sudo apt-get update && sudo apt-get install -y libegl1 libgles2" in refused.stderr
    assert not (project.folder / ".venv").exists()
    assert not (project.programs / "apt.log").exists()


@linux_only
def test_setup_installs_the_libraries_itself_if_it_may(project: Project) -> None:
    done = project.setup(**without_libraries(project, user=0))
    assert done.returncode == 0, done.stderr
    calls = (project.programs / "apt.log").read_text().splitlines()
    assert calls[0].startswith("update")
    assert calls[1].endswith(" libegl1 libgles2")


@linux_only
def test_setup_for_developers_installs_relay_and_proxy_only_if_they_are_missing(
    project: Project, tmp_path: Path
) -> None:
    other_programs = tmp_path / "system"
    other_programs.mkdir()
    for program in (*Path("/bin").iterdir(), *Path("/usr/bin").iterdir()):
        link = other_programs / program.name
        if program.name not in ("strace", "turnserver", "nginx") and not link.is_symlink():
            link.symlink_to(program)
    project.program("id", "echo 0")
    project.program(
        "apt-get", 'echo "$@" >&2; exit 1'
    )  # the set-up ends there and shows what it would install
    path = f"{project.programs}:{other_programs}"

    requested = project.setup("dev", PATH=path).stderr
    # The script also looks in /usr/sbin, where this machine may have one.
    proxy = "" if Path("/usr/sbin/nginx").exists() else " nginx-light"
    assert f" strace coturn{proxy}\n" in requested
    for name in ("turnserver", "nginx"):
        project.program(name, "exit 0")
    requested = project.setup("dev", PATH=path).stderr
    assert " strace\n" in requested
    assert "coturn" not in requested
    assert "nginx" not in requested


@pytest.mark.parametrize("name", LISTS)
def test_every_pinned_package_has_a_hash_and_no_host_is_named(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^ *#.*\n", "", text))
    assert len(entries) > 10
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert "://" not in text


def test_headless_opencv_is_the_only_opencv() -> None:
    names = re.findall(r"(?m)^([a-z0-9_.-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert [name for name in names if "opencv" in name] == ["opencv-python-headless"]


def test_mediapipe_is_the_last_release_that_sends_nothing_home() -> None:
    assert "\nmediapipe==0.10.33 " in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_system_packages_for_the_cloud_are_those_that_setup_installs() -> None:
    script = (ROOT / "scripts" / "setup.sh").read_text(encoding="utf-8")
    assert " ".join((ROOT / "packages.txt").read_text().split()) in script
