#!/bin/sh
# Compiles requirements.in and requirements-dev.in into the complete, hashed lists that are installed.
# Arguments go to `uv pip compile`: --upgrade, or --upgrade-package NAME. Versions already listed stay otherwise.
set -eu
cd "$(dirname "$0")/.."

# uv lives in an environment of its own: it is needed here only.
uv=.cache/uv/bin/uv
$uv --version >/dev/null 2>&1 || {
    rm -rf .cache/uv
    "${PYTHON:-python3}" -m venv .cache/uv
    .cache/uv/bin/python -m pip install -qq --disable-pip-version-check uv
}

# --project /: without the setting in pyproject.toml, by which uv installs what is listed and nothing more.
compile() {
    $uv pip compile --project / --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" "$@"
}
compile requirements.in --override overrides.txt -o requirements.txt "$@"
compile requirements-dev.in --override overrides.txt -o requirements-dev.txt "$@"

# The lists go to other people's machines: where ours fetches from is nobody's business there.
if grep -n '://' requirements.txt requirements-dev.txt; then
    echo "The lists above must not name a host. Please remove the lines from the .in files." >&2
    exit 1
fi
