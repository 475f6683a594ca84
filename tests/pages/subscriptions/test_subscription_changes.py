"""The forms of a subscription: valid input, the texts before it is sent, and that no input is lost."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import Change
from billing.services.changes.payload import Payload
from tests import html
from tests.pages.addresses import DOCUMENTED
from tests.pages.forms import form_values, review_of, submit
from tests.plugins.processes import Sandbox
from tests.services.changes.kinds.subscriptions import TOMORROW, received_previews, received_writes

ONE = f"{DOCUMENTED}subscriptions/sub_a1b2c3d4e5f6g7h8/"
NEW = "/workspaces/ws_supportdesk0001/billing-accounts/cus_71trzn2xyzqvuw5b/"
THREE = "/workspaces/ws_ex6v0f7oxkpivd8q/billing-accounts/cus_9z3sle8j0misiddp/"
NO_METHOD = "/workspaces/ws_ex6v0f7oxkpivd8q/billing-accounts/cus_4w5g778bg26zcp1c/"
FULL = "/workspaces/ws_c4h7sccs2xww02wt/billing-accounts/cus_2z70wh50vc7q96be/subscriptions/sub_bc1efce5571b3443/"


def signed(page: html.Source, **typed: str) -> dict[str, str]:
    """Return the form of a review with reason and ticket."""
    return form_values(page) | {"reason": "asked for", "ticket": "FIN-1"} | typed


@pytest.mark.parametrize(
    ("slug", "typed", "message"),
    [
        ("quantities", {"product.locations": "0"}, "Enter at least 1."),
        ("quantities", {"product.locations": "", "product.users": ""}, "Keep at least one product."),
        ("quantities", {}, "Nothing to change"),
        ("quantities", {"product.users": "2.5"}, "Enter a whole number."),
        ("add", {}, "Enter the quantity of at least one product."),
        ("remove", {}, "Select at least one product."),
        ("remove", {"product.locations": "on", "product.users": "on"}, "Keep at least one product."),
        ("metadata", {"metadata.order_id": ""}, "A pair cannot be removed."),
        ("metadata", {"key.0": "a"}, "This key has no value."),
        ("metadata", {"value.0": "a"}, "This value has no key."),
        ("metadata", {"key.0": "order_id", "value.0": "x"}, "This key already exists."),
        ("quantities", {"snapshot": "of another time"}, "opened too long ago"),
    ],
)
def test_invalid_input_is_refused_before_anything_is_sent(
    slug: str, typed: dict[str, str], message: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    response = submit(alice, f"{ONE}change/{slug}/", typed)

    assert response.status_code == 422
    assert message in " ".join(html.texts(response, ".field-error, .note-error"))
    assert not Change.objects.exists()
    assert received_writes(fresh_sandbox) == []


def test_review_shows_the_preview_of_what_it_sends(alice: Client, fresh_sandbox: Sandbox) -> None:
    form = f"{ONE}change/quantities/"
    assert "what the next invoice would be" in html.text(alice.get(form))
    address = review_of(alice, form, {"product.users": "60"})
    page = alice.get(address)

    shown = html.text(page)
    assert ["Users", "50", "60"] in html.rows(page, ".compared")
    for text in ("Remaining time on 10", "Less than a minute ago", "Total"):
        assert text in shown
    first = html.texts(page, ".consequences li")[0]
    assert first == "More users: effective immediately. The rest of this period is prorated."
    outcome = alice.post(f"{address}send/", signed(page), follow=True)
    assert html.text(html.one(outcome, "h1")) == "Quantities changed"
    assert received_writes(fresh_sandbox) == [
        {"PATCH": {"product_quantities": {"locations": 10, "users": 60}}}
    ]


def test_old_preview_is_refused_and_input_is_kept(alice: Client, fresh_sandbox: Sandbox) -> None:
    address = review_of(alice, f"{ONE}change/add/", {"product.sso": "1"})
    page = alice.get(address)
    change = Change.objects.get()
    payload = Payload.of(change)
    assert payload.preview is not None
    aged = payload.with_values(preview=payload.preview | {"at": "2026-01-01T00:00:00+00:00"})
    Change.objects.update(envelope=aged.sealed_for(change))

    refused = alice.post(f"{address}send/", signed(page))
    assert refused.status_code == 409
    assert "older than five minutes" in html.text(refused)
    assert form_values(refused)["reason"] == "asked for"
    assert received_writes(fresh_sandbox) == []
    fresh = alice.post(f"{address}repeat/", {"reason": "asked for", "ticket": "FIN-1"}, follow=True)
    kept = form_values(fresh)
    assert (kept["reason"], kept["ticket"]) == ("asked for", "FIN-1")
    assert "Less than a minute ago" in html.text(fresh)


def test_changes_of_money_need_a_reason_and_a_ticket(alice: Client, fresh_sandbox: Sandbox) -> None:
    address = review_of(alice, f"{ONE}change/pause/")
    response = alice.post(f"{address}send/", {"attempt": "0"})

    assert response.status_code == 422
    assert html.field_error(response, "reason") == "Enter a reason; it is stored in the audit log."
    assert html.field_error(response, "ticket") == "Enter the ticket that asks for this change."
    assert received_writes(fresh_sandbox) == []


def test_impossible_changes_say_why(alice: Client) -> None:
    choices = alice.get(f"{ONE}change/")
    resume = html.text(html.one(choices, "#pick-resume"))
    assert resume.startswith("Resume subscription Not possible: Only a paused subscription can be resumed")

    page = alice.get(f"{ONE}change/resume/")
    assert "Only a paused subscription can be resumed" in html.text(html.one(page, "#why-not"))
    assert "disabled" in html.button(page, "Continue to review").attributes


@pytest.mark.parametrize(
    ("account", "message"),
    [
        (NEW, "A trial of 14 days begins immediately, without a payment method."),
        (DOCUMENTED, "There is no trial. The default payment method is charged from the start"),
        (THREE, "can have 3 active subscriptions. This one has 3."),
        (NO_METHOD, "Altostrat requires a default payment method."),
    ],
    ids=["trial", "paid", "three", "no method"],
)
def test_new_subscription_says_first_whether_it_is_possible(
    account: str, message: str, alice: Client
) -> None:
    page = alice.get(f"{account}subscriptions/new/")
    is_disabled = "disabled" in html.button(page, "Continue to review").attributes

    assert message in html.text(page)
    assert is_disabled == (account in (THREE, NO_METHOD))


def test_disabled_button_says_why(alice: Client) -> None:
    page = alice.get(f"{THREE}subscriptions/")

    assert "This account has three active subscriptions, the maximum." in html.text(page)


def test_new_subscription_has_metadata(alice: Client, fresh_sandbox: Sandbox) -> None:
    typed = {"product.users": "3", "key.0": "po", "value.0": "4711"}
    address = review_of(alice, f"{NEW}subscriptions/new/", typed)
    page = alice.get(address)
    assert "Trial period for Users" in html.text(page)
    outcome = alice.post(f"{address}send/", signed(page), follow=True)

    assert html.text(html.one(outcome, "h1")) == "Subscription created"
    assert received_writes(fresh_sandbox) == [
        {"POST": {"product_quantities": {"users": 3}, "metadata": {"po": "4711"}}}
    ]


def test_refused_new_subscription_keeps_its_input(alice: Client, fresh_sandbox: Sandbox) -> None:
    typed = {"product.users": "3", "key.0": "po", "value.0": "4711"}
    address = review_of(alice, f"{NEW}subscriptions/new/", typed)
    fresh_sandbox.fault("status:422", "/subscriptions$", method="POST")
    page = alice.post(f"{address}send/", signed(alice.get(address)), follow=True)

    assert "Altostrat refused this change. Nothing was changed." in html.text(page)
    kept = form_values(page)
    assert {name: kept[name] for name in typed} == typed


def test_message_about_a_product_is_shown_above_the_kept_input(alice: Client, fresh_sandbox: Sandbox) -> None:
    account = f"/workspaces/{TOMORROW['workspace_id']}/billing-accounts/{TOMORROW['billing_account_id']}"
    form = f"{account}/subscriptions/{TOMORROW['subscription_id']}/change/quantities/"
    address = review_of(alice, form, {"product.cameras": "5"})
    page = alice.post(f"{address}send/", signed(alice.get(address)), follow=True)

    # The sandbox knows the product, but the subscription is not active.
    assert "Only an active subscription can be changed." in html.alerts(page)[0]
    assert form_values(page)["product.cameras"] == "5"


def test_cancellation_needs_the_id_and_shows_altostrats_refusal(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    page = alice.get(f"{FULL}cancel/")
    assert "when its period ends, and does not renew." in html.text(page)
    address = review_of(alice, f"{FULL}cancel/")
    review = alice.get(address)
    wrong = alice.post(f"{address}send/", signed(review, confirmation="yes"))
    assert wrong.status_code == 422
    assert received_writes(fresh_sandbox) == []
    confirmed = signed(review, confirmation="sub_bc1efce5571b3443")
    outcome = alice.post(f"{address}send/", confirmed, follow=True)

    assert html.text(html.one(outcome, "h1")) == "Altostrat refused this change"
    assert "under-provisioned" in html.text(html.one(outcome, "blockquote"))
    assert html.attributes(outcome, "blockquote a", "href")[0].startswith("https://")
    assert received_writes(fresh_sandbox) == [{"DELETE": None}]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "No preview yet"),
        (
            "?subscription=sub_a1b2c3d4e5f6g7h8&ask=1&product.users=60&product.locations=10",
            "Remaining time on 10",
        ),
        ("?subscription=sub_a1b2c3d4e5f6g7h8&ask=1&cancel=on", "nothing would be charged"),
        ("?subscription=&ask=1&product.sso=1", "Single sign-on"),
    ],
)
def test_invoice_preview_changes_nothing(
    query: str, message: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    page = alice.get(f"{DOCUMENTED}preview/{query}")

    assert page.status_code == 200
    assert message in html.text(page)
    assert received_writes(fresh_sandbox) == []


def test_zero_removes_a_product_in_a_preview(alice: Client, fresh_sandbox: Sandbox) -> None:
    query = "subscription=sub_a1b2c3d4e5f6g7h8&ask=1&product.users=0&product.locations=10"
    alice.get(f"{DOCUMENTED}preview/?{query}")

    (body,) = received_previews(fresh_sandbox)
    assert body["items"] == [
        {"product_type": "locations", "quantity": 10, "interval": "month"},
        {"product_type": "users", "quantity": 0, "interval": "month"},
    ]


def test_preview_without_a_product_is_refused(alice: Client) -> None:
    response = alice.get(f"{DOCUMENTED}preview/?subscription=&ask=1")

    assert response.status_code == 422
    assert "Enter the quantity of at least one product." in html.text(response)


def test_viewer_sees_that_the_role_is_read_only(carol: Client) -> None:
    page = carol.get(f"{NEW}subscriptions/")

    assert "Your role is read-only." in html.text(page)


def test_viewer_cannot_open_the_form(carol: Client) -> None:
    assert carol.get(f"{NEW}subscriptions/new/").status_code == 403


def test_review_shows_the_next_bill_before_and_after(alice: Client, fresh_sandbox: Sandbox) -> None:
    address = review_of(alice, f"{ONE}change/quantities/", {"product.users": "60"})
    before = [next_bill(alice.get(address)) for _ in range(2)]

    assert before[0][0].endswith("USD preview, less than a minute ago")
    assert before[1][0].endswith("USD from a copy, less than a minute ago")
    assert before[0][1].endswith("USD preview, less than a minute ago")
    assert amounts(before[0]) == amounts(before[1])
    assert len(set(amounts(before[0]))) == 2


def test_review_without_an_answer_says_that_the_present_bill_is_not_known(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    address = review_of(alice, f"{ONE}change/quantities/", {"product.users": "60"})
    fresh_sandbox.fault("status:500", "preview", method="POST", times=None)
    before, after = next_bill(alice.get(address))

    assert before == "not known"
    assert after.endswith("USD preview, less than a minute ago")


def next_bill(page: html.Source) -> tuple[str, str]:
    """Return the next bill before and after the change."""
    (row,) = (row for row in html.rows(page, ".compared") if row[0] == "Next bill")
    return row[1].replace("\xa0", " "), row[2].replace("\xa0", " ")


def amounts(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[0].split()[0], pair[1].split()[0]


def test_review_without_a_preview_says_that_the_next_bill_is_not_known(alice: Client) -> None:
    page = alice.get(review_of(alice, f"{ONE}change/pause/"))

    assert "The next bill is not known: Altostrat offers no preview" in html.text(page)
