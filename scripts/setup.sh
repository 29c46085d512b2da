#!/bin/sh
# Sets up this folder for `make run`; with the argument "dev" also for `make check` and `make test`.
# Does only what is missing: quick when there is nothing to do, and safe to run again after any interruption.
# PYTHON=/path/to/python3.12 chooses the Python; otherwise the newest suitable one is used.
set -eu
cd "$(dirname "$0")/.."
mode=${1:-run}
here=$(pwd -P)
venv_python=.venv/bin/python

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# --- 1. Python 3.11, 3.12 or 3.13 ---------------------------------------------------------------------------------

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

suits() { case $1 in 3.11 | 3.12 | 3.13) true ;; *) false ;; esac; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3.13 python3.12 python3.11 python3; fi
    found=
    for candidate; do
        version=$(version_of "$candidate") || continue
        if suits "$version"; then python=$candidate; return; fi
        found="$found $candidate is Python $version,"
    done
    found=${found# }
    fail "PoseDeck needs Python 3.11, 3.12 or 3.13; found here: ${found:-none,} so please install one" \
        "(Debian, Ubuntu: sudo apt-get install -y python3.11 python3.11-venv, or 3.12 or 3.13; others: python.org)" \
        "or name one: make run PYTHON=/path/to/python3.12"
}

# --- 2. What only the system can provide ----------------------------------------------------------------------------

# has LIBRARY...: whether the system can load them. macOS needs none of those checked here.
has() {
    [ "$(uname -s)" != Linux ] ||
        "$python" -c 'import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]' "$@" 2>/dev/null
}

# Debian's Chromium is an ordinary package. Ubuntu's is a snap, which Playwright cannot drive: see install_browser.
wants_debian_chromium() {
    [ -r /etc/debian_version ] && ! grep -qi ubuntu /etc/os-release &&
        ! "$python" tests/support/browser.py >/dev/null
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

apt_install() {
    advice="sudo apt-get update && sudo apt-get install -y $*"
    as_root true 2>/dev/null ||
        fail "PoseDeck needs system packages that only an administrator can install. Please run: $advice"
    say "Installing system packages: $*"
    # Another, broken package source must not stop us: what counts is whether the install works.
    as_root apt-get update -qq >/dev/null 2>&1 || true
    log=$(as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" 2>&1) || {
        say "$log" >&2
        fail "The system packages could not be installed; the lines above say why. Please try: $advice"
    }
}

install_system_packages() {
    missing=
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing=" python$(version_of "$python")-venv"
    # MediaPipe loads these two even when it runs on the CPU only.
    has libEGL.so.1 libGLESv2.so.2 || missing="$missing libegl1 libgles2"
    if [ "$mode" = dev ]; then
        has libatomic.so.1 || missing="$missing libatomic1" # Playwright's own Node.js needs it
        ! wants_debian_chromium || missing="$missing chromium"
        # tests/e2e/test_offline.py records every connection that the server makes.
        [ "$(uname -s)" != Linux ] || command -v strace >/dev/null || missing="$missing strace"
        # tests/e2e/test_turn.py sends a stream through this relay; without it, and without apt, the test is skipped.
        command -v turnserver >/dev/null || ! command -v apt-get >/dev/null || missing="$missing coturn"
        # The same for tests/e2e/test_replicas.py; Debian keeps nginx outside an ordinary user's PATH.
        PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || ! command -v apt-get >/dev/null ||
            missing="$missing nginx-light"
    fi
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null ||
        fail "PoseDeck needs the packages that Debian calls:$missing. Please install them and run this again" \
            "(libEGL.so.1 and libGLESv2.so.2 are in libglvnd-egl and libglvnd-gles on Fedora, in libglvnd on Arch)."
    apt_install $missing # unquoted on purpose: one argument for each package
    # Debian starts these as services open to the network; the tests start their own.
    [ ! -d /run/systemd/system ] || for service in coturn nginx; do
        case $missing in *$service*) as_root systemctl --quiet disable --now $service ;; esac
    done
    has libEGL.so.1 libGLESv2.so.2 || fail "libEGL.so.1 or libGLESv2.so.2 still cannot be loaded by $python."
}

# --- 3. The virtual environment and its packages ---------------------------------------------------------------------

# Sound means: it starts, has a suitable version (the one asked for, if any), has pip, was made for this very folder
# (a moved one has old paths in its scripts), and no installation into it was interrupted.
venv_is_sound() {
    version=$(version_of $venv_python) && suits "$version" && [ ! -e .venv/unfinished ] &&
        { [ -z "${PYTHON:-}" ] || [ "$version" = "$(version_of "$PYTHON")" ]; } &&
        $venv_python -c 'import pip' 2>/dev/null && head -n 2 .venv/bin/pip | grep -qF "$here/.venv/bin/"
}

make_venv() {
    say "Making the Python environment in .venv (Python $(version_of "$python"))"
    rm -rf .venv
    "$python" -m venv .venv
}

# install FILE SIZE: the packages that FILE pins, unless exactly those are installed already.
install() {
    stamp=.venv/${1%.txt}.stamp
    sha=$($venv_python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1")
    wanted="python $(version_of $venv_python) sha256 $sha"
    [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
    say "Installing Python packages from $1 ($2, only once; this can take a few minutes)"
    touch .venv/unfinished
    $venv_python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r "$1" ||
        fail "The packages could not be installed; the lines above say why. Often it is the network: run this again."
    printf '%s\n' "$wanted" >"$stamp"
    rm .venv/unfinished
}

# --- 4. A browser for the tests, where Debian's package does not work -------------------------------------------------

browser_starts() { $venv_python tests/support/browser.py --start >/dev/null 2>&1; }

install_browser() {
    browser_starts && return
    say "Installing Chromium for the browser tests"
    if as_root true 2>/dev/null; then as_root "$here/$venv_python" -m playwright install-deps chromium || true; fi
    $venv_python -m playwright install chromium || true
    browser_starts ||
        fail "The browser tests need Chromium. Please install one and name it: make test CHROMIUM=/path/to/chromium" \
            "(or run: sudo $venv_python -m playwright install-deps chromium && $venv_python -m playwright install chromium)"
}

if venv_is_sound; then python=$venv_python; else find_python; fi
install_system_packages
venv_is_sound || make_venv
install requirements.txt "a download of 250 MB"
[ -z "${POSEDECK_LOGIN:-}" ] || install requirements-login.txt "a download of 5 MB"
if [ "$mode" = dev ]; then
    install requirements-dev.txt "a download of 120 MB"
    install_browser
fi
