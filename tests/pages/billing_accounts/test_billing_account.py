"""One billing account, every field of it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.pages.addresses import DOCUMENTED, failing


def _words(page: str) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").replace("&nbsp;", " ")


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
        "As of",
        "s request",
    ],
)
def test_it_shows_every_field_of_the_documented_account(shown: str, alice: Client) -> None:
    assert shown in _words(alice.get(DOCUMENTED).text)


def test_it_gives_machines_the_exact_time(alice: Client) -> None:
    assert '<time datetime="2025-10-29T00:40:06Z"' in alice.get(DOCUMENTED).text


def test_it_links_to_the_customer_in_stripe_without_telling_where_from(alice: Client) -> None:
    page = alice.get(DOCUMENTED).text

    link = '<a class="btn" href="https://dashboard.stripe.com/customers/cus_a1b2c3d4e5f6g7h8"'
    assert f'{link} rel="noreferrer noopener external"' in page


def test_it_does_not_show_the_account_to_a_person_whose_token_cannot_see_it(
    alice: Client, carol: Client
) -> None:
    alice.get(DOCUMENTED)
    answer = carol.get(DOCUMENTED)

    assert answer.status_code in {403, 404}
    assert "ACME" not in answer.text


def test_it_tells_null_from_missing(alice: Client) -> None:
    assert "Not set" in alice.get(failing("nulls")).text
    assert "Altostrat did not send this" not in alice.get(failing("nulls")).text
    assert "Altostrat did not send this" in alice.get(failing("sparse")).text


def test_it_shows_fields_that_nobody_documented(alice: Client) -> None:
    answer = alice.get(failing("future"))

    assert answer.status_code == 200
    assert "More fields from Altostrat" in answer.text


def test_it_says_where_it_stands_among_the_accounts_pages(alice: Client) -> None:
    page = alice.get(DOCUMENTED).text

    assert '<nav class="ways d-print-none" aria-label="Billing account">' in page
    assert f'<a href="{DOCUMENTED}" aria-current="page">' in page
