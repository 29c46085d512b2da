#!/bin/sh
# Compiles requirements.in, requirements-login.in and requirements-dev.in into the complete, hashed lists that are installed.
# Arguments go to `uv pip compile`: --upgrade, or --upgrade-package NAME. Otherwise versions already listed stay.
set -eu
cd "$(dirname "$0")/.."

# uv has an environment of its own: it is needed only here. Its version and hashes are in scripts/uv.txt; a newer one:
#   echo 'uv==1.2.3' | uv pip compile - --universal --generate-hashes --no-emit-index-url --no-header -o scripts/uv.txt
uv=.cache/uv/bin/uv
cmp -s scripts/uv.txt .cache/uv/installed.txt && $uv --version >/dev/null 2>&1 || {
    rm -rf .cache/uv
    "${PYTHON:-python3}" -m venv .cache/uv
    .cache/uv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r scripts/uv.txt
    cp scripts/uv.txt .cache/uv/installed.txt
}

# --project /: ignores the setting in pyproject.toml that makes uv install what is listed and nothing more.
compile() {
    $uv pip compile --project / --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" "$@"
}
compile requirements.in --override overrides.txt -o requirements.txt "$@"
compile requirements-login.in -o requirements-login.txt "$@"
compile requirements-dev.in --override overrides.txt -o requirements-dev.txt "$@"

# The lists go to other people's machines, where our package index must not appear.
if grep -n '://' requirements.txt requirements-login.txt requirements-dev.txt; then
    echo "The lists must not name a host; the lines above do. Please remove their cause from the .in files." >&2
    exit 1
fi
