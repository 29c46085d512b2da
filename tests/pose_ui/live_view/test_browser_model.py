"""What is served to a browser that runs the model itself: the pinned files, unchanged, to whom they may go."""

from __future__ import annotations

import gzip
import hashlib
import json
import re

import pytest

from pose_core.models.bundles import bundle
from pose_core.settings import VARIANTS
from pose_ui.live_view.browser_model.files import (
    BUNDLE,
    FOLDER,
    LOADER,
    PROGRAM,
    megabytes,
    model_name,
    served_files,
)
from pose_ui.live_view.browser_model.route import browser_model_folder, browser_model_route
from pose_ui.shell.visitors import COOKIE, Visitors, new_cookie, visitor_of
from tests.support.paths import ROOT
from tests.support.rest_client import Answer, Client
from tests.support.routes import serving

MANIFEST = json.loads((FOLDER / "manifest.json").read_text())
GZIP = "gzip, br"
#: What Google's later versions report to, and its other collectors.
REPORTING = re.compile(
    rb"odml-?\.pa|play\.googleapis|clearcut|google-analytics|firebaselogging", re.IGNORECASE
)


def get(path: str, *, visitors: Visitors | None = None, closed: bool = False, **headers: str) -> Answer:
    """An answer of the route."""
    known = visitors or Visitors()
    with serving(browser_model_route(lambda: known, closed=closed)) as (port, _):
        return Client(port).ask(
            "GET", path, headers={name.replace("_", "-"): headers[name] for name in headers}
        )


# ---------------------------------------------------------------------- the files
def test_the_last_version_without_usage_reports_is_pinned() -> None:
    assert MANIFEST["package"] == "npm package @mediapipe/tasks-vision@0.10.35"
    assert MANIFEST["archive_sha256"] == "84597a25e13d123b5f4cbe768bb72e97a2c28c7a465f0ace287d8cbe5246bff0"


@pytest.mark.parametrize("entry", MANIFEST["files"], ids=lambda entry: entry["file"])
def test_what_ships_is_what_google_published_and_knows_no_address_to_report_to(
    entry: dict[str, object],
) -> None:
    shipped = (FOLDER / str(entry["file"])).read_bytes()
    assert (len(shipped), hashlib.sha256(shipped).hexdigest()) == (entry["size_bytes"], entry["sha256"])
    original = gzip.decompress(shipped)
    assert len(original) == entry["original_size_bytes"]
    assert hashlib.sha256(original).hexdigest() == entry["original_sha256"]
    assert not REPORTING.search(original)


def test_nothing_else_lies_there_and_no_model_ships_twice() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"manifest.json"} | {
        entry["file"] for entry in MANIFEST["files"]
    }
    for variant in VARIANTS:
        assert served_files()[model_name(variant)].path == bundle(variant).path


def test_the_notice_names_every_file() -> None:
    notice = (ROOT / "NOTICE").read_text()
    for entry in MANIFEST["files"]:
        assert entry["file"] in notice
        assert entry["sha256"] in notice
        assert f"{entry['size_bytes']:,}".replace(",", " ") in notice


def test_the_program_is_some_three_megabytes_and_the_worker_asks_for_names_that_are_served() -> None:
    assert 3.0 < megabytes("lite") - bundle("lite").size_bytes / 1e6 < 3.5
    worker = (ROOT / "pose_ui/live_view/browser_model/model_worker.js").read_text()
    program = re.search(r"\$\{files\}(vision_wasm\w+)`", worker)
    assert program
    assert {f"{program[1]}.js", f"{program[1]}.wasm"} == {LOADER, PROGRAM}
    assert f"${{files}}{BUNDLE}`" in worker


# ---------------------------------------------------------------------- the route
@pytest.mark.parametrize("folder", ["", "some/where/"])
def test_the_program_is_sent_compressed_as_it_lies_and_may_be_kept(folder: str) -> None:
    answer = get(f"/{folder}{browser_model_folder()}{PROGRAM}", accept_encoding=GZIP)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/wasm"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.body == (FOLDER / f"{PROGRAM}.gz").read_bytes()


def test_who_takes_no_gzip_gets_it_unpacked() -> None:
    answer = get(f"/{browser_model_folder()}{BUNDLE}")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "content-encoding" not in answer.headers
    assert hashlib.sha256(answer.body).hexdigest() == MANIFEST["files"][0]["original_sha256"]


def test_a_model_is_sent_as_the_server_itself_reads_it() -> None:
    answer = get(f"/{browser_model_folder()}lite.task", accept_encoding=GZIP)
    assert answer.status == 200
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-type"] == "application/zip", "which nobody compresses again"
    assert hashlib.sha256(answer.body).hexdigest() == bundle("lite").sha256


@pytest.mark.parametrize("name", ["manifest.json", "huge.task", "..%2ffiles.py", f"{PROGRAM}.gz"])
def test_nothing_else_is_served(name: str) -> None:
    assert get(f"/{browser_model_folder()}{name}").status == 404
    assert get(f"/posedeck/browser-model-0000000000000000/{BUNDLE}").status == 404


def test_where_visitors_must_sign_in_only_those_who_have_get_it_and_no_proxy_may_keep_it() -> None:
    path = f"/{browser_model_folder()}{BUNDLE}"
    visitors, value = Visitors(), new_cookie()
    cookie = f"{COOKIE}={value}"
    assert get(path, visitors=visitors, closed=True).status == 403
    assert get(path, visitors=visitors, closed=True, cookie=cookie).status == 403
    visitors.admit(visitor_of({COOKIE: value}))
    answer = get(path, visitors=visitors, closed=True, cookie=cookie)
    assert answer.status == 200
    assert answer.headers["cache-control"].startswith("private, ")
    assert get(path, visitors=visitors, closed=True, cookie="other=1").status == 403
