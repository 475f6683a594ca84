"""Failures above a form, and changes with an unknown outcome, as people see them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.changes.appearance import Axe, check_appearance
from tests.journeys.changes.test_edit_an_account import alice, portal  # noqa: F401 - fixtures
from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal, Sandbox


def test_failure_shows_above_the_form_and_the_input_is_kept(
    alice: Page,  # noqa: F811
    portal: Portal,  # noqa: F811
    sandbox: Sandbox,
    axe: Axe,
) -> None:
    alice.goto(f"{portal.url}{DOCUMENTED}edit/")
    alice.get_by_label("Name", exact=True).fill("Typed by hand")
    sandbox.fault("status:401", method="GET", times=None)
    alice.get_by_role("button", name="Continue to review").click()

    expect(alice.get_by_role("alert")).to_contain_text("Nothing was changed. Your input is still here.")
    expect(alice.get_by_label("Name", exact=True)).to_have_value("Typed by hand")
    check_appearance(alice, axe, "form-failure")
    sandbox.no_faults()
    alice.get_by_role("button", name="Continue to review").click()
    expect(alice.get_by_role("heading", level=1)).to_have_text(re.compile(": edit billing account$"))


def test_unknown_outcome_shows_on_the_home_page_and_before_the_next_change(
    alice: Page,  # noqa: F811
    portal: Portal,  # noqa: F811
    sandbox: Sandbox,
    axe: Axe,
) -> None:
    reviews = []
    for name in ("First", "Second"):
        alice.goto(f"{portal.url}{DOCUMENTED}edit/")
        alice.get_by_label("Name", exact=True).fill(name)
        alice.get_by_role("button", name="Continue to review").click()
        expect(alice.get_by_role("button", name="Save changes")).to_be_visible()
        reviews.append(alice.url)
    first = reviews[0].rstrip("/").rsplit("/", 1)[1]
    portal.manage(
        "shell",
        "-c",
        "from billing.models import Change; from django.utils import timezone; from datetime import timedelta;"
        f"Change.objects.filter(pk='{first}').update(state='sending', attempts=1,"
        " sent_at=timezone.now() - timedelta(minutes=5))",
    )
    alice.goto(f"{portal.url}/")
    expect(alice.get_by_text("Changes with an unknown outcome")).to_be_visible()
    check_appearance(alice, axe, "home-unknown")
    alice.goto(reviews[1])
    alice.get_by_role("button", name="Save changes").click()

    expect(alice.get_by_role("alert")).to_contain_text("The outcome of an earlier change is still unknown.")
    check_appearance(alice, axe, "review-unknown")
    alice.get_by_role("link", name="Check the status of the change").click()
    expect(alice.get_by_text("The change was probably not applied.")).to_be_visible()
    assert sandbox.writes() == []
