"""The pictures of the documents, with the people and data of `make run`.

PICTURES=docs/pictures .venv/bin/python -m pytest -n 0 tests/journeys/tour/test_pictures.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.plugins.chromium import Chromium, wait_for_parts, watched_page
from tests.plugins.identity_provider import settings_for
from tests.plugins.processes import ROOT, Portal, running_portal, running_sandbox
from tests.plugins.services import free_port

_FOLDER: Final = os.environ.get("PICTURES", "")
_LATE: Final = "/workspaces/ws_supportdesk0002/billing-accounts/cus_gmd3htvd7p28fhm1/"
_TALLINN: Final = "/workspaces/ws_balticharbour001/billing-accounts/cus_balticport000ee1/"
_PASSWORD: Final = "a long demo password"


@dataclass(frozen=True)
class Picture:
    """`clicks` are the links and buttons to follow from the path."""

    path: str
    clicks: tuple[str, ...] = ()
    theme: Literal["light", "dark"] = "light"
    size: tuple[int, int] = (1440, 1080)


PICTURES: Final = {
    "home": Picture("/"),
    "queues-dark": Picture("/queues/past-due/", theme="dark"),
    "aging": Picture("/reports/ageing/"),
    "billing-account": Picture(_LATE),
    "phone": Picture(_LATE, size=(390, 844)),
    "reminder": Picture(f"{_LATE}reminder/"),
    "spend": Picture(f"{_LATE}spend/"),
    "savings": Picture(f"{_TALLINN}savings/"),
    "costs": Picture(f"{_TALLINN}costs/"),
    "review": Picture(f"{_TALLINN}savings/", ("Reduce quantities", "Continue to review")),
}


def test_documents_show_these_pictures() -> None:
    texts = ((ROOT / "docs" / "tour.md").read_text(), (ROOT / "README.md").read_text())
    shown = {name for text in texts for name in re.findall(r"pictures/([a-z-]+)\.png", text)}

    assert shown == PICTURES.keys() == {path.stem for path in (ROOT / "docs" / "pictures").iterdir()}


@pytest.fixture(scope="module")
def demo(static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder, settings = tmp_path_factory.mktemp("pictures"), settings_for(free_port())
    limits = {"DEMO": "on", "ALTOSTRAT_REQUESTS_PER_MINUTE": "6000"}
    with running_sandbox() as sandbox, running_portal(folder, sandbox.url, **settings, **limits) as portal:
        portal.manage(
            "create_demo_staff", "--people", "identity_provider/people.json", stdin=f"{_PASSWORD}\n"
        )
        code = f"edgar = User.objects.get(username='edgar.osei'); edgar.set_password({_PASSWORD!r}); edgar.save()"
        portal.manage("shell", "-c", f"from billing.models import User; {code}")
        yield portal


@pytest.fixture(scope="module")
def edgar(demo: Portal, chromium: Chromium) -> Iterator[Page]:
    with watched_page(chromium.browser()) as page:
        page.set_default_timeout(60_000)
        page.goto(f"{demo.url}/accounts/sign-in/?next=/queues/")
        page.get_by_text("Sign in with a password").click()
        page.get_by_label("Username").fill("edgar.osei")
        page.get_by_label("Password", exact=True).fill(_PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator(".row-main a").first).to_be_visible(timeout=120_000)
        expect(page.locator(".scan-bar")).to_have_count(0, timeout=120_000)
        yield page


@pytest.mark.skipif(not _FOLDER, reason="PICTURES names no folder")
@pytest.mark.parametrize("name", PICTURES)
def test_picture(demo: Portal, edgar: Page, name: str) -> None:
    picture = PICTURES[name]
    width, height = picture.size
    edgar.set_viewport_size({"width": width, "height": height})
    edgar.emulate_media(color_scheme=picture.theme)
    edgar.goto(f"{demo.url}{picture.path}")
    for target in picture.clicks:
        role: Literal["button", "link"] = "button" if target.startswith("Continue") else "link"
        with edgar.expect_navigation():
            edgar.get_by_role(role, name=target).first.click()
    wait_for_parts(edgar)
    edgar.screenshot(path=Path(_FOLDER) / f"{name}.png")
