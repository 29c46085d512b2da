"""Signing in through a provider, with Streamlit's own login and all its real parts."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from ops.log import FILE_NAME
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, running_provider
from tests.support.rest_client import Client
from tests.support.server import free_port, running_server
from tests.support.visit import go_to, settle, visit, wait_for_result

pytestmark = pytest.mark.e2e


def _log_in(page: Page) -> None:
    page.get_by_role("button", name="Sign in with your account").click()


def test_a_visitor_on_the_list_signs_in_through_the_provider_and_out(
    browser: Browser, tmp_path: Path
) -> None:
    port, logs, secrets = free_port(), tmp_path / "logs", tmp_path / "secrets.toml"
    with running_provider() as provider:
        secrets.write_text(
            f"""
            [auth]
            redirect_uri = "http://localhost:{port}/oauth2callback"
            cookie_secret = "0123456789abcdef0123456789abcdef"
            client_id = "{CLIENT_ID}"
            client_secret = "{CLIENT_SECRET}"
            server_metadata_url = "{provider.metadata_url}"
            """
        )
        environment = {
            "POSEDECK_LOGIN": "oidc",
            "POSEDECK_LOGIN_WHO": "@example.org",
            "POSEDECK_LOG_FOLDER": str(logs),
            "STREAMLIT_SECRETS_FILES": str(secrets),
        }
        with (
            running_server(tmp_path / "log.txt", env=environment, port=port) as server,
            visit(browser, f"{server.url}/photo") as page,
        ):
            expect(page.get_by_role("button", name="Sign in with your account")).to_be_visible()
            settle(page)
            expect(page.locator("img, video, iframe")).to_have_count(0)

            provider.person = {"email": "eve@elsewhere.example", "email_verified": True}
            _log_in(page)
            expect(page.get_by_text("Your account is not on the list")).to_be_visible()
            page.get_by_role("button", name="Sign out").click()

            expect(page.get_by_role("button", name="Sign in with your account")).to_be_visible()
            provider.person = {"email": "ann@example.org", "email_verified": True}
            _log_in(page)
            expect(page.get_by_role("button", name="Sign out")).to_be_visible()
            go_to(page, "Photo")
            wait_for_result(page)
            page.reload()
            wait_for_result(page)  # remembered

            # Signing out ends the other tab, and the login wherever its cookies were copied to.
            tab = page.context.new_page()
            tab.goto(f"{server.url}/benchmark")
            expect(tab.get_by_role("button", name="Sign out")).to_be_visible()
            with visit(browser, "about:blank") as thief:
                thief.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
                thief.goto(f"{server.url}/benchmark")
                expect(thief.get_by_role("button", name="Sign out")).to_be_visible()
                page.get_by_role("button", name="Sign out").click()
                for signed_out in (page, tab, thief):
                    expect(signed_out.get_by_role("button", name="Sign in with your account")).to_be_visible()
                thief.reload()
                expect(thief.get_by_role("button", name="Sign in with your account")).to_be_visible()
            error = quote("one\x1b[31mtwo" + "x" * 5000)
            assert Client(port).get(f"/oauth2callback?error={error}&error_description={error}").status == 302
        server.assert_no_traceback()
        printed = server.log.read_text()
        assert r"one\x1b[31mtwoxx" in printed
        assert "\x1b" not in printed
        assert max(map(len, printed.splitlines())) < 1500
        assert "the REST interface is open to everyone" in server.log.read_text()
        assert provider.asked.count("/token") == 2
    written = (logs / FILE_NAME).read_text("utf-8")
    outcomes = [
        event["outcome"] for event in map(json.loads, written.splitlines()) if event["event"] == "sign_in"
    ]
    assert outcomes[:2] == ["not_listed", "in"]
    assert "example" not in written
