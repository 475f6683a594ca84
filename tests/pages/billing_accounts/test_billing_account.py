"""The fields of a billing account."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from django.test import Client

from tests.html import attributes, one, text
from tests.pages.addresses import ACCOUNTS, DOCUMENTED, failing
from tests.pages.forms import form_values
from tests.plugins.processes import Sandbox


@pytest.mark.parametrize(
    "shown",
    [
        "ACME Corp Billing",
        "billing@acme.com",
        "+1 555-123-4567",
        "For US-based operations",
        "USD US Dollar",
        "123 Main Street Suite 456 San Francisco, CA 94105 United States",
        "United States US",
        "cus_a1b2c3d4e5f6g7h8",
        "ws_a1b2c3d4e5f6g7h8",
        "Created 29 Oct 2025, 00:40:06 UTC",
        "Updated 29 Oct 2025, 00:40:06 UTC",
        "Live, as of",
        "Altostrat request ID",
    ],
)
def test_every_field_is_shown(shown: str, alice: Client) -> None:
    assert shown in text(alice.get(DOCUMENTED))


def test_times_are_machine_readable(alice: Client) -> None:
    assert '<time datetime="2025-10-29T00:40:06Z"' in alice.get(DOCUMENTED).text


def test_stripe_link_sends_no_referrer(alice: Client) -> None:
    page = alice.get(DOCUMENTED).text

    link = one(page, 'a[href="https://dashboard.stripe.com/customers/cus_a1b2c3d4e5f6g7h8"]')
    assert link.attributes["rel"] == "noreferrer noopener external"


def test_account_is_not_shown_without_access(alice: Client, carol: Client) -> None:
    alice.get(DOCUMENTED)
    answer = carol.get(DOCUMENTED)

    assert answer.status_code in {403, 404}
    assert "ACME" not in answer.text


def test_null_and_missing_fields_differ(alice: Client) -> None:
    assert "Not set" in alice.get(failing("nulls")).text
    assert "Not provided by Altostrat" not in alice.get(failing("nulls")).text
    assert "Not provided by Altostrat" in alice.get(failing("sparse")).text


def test_undocumented_fields_are_shown(alice: Client) -> None:
    answer = alice.get(failing("future"))

    assert answer.status_code == 200
    assert "More fields from Altostrat" in answer.text


def test_current_tab_is_marked(alice: Client) -> None:
    page = alice.get(DOCUMENTED)

    (current,) = attributes(page, 'nav[aria-label="Billing account"] a[aria-current="page"]', "href")
    assert urljoin(DOCUMENTED, current) == DOCUMENTED


NOT_COUNTRIES = [
    "AC",
    "CP",
    "CQ",
    "DG",
    "EA",
    "EU",
    "EZ",
    "IC",
    "QO",
    "TA",
    "UN",
    "XA",
    "XB",
    "ZZ",
    "AA",
    "001",
]


@pytest.mark.parametrize("form", [f"{ACCOUNTS}new/", f"{DOCUMENTED}edit/"])
def test_only_countries_are_offered_and_sent(alice: Client, fresh_sandbox: Sandbox, form: str) -> None:
    page = alice.get(form)
    offered = attributes(page, "select[name=country] option[value]", "value")
    typed = form_values(page) | {
        "name": "N",
        "email": "a@b.example",
        "currency": "eur",
        "line1": "1 Road",
        "city": "C",
    }
    refused = {code: alice.post(form, typed | {"country": code}).status_code for code in NOT_COUNTRIES}
    kosovo = alice.post(form, typed | {"country": "XK", "postal_code": "10000"})

    assert len(set(offered) - {""}) == 250
    assert {"US", "XK", "ZA", "TW", "AX"} <= set(offered)
    assert not {*NOT_COUNTRIES} & {*offered}
    assert set(refused.values()) == {422}
    assert kosovo.status_code == 302
    assert "Kosovo (XK)" in text(alice.get(kosovo.headers["Location"]))
    assert fresh_sandbox.writes() == []
