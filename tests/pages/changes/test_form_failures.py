"""The form of a change keeps its input whatever fails, and shows Altostrat's messages at their fields."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client

from billing.altostrat.error_responses import error_from
from billing.altostrat.errors import Invalid
from billing.altostrat.http.bodies import Reply
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.models import Change
from billing.pages.changes.submit import explain
from billing.pages.subscriptions.metadata_forms import NewSubscriptionForm
from billing.roles import Role
from billing.services import changes
from billing.services.changes import Draft, Signature
from billing.services.changes.payload import Payload
from tests import html
from tests.pages.addresses import DOCUMENTED
from tests.pages.conftest import client_of
from tests.pages.forms import alice_as_actor, form_values, submit
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import IDS, UPDATE, change_upstream_account
from tests.services.changes.kinds.subscriptions import ACME, TRIAL, change_upstream_subscription
from tests.services.changes.steps import change_upstream
from tests.tokens import FINANCE

EDIT, NEW = f"{DOCUMENTED}edit/", "/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/new/"
CHANGE = f"{DOCUMENTED}subscriptions/{ACME['subscription_id']}/change/"
SUBSCRIBE = (
    f"/workspaces/{TRIAL['workspace_id']}/billing-accounts/{TRIAL['billing_account_id']}/subscriptions/new/"
)
RENAME = f"/workspaces/{IDS['workspace_id']}/edit/"
NAME, QUANTITY = {"name": "Typed by hand"}, {"product.locations": "987654"}
NEW_ACCOUNT = NAME | {
    "email": "a@b.example",
    "currency": "eur",
    "country": "HK",
    "line1": "1 Road",
    "state": "Kowloon",
}


def refused(change: Change, **fields: list[str]) -> Change:
    """Store the change as refused by Altostrat, with a message at each of these fields."""
    said = {
        "message": "No.",
        "code": None,
        "doc_url": None,
        "fields": {k.replace("__", "."): v for k, v in fields.items()},
    }
    contents = Payload.of(change).with_values(refusal=said)
    envelope = contents.sealed_for(change)
    Change.objects.filter(pk=change.pk).update(
        state="refused", envelope=envelope, reason="A long reason", ticket="FIN-9"
    )
    return change


@pytest.mark.parametrize(
    ("address", "typed", "fault", "status"),
    [
        (EDIT, NAME, ("close_before", "", "GET"), 502),
        (EDIT, NAME, ("status:401", "", "GET"), 424),
        (EDIT, NAME, ("status:429", "", "GET"), 429),
        (NEW, NEW_ACCOUNT, ("close_before", "", "GET"), 502),
        (RENAME, NAME, ("close_before", "", "GET"), 502),
        (f"{CHANGE}quantities/", QUANTITY, ("close_before", "", "GET"), 502),
        (f"{CHANGE}quantities/", QUANTITY, ("status:409", "/invoices/preview", "POST"), 409),
        (f"{CHANGE}quantities/", QUANTITY, ("status:400", "/invoices/preview", "POST"), 400),
        (f"{CHANGE}quantities/", QUANTITY, ("status:503", "/invoices/preview", "POST"), 503),
        (f"{CHANGE}quantities/", QUANTITY, ("status:422", "/invoices/preview", "POST"), 422),
        (SUBSCRIBE, QUANTITY, ("status:503", "/invoices/preview", "POST"), 503),
        (SUBSCRIBE, QUANTITY, ("close_before", "", "GET"), 502),
    ],
)
def test_input_stays_with_the_failure_above_it(
    address: str,
    typed: dict[str, str],
    fault: tuple[str, str, str],
    status: int,
    alice: Client,
    fresh_sandbox: Sandbox,
) -> None:
    form = form_values(alice.get(address)) | typed
    does, path, method = fault
    fresh_sandbox.fault(does, path, method=method, times=None)
    answer = alice.post(address, form)
    fresh_sandbox.no_faults()
    cache.clear()  # after a 429, the portal sends nothing with the token for a while

    assert answer.status_code == status
    kept = form_values(answer)
    assert kept | {"csrfmiddlewaretoken": ""} == form | {"csrfmiddlewaretoken": ""}
    assert "Nothing was changed. Your input is still here." in html.text(html.one(answer, "form .note"))
    again = alice.post(address, {**kept})
    assert again.status_code == 302
    assert fresh_sandbox.writes() == []


def test_preview_messages_are_shown_at_the_product_that_they_number() -> None:
    typed = {"change_id": str(uuid4()), "product.locations": "5", "product.users": "6"}
    form = NewSubscriptionForm(typed, opened={})
    assert form.is_valid()
    error = Invalid("POST", PREVIEW_INVOICE.path_template, 422)
    error.fields, error.message = {"items.1.quantity": ("Too many.",), "items": ("Odd.",)}, "No."
    error.doc_url = "https://altostrat.io/why"
    failure = explain(form, Draft("subscription.create", TRIAL, form.wanted), error)

    assert form.errors == {"product.users": ["Altostrat: Too many."], "__all__": ["Altostrat: Odd."]}
    assert failure.status == 422
    assert failure.title == "Altostrat cannot preview this change"
    assert (failure.upstream_message, failure.doc_url) == ("No.", "https://altostrat.io/why")


@pytest.mark.parametrize("status", [400, 409, 422])
def test_field_messages_are_read_whatever_the_status(status: int) -> None:
    body = b'{"message": "No.", "errors": {"email": ["Taken."]}}'
    error = error_from("PATCH", "/x", Reply(status, {"Content-Type": "application/json"}, body), None)

    assert error.fields == {"email": ("Taken.",)}


def test_reopened_form_keeps_what_others_changed_since(alice: Client, fresh_sandbox: Sandbox) -> None:
    for verb, address, ids, wanted in (
        (UPDATE, EDIT, IDS, {"email": "new@acme.example"}),
        ("workspace.update", RENAME, {"workspace_id": IDS["workspace_id"]}, {"description": "Mine"}),
    ):
        change = changes.prepare(alice_as_actor(), Draft(verb, ids, wanted))
        change_upstream_account(fresh_sandbox, {"phone": "+4930123456"})
        if verb == "workspace.update":
            change_upstream(fresh_sandbox, "PATCH", f"workspaces/{IDS['workspace_id']}", {"name": "Theirs"})
        form = form_values(alice.get(f"{address}?change={change.pk}"))
        answer = alice.post(address, form)
        row = Change.objects.get(pk=answer.headers["Location"].split("/")[2])

        assert changes.payload_of(alice_as_actor(), row).wanted == wanted


def test_messages_without_a_field_are_shown_above_the_form(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = refused(
        changes.prepare(alice_as_actor(), Draft(UPDATE, IDS, {"email": "x@y.example"})),
        currency=["It cannot be changed."],
        email=["It is taken."],
        address__city=["Unknown."],
    )
    answer = alice.get(f"{EDIT}?change={change.pk}")

    assert answer.status_code == 200
    assert "Altostrat: It cannot be changed." in html.alerts(answer)[0]
    assert html.field_error(answer, "email") == "Altostrat: It is taken."
    assert html.field_error(answer, "city") == "Altostrat: Unknown."


def test_messages_are_shown_at_new_pairs_and_products_to_remove(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    change_upstream_subscription(fresh_sandbox, {"add_products": {"sso": 1}})
    paired = refused(
        changes.prepare(
            alice_as_actor(), Draft("subscription.update_metadata", ACME, {"metadata.team": "north"})
        ),
        metadata__team=["Not this one."],
    )
    removed = refused(
        changes.prepare(
            alice_as_actor(),
            Draft("subscription.remove_products", ACME, {"product.sso": None, "product.users": None}),
        ),
        remove_products__1=["It is in use."],
    )

    page = alice.get(f"{CHANGE}metadata/?change={paired.pk}")
    assert html.field_error(page, "value.0") == "Altostrat: Not this one."
    page = alice.get(f"{CHANGE}remove/?change={removed.pk}")
    assert html.field_error(page, "product.users") == "Altostrat: It is in use."


def test_reason_and_ticket_are_kept_with_corrected_input(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = refused(changes.prepare(alice_as_actor(), Draft(UPDATE, IDS, {"email": "x@y.example"})))
    answer = submit(alice, f"{EDIT}?change={change.pk}", {"email": "better@y.example"})
    review = form_values(alice.get(answer.headers["Location"]))

    assert (review["reason"], review["ticket"]) == ("A long reason", "FIN-9")


def test_change_of_another_object_fills_no_form(alice: Client, fresh_sandbox: Sandbox) -> None:
    other = {**IDS, "billing_account_id": "cus_4w5g778bg26zcp1c", "workspace_id": "ws_ex6v0f7oxkpivd8q"}
    change = changes.prepare(alice_as_actor(), Draft(UPDATE, other, {"name": "Of another account"}))

    assert form_values(alice.get(f"{EDIT}?change={change.pk}"))["name"] != "Of another account"


def test_link_to_a_form_works_for_a_colleague(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = refused(changes.prepare(alice_as_actor(), Draft(UPDATE, IDS, {"name": "Of alice"})))
    colleague = client_of("erin", Role.EDITOR, FINANCE)
    page = colleague.get(f"{EDIT}?change={change.pk}")
    review = submit(colleague, f"{EDIT}?change={change.pk}", {"name": "Of erin"})

    assert "Of alice" not in page.text
    assert form_values(page)["name"] == "ACME Corp Billing"
    assert "The earlier input of this form is not yours" in html.text(page)
    assert review.status_code == 302
    assert Change.objects.get(pk=change.pk).state == "refused"


def test_unchanged_pairs_are_not_sent(alice: Client, fresh_sandbox: Sandbox) -> None:
    change_upstream_subscription(
        fresh_sandbox, {"metadata": {"padded": "  two spaces  ", "lines": "one\ntwo"}}
    )
    address = f"{CHANGE}metadata/"
    form = form_values(alice.get(address))
    assert form["metadata.padded"] == "  two spaces  "
    # A browser sends a field of one line without line breaks.
    form |= {"metadata.lines": "onetwo", "key.0": "new", "value.0": "x"}
    review = alice.post(address, form).headers["Location"]

    row = Change.objects.get(pk=review.split("/")[2])
    assert changes.payload_of(alice_as_actor(), row).body == {"metadata": {"new": "x"}}


@pytest.mark.parametrize(
    ("name", "most"), [("name", 100), ("email", 150), ("phone", 50), ("description", 200)]
)
def test_documented_lengths_are_checked_before_the_call(
    name: str, most: int, alice: Client, fresh_sandbox: Sandbox
) -> None:
    def text(length: int) -> str:
        # 64 letters at most before the sign, and parts of 63 at most after it.
        return f"{'a' * 60}@{'b' * 60}.{'c' * (length - 122 - 3)}.de" if name == "email" else "1" * length

    fine, long = submit(alice, EDIT, {name: text(most)}), submit(alice, EDIT, {name: text(most + 1)})
    assert fine.status_code == 302, html.text(fine)
    assert long.status_code == 422
    assert f"at most {most} characters" in html.field_error(long, name)


def test_new_account_needs_a_country(alice: Client, fresh_sandbox: Sandbox) -> None:
    answer = submit(alice, NEW, {"name": "Fresh", "email": "a@b.example", "currency": "eur"})

    assert answer.status_code == 422
    assert html.field_error(answer, "country") == "Choose the country of the billing address."


def test_canceled_subscription_cannot_be_canceled_again(alice: Client, fresh_sandbox: Sandbox) -> None:
    signed = Signature(reason="r", ticket="FIN-1", confirmation=ACME["subscription_id"])
    change = changes.prepare(alice_as_actor(), Draft("subscription.cancel", ACME, {}))
    assert html.select(alice.get(CHANGE), "a.pick-danger")
    changes.send(alice_as_actor(), change.pk, signed)
    page = alice.get(CHANGE)

    assert not html.select(page, "a.pick-danger")
    assert "Not possible: It was already canceled through this portal" in html.text(
        html.one(page, "#pick-cancel")
    )
    with pytest.raises(changes.NotReady, match="already canceled through this portal"):
        changes.prepare(alice_as_actor(), Draft("subscription.cancel", ACME, {}))


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        (EDIT, NAME),
        (f"{CHANGE}quantities/", {"product.cameras": "7"}),
        (f"{CHANGE}metadata/", {"metadata.order_id": "Typed", "key.0": "team", "value.0": "north"}),
        (
            "/workspaces/ws_ex6v0f7oxkpivd8q/organizations/new/",
            {"billing_account_id": "cus_4w5g778bg26zcp1c"},
        ),
    ],
    ids=["account", "quantities", "metadata", "organization"],
)
def test_expired_form_keeps_input_while_altostrat_is_unavailable(
    address: str, typed: dict[str, str], alice: Client, fresh_sandbox: Sandbox
) -> None:
    form = form_values(alice.get(address)) | typed | {"snapshot": "of another key"}
    fresh_sandbox.fault("close_before", "", method="GET", times=None)
    answer = alice.post(address, form)

    assert answer.status_code == 502
    assert "opened too long ago" in html.alerts(answer)[0]
    kept = form_values(answer)
    assert {name: kept.get(name) for name in typed} == typed
