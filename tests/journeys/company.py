"""Steps of single sign-on in a browser."""

from __future__ import annotations

import json
import time

from playwright.sync_api import Page

from tests.plugins.processes import Portal


def start_sign_in(page: Page, portal: Portal, goal: str = "/") -> None:
    """Open a page and go to the provider, which asks to sign in."""
    page.goto(f"{portal.url}{goal}")
    page.get_by_role("link", name="Sign in with Larkfield").click()


def choose(page: Page, person: tuple[str, str]) -> None:
    """Choose a person on the provider's page."""
    page.get_by_role("button", name=person[1]).click()


def sign_in(page: Page, portal: Portal, person: tuple[str, str], goal: str = "/") -> None:
    """Sign in and wait for the page."""
    start_sign_in(page, portal, goal)
    choose(page, person)
    page.wait_for_url(f"{portal.url}{goal}")


def sign_in_with_retries(page: Page, portal: Portal, person: tuple[str, str]) -> None:
    """Sign in, and retry while the portal does not know a new key: it fetches keys every few seconds at most."""
    deadline = time.monotonic() + 15
    while True:
        start_sign_in(page, portal)
        choose(page, person)
        page.wait_for_url(f"{portal.url}/**")
        if page.url == f"{portal.url}/" or time.monotonic() > deadline:
            return
        page.context.clear_cookies()
        time.sleep(1)


def roles(portal: Portal) -> dict[str, list[str]]:
    """Return the roles of each person in the portal."""
    lines = portal.manage(
        "shell",
        "-v0",
        "-c",
        "import json; from billing.models import User; print(json.dumps({u.username: "
        "sorted(u.groups.values_list('name', flat=True)) for u in User.objects.all()}))",
    )
    return dict(json.loads(lines.splitlines()[-1]))
