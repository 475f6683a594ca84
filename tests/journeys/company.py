"""The steps of a single sign-on, as a person takes them."""

from __future__ import annotations

import json
import time

from playwright.sync_api import Page

from tests.plugins.processes import Portal


def leave(page: Page, portal: Portal, goal: str = "/") -> None:
    """From the page that is wanted to the provider's."""
    page.goto(f"{portal.url}{goal}")
    page.get_by_role("link", name="Sign in with Larkfield").click()


def choose(page: Page, person: tuple[str, str]) -> None:
    """One of the people on the provider's page."""
    page.get_by_role("button", name=person[1]).click()


def come_in(page: Page, portal: Portal, person: tuple[str, str], goal: str = "/") -> None:
    """All the way, to the page that was wanted."""
    leave(page, portal, goal)
    choose(page, person)
    page.wait_for_url(f"{portal.url}{goal}")


def come_in_soon(page: Page, portal: Portal, person: tuple[str, str]) -> None:
    """Tries again while the portal refuses a key it does not know: it asks for keys every few seconds at most."""
    deadline = time.monotonic() + 15
    while True:
        leave(page, portal)
        choose(page, person)
        page.wait_for_url(f"{portal.url}/**")
        if page.url == f"{portal.url}/" or time.monotonic() > deadline:
            return
        page.context.clear_cookies()
        time.sleep(1)


def roles(portal: Portal) -> dict[str, list[str]]:
    """The roles that the portal keeps of each person."""
    lines = portal.manage(
        "shell",
        "-v0",
        "-c",
        "import json; from billing.models import User; print(json.dumps({u.username: "
        "sorted(u.groups.values_list('name', flat=True)) for u in User.objects.all()}))",
    )
    return dict(json.loads(lines.splitlines()[-1]))
