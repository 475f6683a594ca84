"""What a browser transfers for its first page, and for the next one."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.pages.addresses import DOCUMENTED
from tests.plugins.chromium import wait_for_parts
from tests.plugins.processes import Portal

SignIn = Callable[[Page, str], None]


def transferred(page: Page, address: str) -> dict[str, int]:
    """Return the bytes of each response that did not come from the browser's cache, by address."""
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(address)
    wait_for_parts(page)
    sizes = {response.url: response.request.sizes()["responseBodySize"] for response in responses}
    return {url: size for url, size in sizes.items() if size > 0}


def test_first_page_transfers_less_than_300_kb(page: Page, portal: Portal) -> None:
    first = transferred(page, f"{portal.url}/accounts/sign-in/")

    assert any(url.endswith(".woff2") for url in first)
    assert any(url.endswith(".css") for url in first)
    assert sum(first.values()) < 300_000, first


def test_second_page_transfers_only_html(page: Page, portal: Portal, sign_in: SignIn) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}/")
    second = transferred(page, f"{portal.url}{DOCUMENTED}")

    assert [url for url in second if "/static/" in url] == []
    assert sum(second.values()) < 100_000, second
