"""Sign in with the company account, through nginx with TLS."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.journeys.company import choose
from tests.plugins.chromium import watched_page
from tests.plugins.identity_provider import EDITOR, running_identity_provider, settings_for
from tests.plugins.nginx import ADDRESS, running_nginx
from tests.plugins.processes import Sandbox, running_portal
from tests.plugins.services import free_port


def test_person_signs_in_and_out_over_https(
    browser: Browser, sandbox: Sandbox, static_files: None, tmp_path: Path
) -> None:
    port = free_port()
    settings = {"HTTPS_ONLY": "on", "TRUSTED_PROXIES": ADDRESS, "LOCAL_LOGIN": "off", **settings_for(port)}
    with (
        running_portal(tmp_path, sandbox.url, **settings) as portal,
        running_nginx(tmp_path, int(portal.environment["PORT"])) as nginx,
        running_identity_provider(port, nginx.url),
        watched_page(browser, ignore_https_errors=True) as page,
    ):
        page.goto(nginx.url)
        page.get_by_role("link", name="Sign in with Larkfield").click()
        choose(page, EDITOR)
        page.wait_for_url(f"{nginx.url}/")
        expect(page.get_by_role("banner")).to_contain_text("Edgar Osei")
        cookies = page.context.cookies(nginx.url)
        page.locator("details.person > summary").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/session/end?*")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{nginx.url}/accounts/sign-in/**")

    assert cookies
    assert all(cookie["secure"] and cookie["name"].startswith("__Host-") for cookie in cookies)
