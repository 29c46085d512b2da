"""Starting with something missing: one sentence that says what to do, and no server that cannot work."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.paths import ROOT
from tests.support.server import free_port, running_server
from tests.support.visit import visit

pytestmark = pytest.mark.e2e


@pytest.fixture
def copied_project(tmp_path: Path) -> Path:
    for name in ("app.py", "dashboard.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("pages", "pose_ui", "ops", "pose_core", "service", ".streamlit"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def _start(folder: Path, *prefix: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*prefix, sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(free_port())]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_missing_model_file_is_named_with_the_fix(copied_project: Path) -> None:
    (copied_project / "pose_core" / "models" / "bundles" / "full.task").unlink()
    ended = _start(copied_project)
    assert ended.returncode == 1
    assert (
        "PoseDeck cannot start. The model file full.task must be in pose_core/models/bundles; it is missing."
        in ended.stderr
    )
    assert "git checkout -- pose_core/models/bundles" in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.fixture
def hidden_egl(tmp_path: Path) -> tuple[str, ...]:
    """What to put before a command so that it finds no libEGL, while nothing else is affected."""
    unshare = ("unshare", "--mount", "--propagation", "private")
    if (
        not shutil.which("unshare")
        or subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("hiding a system library needs a mount namespace, which needs root")
    ctypes.CDLL("libEGL.so.1")
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    (library,) = {line.split()[-1] for line in maps.splitlines() if "/libEGL.so" in line}
    empty = tmp_path / "empty"
    empty.touch()
    hide = f"mount --bind {shlex.quote(str(empty))} {shlex.quote(library)}"
    return (*unshare, "sh", "-c", f'{hide} && exec "$@"', "sh")


def test_a_missing_system_library_is_named_with_its_package(hidden_egl: tuple[str, ...]) -> None:
    ended = _start(ROOT, *hidden_egl)
    assert ended.returncode == 1
    (sentence,) = ended.stderr.splitlines()
    assert sentence.startswith(
        "PoseDeck cannot start. The model needs the system libraries libEGL and libGLESv2"
    )
    assert sentence.endswith("sudo apt-get install -y libegl1 libgles2")
    assert "Traceback" not in ended.stdout


@pytest.mark.skipif(not shutil.which("prlimit"), reason="limiting memory needs prlimit, which Linux has")
def test_too_little_memory_is_reported_with_what_is_needed() -> None:
    # So little that the imports of app.py would fail: it is checked before them.
    ended = _start(ROOT, "prlimit", f"--as={300 * 2**20}")
    assert ended.returncode == 1
    assert ended.stderr == (
        "PoseDeck cannot start. It needs 1500 MB of address space and may use 300 MB. "
        "Raise the limit: ulimit -v unlimited\n"
    )
    assert "Traceback" not in ended.stdout


def test_an_unexpected_error_shows_a_calm_sentence_and_logs_only_its_place(
    copied_project: Path, browser: Browser, tmp_path: Path
) -> None:
    page_file = copied_project / "pages" / "home.py"
    page_file.write_text(page_file.read_text() + '\nraise RuntimeError("my holiday.png")\n')
    with (
        running_server(tmp_path / "log.txt", folder=copied_project) as server,
        visit(browser, server.url) as page,
    ):
        expect(page.get_by_text("Something unexpected went wrong here")).to_be_visible()
        expect(page.get_by_text("holiday")).to_have_count(0)
        expect(page.get_by_text("Traceback")).to_have_count(0)
        printed = server.log.read_text()
    assert "unexpected RuntimeError at" in printed
    assert "home.py" in printed
    assert "holiday" not in printed
    assert "Traceback" not in printed


def test_a_variable_that_cannot_be_used_is_named() -> None:
    ended = _start(ROOT, POSEDECK_SEATS="0")
    assert ended.returncode == 1
    assert ended.stderr.startswith(
        "PoseDeck cannot start. POSEDECK_SEATS must be a whole number of 1 or more; got 0."
    )
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_login_without_its_package_says_what_to_install(tmp_path: Path) -> None:
    # The tests' environment has the package; a user's may not.
    (tmp_path / "sitecustomize.py").write_text('import sys\nsys.modules["authlib"] = None\n')
    ended = _start(ROOT, POSEDECK_LOGIN="oidc", PYTHONPATH=str(tmp_path))
    assert ended.returncode == 1
    assert "PoseDeck cannot start. POSEDECK_LOGIN=oidc needs the package authlib" in ended.stderr
    assert "pip install --no-deps -r requirements-login.txt" in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_password_in_the_secrets_file_is_refused(copied_project: Path) -> None:
    # Streamlit turns that file's lines into variables only after the application has read the environment.
    (copied_project / ".streamlit" / "secrets.toml").write_text('POSEDECK_PASSWORD = "long enough"\n')
    ended = _start(copied_project)
    assert ended.returncode == 1
    assert "PoseDeck cannot start. POSEDECK_... variables must be set in the environment" in ended.stderr
    assert "long enough" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
