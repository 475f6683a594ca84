"""An account's subscriptions and payment methods."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.html import text
from tests.pages.addresses import DOCUMENTED
from tests.pages.invoices.test_invoices import LATE, ODD

ONE = f"{DOCUMENTED}subscriptions/sub_a1b2c3d4e5f6g7h8/"
METHODS = f"{DOCUMENTED}payment-methods/"


def test_list_links_to_subscription(alice: Client) -> None:
    page = alice.get(f"{DOCUMENTED}subscriptions/").text

    assert f'href="{ONE}"' in page
    assert "Locations \N{MULTIPLICATION SIGN} 10, Users \N{MULTIPLICATION SIGN} 50" in text(page)


@pytest.mark.parametrize(
    "shown",
    [
        "Active Payments are up to date.",
        "Locations locations 10 month",
        "order_id 6735",
        "Period start",
        "as on",
    ],
)
def test_subscription_page_shows_every_field(shown: str, alice: Client) -> None:
    assert shown in text(alice.get(ONE).text)


def test_unit_amounts_name_their_invoice(alice: Client) -> None:
    page = alice.get(ONE).text

    assert 'class="money"' in page
    assert f'as on <a href="{DOCUMENTED}invoices/in_' in page
    assert "Altostrat has no price list" in page


def test_unknown_status_and_product(alice: Client) -> None:
    listed = alice.get(f"{ODD}/cus_oddtomorrow00001/subscriptions/").text

    assert "Unknown status “grace”" in text(listed)
    assert "cameras \N{MULTIPLICATION SIGN} 4" in text(listed)


def test_missing_subscription_is_not_found(alice: Client) -> None:
    assert alice.get(f"{DOCUMENTED}subscriptions/sub_nowhere/").status_code == 404


def test_default_payment_method_is_first_and_numbers_are_masked(alice: Client) -> None:
    page = text(alice.get(METHODS).text)

    assert page.index("Visa Default") < page.index("Mastercard")
    assert "•••• 4242" in page


def test_expired_card(alice: Client) -> None:
    assert "Expired" in text(alice.get(f"{LATE}/payment-methods/").text)


def test_missing_default_payment_method_is_a_warning(alice: Client) -> None:
    address = "/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_jqaxnjbz7p0x7r4p/payment-methods/"

    assert "No default payment method: the next invoice cannot be charged." in text(alice.get(address).text)


@pytest.mark.parametrize(
    "address", [f"{DOCUMENTED}subscriptions/", ONE, METHODS], ids=["list", "one", "methods"]
)
def test_pages_are_not_shown_with_another_persons_token(address: str, alice: Client, carol: Client) -> None:
    alice.get(address)

    assert carol.get(address).status_code in {403, 404}
