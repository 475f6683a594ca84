"""An account's subscriptions and payment methods."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.pages.addresses import DOCUMENTED
from tests.pages.invoices.test_invoices import LATE, ODD, words

ONE = f"{DOCUMENTED}subscriptions/sub_a1b2c3d4e5f6g7h8/"
METHODS = f"{DOCUMENTED}payment-methods/"


def test_the_list_leads_to_the_subscription(alice: Client) -> None:
    page = alice.get(f"{DOCUMENTED}subscriptions/").text

    assert f'href="{ONE}"' in page
    assert "Locations \N{MULTIPLICATION SIGN} 10, Users \N{MULTIPLICATION SIGN} 50" in words(page)


@pytest.mark.parametrize(
    "shown",
    ["Active It is being paid.", "Locations locations 10 month", "order_id 6735", "Period from", "as on"],
)
def test_one_shows_everything_of_it(shown: str, alice: Client) -> None:
    assert shown in words(alice.get(ONE).text)


def test_unit_amounts_come_from_invoices_and_say_so(alice: Client) -> None:
    page = alice.get(ONE).text

    assert 'class="money"' in page
    assert f'as on <a href="{DOCUMENTED}invoices/in_' in page
    assert "Altostrat has no price list" in page


def test_a_status_and_a_product_of_tomorrow_are_shown_as_they_are(alice: Client) -> None:
    listed = alice.get(f"{ODD}/cus_oddtomorrow00001/subscriptions/").text

    assert ">grace</span>" in listed
    assert "cameras \N{MULTIPLICATION SIGN} 4" in words(listed)


def test_a_subscription_that_is_not_there_is_a_failure_page(alice: Client) -> None:
    assert alice.get(f"{DOCUMENTED}subscriptions/sub_nowhere/").status_code == 404


def test_payment_methods_have_the_default_first_and_no_number(alice: Client) -> None:
    page = words(alice.get(METHODS).text)

    assert page.index("Visa Default") < page.index("Mastercard")
    assert "•••• 4242" in page


def test_an_expired_card_is_said_to_be(alice: Client) -> None:
    assert "Expired" in words(alice.get(f"{LATE}/payment-methods/").text)


def test_no_default_is_a_warning(alice: Client) -> None:
    address = "/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_jqaxnjbz7p0x7r4p/payment-methods/"

    assert "None of them is the default" in words(alice.get(address).text)


@pytest.mark.parametrize(
    "address", [f"{DOCUMENTED}subscriptions/", ONE, METHODS], ids=["list", "one", "methods"]
)
def test_another_persons_token_sees_none_of_it(address: str, alice: Client, carol: Client) -> None:
    alice.get(address)

    assert carol.get(address).status_code in {403, 404}
