"""The forms of a subscription: what may be typed, what is said before, and that nothing is lost."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from billing.models import Change
from billing.services.changes.payload import Payload
from tests.pages.addresses import DOCUMENTED
from tests.pages.invoices.test_invoices import words
from tests.plugins.processes import Sandbox
from tests.services.changes.kinds.subscriptions import TOMORROW, asked, sent

ONE = f"{DOCUMENTED}subscriptions/sub_a1b2c3d4e5f6g7h8/"
NEW = "/workspaces/ws_supportdesk0001/billing-accounts/cus_71trzn2xyzqvuw5b/"
THREE = "/workspaces/ws_ex6v0f7oxkpivd8q/billing-accounts/cus_9z3sle8j0misiddp/"
NO_METHOD = "/workspaces/ws_ex6v0f7oxkpivd8q/billing-accounts/cus_4w5g778bg26zcp1c/"
FULL = "/workspaces/ws_c4h7sccs2xww02wt/billing-accounts/cus_2z70wh50vc7q96be/subscriptions/sub_bc1efce5571b3443/"


def filled(page: str, **typed: Any) -> dict[str, Any]:
    """A page's form as a browser would send it, with some fields typed into."""
    form = {}
    for tag in re.findall(r"<input[^>]*>", page):
        given = {name: html.unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if "name" in given and given.get("type") != "checkbox":
            form[given["name"]] = given.get("value", "")
    return form | {name.replace("__", "."): value for name, value in typed.items()}


def review(client: Client, address: str, **typed: Any) -> str:
    """Fills a form in and sends it; gives the address of the review."""
    answer = client.post(address, filled(client.get(address).text, **typed))
    assert answer.status_code == 302, words(answer.text)
    return str(answer["Location"])


def signed(page: str, **typed: str) -> dict[str, Any]:
    """The signature of a review."""
    return {"attempt": filled(page)["attempt"], "reason": "asked for", "ticket": "FIN-1", **typed}


@pytest.mark.parametrize(
    ("way", "typed", "said"),
    [
        ("quantities", {"product__locations": "0"}, "Enter at least 1."),
        ("quantities", {"product__locations": "", "product__users": ""}, "Keep at least one product."),
        ("quantities", {}, "Nothing to change"),
        ("quantities", {"product__users": "2.5"}, "Enter a whole number."),
        ("add", {}, "Enter the quantity of at least one product."),
        ("remove", {}, "Select at least one product."),
        ("remove", {"product__locations": "on", "product__users": "on"}, "Keep at least one product."),
        ("metadata", {"metadata__order_id": ""}, "A pair cannot be removed."),
        ("metadata", {"key__0": "a"}, "This key has no value."),
        ("metadata", {"value__0": "a"}, "This value has no key."),
        ("metadata", {"key__0": "order_id", "value__0": "x"}, "This key already exists."),
        ("quantities", {"snapshot": "of another time"}, "opened too long ago"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(
    way: str, typed: dict[str, str], said: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    address = f"{ONE}change/{way}/"
    answer = alice.post(address, filled(alice.get(address).text, **typed))

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert not Change.objects.exists()
    assert sent(fresh_sandbox) == []


def test_the_review_shows_the_preview_and_sends_what_it_is_of(alice: Client, fresh_sandbox: Sandbox) -> None:
    assert "and what the next invoice would be" in words(alice.get(f"{ONE}change/quantities/").text)
    address = review(alice, f"{ONE}change/quantities/", product__users="60")
    page = alice.get(address).text

    for said in (
        "Users 50 60",
        "Remaining time on 10",
        "less than a minute old",
        "Total",
        "More users: at once.",
    ):
        assert said in words(page)
    outcome = alice.post(f"{address}send/", signed(page), follow=True).text
    assert "The quantities were changed." in outcome
    assert sent(fresh_sandbox) == [{"PATCH": {"product_quantities": {"locations": 10, "users": 60}}}]


def test_an_old_preview_is_refused_and_what_was_typed_goes_along(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    address = review(alice, f"{ONE}change/add/", product__sso="1")
    page = alice.get(address).text
    change = Change.objects.get()
    contents = Payload.of(change)
    assert contents.preview is not None
    aged = contents.with_(preview=contents.preview | {"at": "2026-01-01T00:00:00+00:00"})
    Change.objects.update(envelope=aged.sealed_for(change))

    refused = alice.post(f"{address}send/", signed(page))
    assert refused.status_code == 409
    assert "older than five minutes" in refused.text
    assert "asked for</textarea>" in refused.text
    assert sent(fresh_sandbox) == []
    fresh = alice.post(f"{address}again/", {"reason": "asked for", "ticket": "FIN-1"}, follow=True).text
    assert "asked for</textarea>" in fresh
    assert 'value="FIN-1"' in fresh
    assert "less than a minute old" in words(fresh)


def test_money_takes_a_reason_and_a_ticket(alice: Client, fresh_sandbox: Sandbox) -> None:
    address = review(alice, f"{ONE}change/pause/")
    answer = alice.post(f"{address}send/", {"attempt": "0"})

    assert answer.status_code == 422
    assert "Enter a reason; it is stored in the audit log." in words(answer.text)
    assert "Enter the ticket that asks for this change." in answer.text
    assert sent(fresh_sandbox) == []


def test_what_is_not_possible_says_why(alice: Client) -> None:
    page = words(alice.get(f"{ONE}change/").text)
    assert "Resume the subscription Not possible: Only a paused subscription can be resumed" in page

    page = words(alice.get(f"{ONE}change/resume/").text)
    assert "Only a paused subscription can be resumed; this one is: Active." in page


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (NEW, "A trial of 14 days begins at once, without a payment method."),
        (DOCUMENTED, "There is no trial: it is paid for from the start"),
        (THREE, "at most three active subscriptions, and this one has 3."),
        (NO_METHOD, "Altostrat wants a default payment method first."),
    ],
    ids=["trial", "paid", "three", "no method"],
)
def test_a_new_subscription_says_before_what_comes_of_it(account: str, said: str, alice: Client) -> None:
    page = alice.get(f"{account}subscriptions/new/").text

    assert said in words(page)
    assert ("disabled" in page) == (account in (THREE, NO_METHOD))


def test_a_button_that_leads_nowhere_says_why(alice: Client) -> None:
    page = words(alice.get(f"{THREE}subscriptions/").text)

    assert "This account has three active subscriptions, the maximum." in page


def test_it_subscribes_with_metadata(alice: Client, fresh_sandbox: Sandbox) -> None:
    typed = {"product__users": "3", "key__0": "po", "value__0": "4711"}
    address = review(alice, f"{NEW}subscriptions/new/", **typed)
    page = alice.get(address).text
    assert "Trial period for Users" in words(page)
    outcome = alice.post(f"{address}send/", signed(page), follow=True).text

    assert "The subscription was created." in outcome
    assert sent(fresh_sandbox) == [{"POST": {"product_quantities": {"users": 3}, "metadata": {"po": "4711"}}}]


def test_a_refused_new_one_keeps_its_input(alice: Client, fresh_sandbox: Sandbox) -> None:
    typed = {"product__users": "3", "key__0": "po", "value__0": "4711"}
    address = review(alice, f"{NEW}subscriptions/new/", **typed)
    fresh_sandbox.fault("status:422", "/subscriptions$", method="POST")
    page = alice.post(f"{address}send/", signed(alice.get(address).text), follow=True).text

    assert "Altostrat refused this change. Nothing was changed." in page
    form = filled(page)
    assert (form["product.users"], form["key.0"], form["value.0"]) == ("3", "po", "4711")


def test_a_field_that_altostrat_refuses_gets_its_words(alice: Client, fresh_sandbox: Sandbox) -> None:
    address = f"/workspaces/{TOMORROW['workspace_id']}/billing-accounts/{TOMORROW['billing_account_id']}"
    way = f"{address}/subscriptions/{TOMORROW['subscription_id']}/change/quantities/"
    review_address = review(alice, way, product__cameras="5")
    page = alice.post(f"{review_address}send/", signed(alice.get(review_address).text), follow=True).text

    # The sandbox knows the product and not the status; its words stand above the kept input.
    assert "Only an active subscription can be changed." in page
    assert filled(page)["product.cameras"] == "5"


def test_cancelling_asks_for_the_id_and_tells_altostrats_words(alice: Client, fresh_sandbox: Sandbox) -> None:
    page = alice.get(f"{FULL}cancel/").text
    assert "the end of its period, and is not renewed." in words(page)
    answer = alice.post(f"{FULL}cancel/", filled(page))
    address = str(answer["Location"])
    shown = alice.get(address).text
    wrong = alice.post(f"{address}send/", signed(shown, confirmation="yes"))
    assert wrong.status_code == 422
    assert sent(fresh_sandbox) == []
    outcome = alice.post(
        f"{address}send/", signed(shown, confirmation="sub_bc1efce5571b3443"), follow=True
    ).text

    assert "Altostrat refused this change" in outcome
    assert "under-provisioned" in outcome
    assert re.search(r'<a href="https://[^"]+"[^>]*>learn more', outcome)
    assert sent(fresh_sandbox) == [{"DELETE": None}]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Not asked yet"),
        (
            "?subscription=sub_a1b2c3d4e5f6g7h8&ask=1&product.users=60&product.locations=10",
            "Remaining time on 10",
        ),
        ("?subscription=sub_a1b2c3d4e5f6g7h8&ask=1&cancel=on", "nothing would be charged"),
        ("?subscription=&ask=1&product.sso=1", "Single sign-on"),
    ],
)
def test_what_it_would_cost_changes_nothing(
    query: str, said: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    page = alice.get(f"{DOCUMENTED}preview/{query}")

    assert page.status_code == 200
    assert said in words(page.text)
    assert sent(fresh_sandbox) == []


def test_in_a_preview_zero_removes(alice: Client, fresh_sandbox: Sandbox) -> None:
    query = "subscription=sub_a1b2c3d4e5f6g7h8&ask=1&product.users=0&product.locations=10"
    alice.get(f"{DOCUMENTED}preview/?{query}")

    (body,) = asked(fresh_sandbox)
    assert body["items"] == [
        {"product_type": "locations", "quantity": 10, "interval": "month"},
        {"product_type": "users", "quantity": 0, "interval": "month"},
    ]


def test_a_preview_of_nothing_asks_for_a_product(alice: Client) -> None:
    answer = alice.get(f"{DOCUMENTED}preview/?subscription=&ask=1")

    assert answer.status_code == 422
    assert "Give the quantity of at least one product." in answer.text


def test_a_viewer_reads_why_nothing_can_be_changed(carol: Client) -> None:
    page = carol.get("/workspaces/ws_supportdesk0001/billing-accounts/cus_71trzn2xyzqvuw5b/subscriptions/")

    assert "Your role is read-only." in words(page.text)
    assert carol.get(f"{NEW}subscriptions/new/").status_code == 403
