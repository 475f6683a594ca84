"""Read an account and a queue on a phone and on a tablet, also with a keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.journeys.test_every_page import FULL, LATE
from tests.journeys.test_read_the_reports import check_tables
from tests.journeys.views.test_use_keys_and_views import open_queue
from tests.pages.addresses import ACCOUNTS, DOCUMENTED
from tests.plugins.chromium import COLOR_RULES, check_widths, wait_for_parts
from tests.plugins.processes import Portal

SignIn = Callable[[Page, str], None]
Axe = Callable[..., list[str]]

# The words of a row's note, which may continue on the next line after hyphens, and email addresses before their signs.
_LINES_OF_PARTS: Final = """() => [...document.querySelectorAll(".row-note:has(wbr)")].flatMap((note) => {
    const parts = [...note.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    return parts.flatMap((part) => [...part.data.matchAll(/[^\\s-]+-?/g)].map(({ 0: word, index }) => {
        const range = document.createRange();
        range.setStart(part, index);
        range.setEnd(part, index + word.length);
        return [word, range.getClientRects().length];
    }));
})"""

_IDS_OF_SEVERAL_LINES: Final = """() => [...document.querySelectorAll(`td[data-label="ID"] > code`)]
    .filter((id) => id.getClientRects().length > 1).map((id) => id.innerText)"""


@pytest.fixture
def phone(portal: Portal, sign_in: SignIn, page: Page) -> Page:
    sign_in(page, "alice")
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def _box(found: Locator) -> FloatRect:
    box = found.bounding_box()
    assert box is not None
    return box


def test_status_is_on_the_first_screen_directly_below_the_name(phone: Page, portal: Portal) -> None:
    phone.goto(f"{portal.url}{LATE}?queue=past-due")
    wait_for_parts(phone)

    name, status = _box(phone.locator("h1")), _box(phone.locator("#account-status"))
    assert name["y"] + name["height"] <= status["y"] <= name["y"] + name["height"] + 24
    for line in phone.locator(".status-line").all():
        expect(line).to_be_in_viewport(ratio=1)
    expect(phone.locator(".summary > div").first).to_be_in_viewport(ratio=1)
    assert _box(phone.locator(".section-tabs"))["y"] >= status["y"] + status["height"]


def test_actions_fold_into_a_menu_that_closes_when_the_focus_leaves(
    phone: Page, portal: Portal, axe: Axe
) -> None:
    phone.goto(f"{portal.url}{DOCUMENTED}")
    wait_for_parts(phone)
    menu = phone.locator(".head-menu > summary")
    inside = [phone.get_by_role("link", name=name, exact=True) for name in ("Edit", "Delete", "Refresh")]
    inside += [phone.get_by_role("button", name="Favorite"), phone.get_by_role("link", name="Open in Stripe")]
    for action in inside:
        expect(action).to_be_hidden()

    menu.press("Enter")

    for action in inside:
        expect(action).to_be_in_viewport(ratio=1)
    assert axe(phone) == []
    phone.emulate_media(color_scheme="dark")
    assert axe(phone, *COLOR_RULES) == []
    inside[-1].focus()
    phone.keyboard.press("Tab")
    expect(phone.locator("#account-status :focus")).to_be_visible()
    expect(inside[0]).to_be_hidden()
    check_widths(phone, (320, 390))


def test_actions_of_an_invoice_list_leave_the_first_screen_to_invoices(
    phone: Page, portal: Portal, axe: Axe
) -> None:
    phone.goto(f"{portal.url}{LATE}invoices/")
    expect(phone.locator(".row-main").first).to_be_in_viewport(ratio=1)
    expect(phone.get_by_role("link", name="Remind")).to_be_hidden()
    phone.locator(".head-menu > summary").click()
    phone.get_by_text("Save view").click()
    expect(phone.get_by_label("Name of the view")).to_be_in_viewport(ratio=1)
    phone.locator(".head-menu summary", has_text="Download").click()

    expect(phone.get_by_role("link", name="CSV", exact=True)).to_be_in_viewport(ratio=1)
    assert axe(phone) == []
    check_widths(phone, (320, 390))


def test_actions_are_buttons_on_wide_screens(phone: Page, portal: Portal) -> None:
    phone.set_viewport_size({"width": 1440, "height": 900})
    phone.goto(f"{portal.url}{DOCUMENTED}")

    expect(phone.get_by_text("Actions", exact=True)).to_be_hidden()
    expect(phone.get_by_role("link", name="Edit", exact=True)).to_be_visible()
    expect(phone.get_by_role("button", name="Favorite")).to_be_visible()
    expect(phone.get_by_role("link", name="Delete", exact=True)).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tabs_are_one_row_that_shows_the_current_one_and_scrolls_to_the_focus(
    phone: Page, portal: Portal, axe: Axe, theme: Literal["light", "dark"]
) -> None:
    phone.emulate_media(color_scheme=theme)
    phone.goto(f"{portal.url}{DOCUMENTED}history/")
    tabs = phone.locator(".section-tabs")

    assert _box(tabs)["height"] < 60
    expect(tabs.get_by_role("link", name="History")).to_be_in_viewport(ratio=1)
    expect(tabs.get_by_role("link", name="Overview")).not_to_be_in_viewport()
    tabs.get_by_role("link", name="Invoices").focus()
    phone.keyboard.press("Shift+Tab")
    expect(tabs.get_by_role("link", name="Overview")).to_be_focused()
    expect(tabs.get_by_role("link", name="Overview")).to_be_in_viewport(ratio=1)
    assert axe(phone) == []


@pytest.mark.parametrize("path", [f"{LATE}invoices/", f"{DOCUMENTED}savings/", f"{LATE}reminder/"])
def test_button_is_next_to_the_only_field_of_a_filter(phone: Page, portal: Portal, path: str) -> None:
    phone.goto(f"{portal.url}{path}")
    field = phone.locator(".filter-short :is(select, input:not([type=hidden]))")
    button = phone.locator(".filter-short button")

    for width in (320, 390):
        phone.set_viewport_size({"width": width, "height": 844})
        assert _box(button)["y"] == pytest.approx(_box(field)["y"], abs=2)
        assert _box(button)["x"] > _box(field)["x"] + _box(field)["width"]


def test_links_that_sort_are_one_row(phone: Page, portal: Portal, axe: Axe) -> None:
    open_queue(phone, portal, "past-due/")
    row = phone.locator("thead tr")

    assert _box(row)["height"] < 60
    assert _box(row)["width"] == pytest.approx(_box(phone.locator(".table-wrap"))["width"], abs=1)
    row.get_by_role("link").last.focus()
    expect(row.get_by_role("link").last).to_be_in_viewport(ratio=1)
    assert axe(phone) == []
    check_widths(phone, (320, 390, 768))


def test_email_addresses_of_a_tablet_are_not_broken_inside_words(phone: Page, portal: Portal) -> None:
    phone.set_viewport_size({"width": 768, "height": 1024})
    open_queue(phone, portal)

    parts = phone.evaluate(_LINES_OF_PARTS)
    assert any(word.startswith("@") for word, _ in parts)
    assert [word for word, lines in parts if lines != 1] == []
    expect(phone.get_by_role("columnheader", name="Oldest due date")).to_be_hidden()
    expect(phone.get_by_role("columnheader", name="Days late")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [f"{LATE}invoices/", f"{FULL}payment-methods/", f"{DOCUMENTED}payment-methods/", "/search/?q=acme"],
)
def test_tables_fit_tablets(phone: Page, portal: Portal, path: str) -> None:
    phone.goto(f"{portal.url}{path}")
    expect(phone.locator("tbody tr").first).to_be_visible(timeout=60_000)

    check_tables(phone)


@pytest.mark.parametrize("width", [768, 1024])
@pytest.mark.parametrize("path", ["/workspaces/", ACCOUNTS, "/search/?q=acme"])
def test_ids_of_a_list_are_not_broken(phone: Page, portal: Portal, path: str, width: int) -> None:
    phone.set_viewport_size({"width": width, "height": 1024})
    phone.goto(f"{portal.url}{path}")
    expect(phone.locator("td[data-label=ID] > code").first).to_be_visible(timeout=60_000)

    assert phone.evaluate(_IDS_OF_SEVERAL_LINES) == []


def test_audit_log_of_a_tablet_shows_whole_times(portal: Portal, sign_in: SignIn, page: Page) -> None:
    portal.staff("iris", "auditor")
    sign_in(page, "iris")
    page.set_viewport_size({"width": 768, "height": 1024})
    page.goto(f"{portal.url}/audit/")
    time = page.locator(".entry-time").first

    expect(time).to_be_visible()
    assert time.evaluate("time => time.scrollWidth <= time.clientWidth")
