"""What was typed into the form of a change stays, whatever fails; and Altostrat's words land at their fields."""

from __future__ import annotations

import html
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from billing.altostrat.error_responses import error_from
from billing.altostrat.errors import Invalid
from billing.altostrat.http.transport import Reply
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.models import Change, User
from billing.pages.changes.submit import explain
from billing.pages.subscriptions.metadata_forms import NewSubscriptionForm
from billing.services import changes
from billing.services.actor import Actor, Door, granted_to
from billing.services.changes import Draft, Signature
from billing.services.changes.payload import Payload
from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import IDS, UPDATE, elsewhere
from tests.services.changes.deeds import behind_our_back
from tests.services.changes.kinds.subscriptions import ACME, TRIAL
from tests.services.changes.kinds.subscriptions import elsewhere as behind

EDIT, NEW = f"{DOCUMENTED}edit/", "/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/new/"
CHANGE = f"{DOCUMENTED}subscriptions/{ACME['subscription_id']}/change/"
SUBSCRIBE = (
    f"/workspaces/{TRIAL['workspace_id']}/billing-accounts/{TRIAL['billing_account_id']}/subscriptions/new/"
)
RENAME = f"/workspaces/{IDS['workspace_id']}/edit/"


def values(page: str) -> dict[str, str]:
    """What the page's form would send as it stands."""
    form = page[page.index("data-once") :]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found.setdefault(name[1], html.unescape(value[1]) if value else "")
    for name, text in re.findall(r'<textarea name="([^"]*)"[^>]*>\n?([^<]*)', form):
        found[name] = html.unescape(text).strip()
    for name, options in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def posted(client: Client, address: str, **typed: str) -> Any:
    """The form at that address sent with something typed into it."""
    return client.post(address, values(client.get(address).text) | typed)


def alices() -> Actor:
    """alice, as the services know her."""
    user = User.objects.get(username="alice")
    return Actor(user, Door.PAGE, granted_to(user))


def refused(change: Change, **fields: list[str]) -> Change:
    """As if Altostrat had refused it with words about these fields."""
    said = {
        "message": "No.",
        "code": None,
        "doc_url": None,
        "fields": {k.replace("__", "."): v for k, v in fields.items()},
    }
    contents = Payload.of(change).with_(refusal=said)
    envelope = contents.sealed_for(change)
    Change.objects.filter(pk=change.pk).update(
        state="refused", envelope=envelope, reason="A long reason", ticket="FIN-9"
    )
    return change


def error_at(page: str, name: str) -> str:
    """The message at a field."""
    found = re.search(rf'id="id_{re.escape(name)}_error">.*?<span>(.*?)</span>', page, re.S)
    return html.unescape(found[1]) if found else ""


@pytest.mark.parametrize(
    ("address", "typed", "fault", "status"),
    [
        (EDIT, {"name": "Typed by hand"}, ("close_before", "", "GET"), 502),
        (EDIT, {"name": "Typed by hand"}, ("status:401", "", "GET"), 424),
        (EDIT, {"name": "Typed by hand"}, ("status:429", "", "GET"), 429),
        (
            NEW,
            {
                "name": "Typed by hand",
                "email": "a@b.example",
                "currency": "eur",
                "country": "HK",
                "line1": "1 Road",
                "state": "Kowloon",
            },
            ("close_before", "", "GET"),
            502,
        ),
        (RENAME, {"name": "Typed by hand"}, ("close_before", "", "GET"), 502),
        (f"{CHANGE}quantities/", {"product.locations": "987654"}, ("close_before", "", "GET"), 502),
        (
            f"{CHANGE}quantities/",
            {"product.locations": "987654"},
            ("status:409", "/invoices/preview", "POST"),
            409,
        ),
        (
            f"{CHANGE}quantities/",
            {"product.locations": "987654"},
            ("status:400", "/invoices/preview", "POST"),
            400,
        ),
        (
            f"{CHANGE}quantities/",
            {"product.locations": "987654"},
            ("status:503", "/invoices/preview", "POST"),
            503,
        ),
        (
            f"{CHANGE}quantities/",
            {"product.locations": "987654"},
            ("status:422", "/invoices/preview", "POST"),
            422,
        ),
        (SUBSCRIBE, {"product.locations": "987654"}, ("status:503", "/invoices/preview", "POST"), 503),
        (SUBSCRIBE, {"product.locations": "987654"}, ("close_before", "", "GET"), 502),
    ],
)
def test_what_was_typed_stays_with_what_failed(
    address: str,
    typed: dict[str, str],
    fault: tuple[str, str, str],
    status: int,
    alice: Client,
    fresh_sandbox: Sandbox,
) -> None:
    form = values(alice.get(address).text) | typed
    does, path, method = fault
    fresh_sandbox.fault(does, path, method=method, times=None)
    answer = alice.post(address, form)
    fresh_sandbox.no_faults()

    assert answer.status_code == status
    kept = values(answer.text)
    assert {name: kept.get(name) for name in form if name not in ("csrfmiddlewaretoken",)} == {
        name: value for name, value in form.items() if name != "csrfmiddlewaretoken"
    }
    assert "Nothing was changed. Your input is still here." in answer.text
    again = alice.post(address, {**kept})
    assert again.status_code == 302
    assert fresh_sandbox.writes() == []


def test_words_about_a_preview_land_at_the_product_they_number() -> None:
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
def test_words_about_fields_are_read_whatever_the_status(status: int) -> None:
    body = b'{"message": "No.", "errors": {"email": ["Taken."]}}'
    error = error_from("PATCH", "/x", Reply(status, {"Content-Type": "application/json"}, body), None)

    assert error.fields == {"email": ("Taken.",)}


def test_what_others_changed_since_stays_when_the_form_is_opened_again(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    for verb, address, ids, wanted in (
        (UPDATE, EDIT, IDS, {"email": "new@acme.example"}),
        ("workspace.update", RENAME, {"workspace_id": IDS["workspace_id"]}, {"description": "Mine"}),
    ):
        change = changes.prepare(alices(), Draft(verb, ids, wanted))
        elsewhere(fresh_sandbox, {"phone": "+4930123456"})
        if verb == "workspace.update":
            behind_our_back(fresh_sandbox, "PATCH", f"workspaces/{IDS['workspace_id']}", {"name": "Theirs"})
        form = values(alice.get(f"{address}?change={change.pk}").text)
        answer = alice.post(address, form)
        row = Change.objects.get(pk=answer.headers["Location"].split("/")[2])

        assert changes.payload_of(alices(), row).wanted == wanted


def test_words_about_what_the_form_has_no_field_for_stand_on_top(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    change = refused(
        changes.prepare(alices(), Draft(UPDATE, IDS, {"email": "x@y.example"})),
        currency=["It cannot be changed."],
        email=["It is taken."],
        address__city=["Unknown."],
    )
    answer = alice.get(f"{EDIT}?change={change.pk}")

    assert answer.status_code == 200
    assert "Altostrat: It cannot be changed." in answer.text
    assert error_at(answer.text, "email") == "Altostrat: It is taken."
    assert error_at(answer.text, "city") == "Altostrat: Unknown."


def test_words_land_at_new_pairs_and_at_what_is_to_go(alice: Client, fresh_sandbox: Sandbox) -> None:
    behind(fresh_sandbox, {"add_products": {"sso": 1}})
    paired = refused(
        changes.prepare(alices(), Draft("subscription.update_metadata", ACME, {"metadata.team": "north"})),
        metadata__team=["Not this one."],
    )
    going = refused(
        changes.prepare(
            alices(),
            Draft("subscription.remove_products", ACME, {"product.sso": None, "product.users": None}),
        ),
        remove_products__1=["It is in use."],
    )

    page = alice.get(f"{CHANGE}metadata/?change={paired.pk}").text
    assert error_at(page, "value.0") == "Altostrat: Not this one."
    page = alice.get(f"{CHANGE}remove/?change={going.pk}").text
    assert error_at(page, "product.users") == "Altostrat: It is in use."


def test_reason_and_ticket_go_along_with_corrected_input(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = refused(changes.prepare(alices(), Draft(UPDATE, IDS, {"email": "x@y.example"})))
    answer = posted(alice, f"{EDIT}?change={change.pk}", email="better@y.example")
    review = alice.get(answer.headers["Location"]).text

    assert "A long reason" in review
    assert 'value="FIN-9"' in review


def test_a_change_of_something_else_fills_no_form(alice: Client, fresh_sandbox: Sandbox) -> None:
    other = {**IDS, "billing_account_id": "cus_4w5g778bg26zcp1c", "workspace_id": "ws_ex6v0f7oxkpivd8q"}
    change = changes.prepare(alices(), Draft(UPDATE, other, {"name": "Of another account"}))

    assert "Of another account" not in alice.get(f"{EDIT}?change={change.pk}").text


def test_pairs_that_nobody_touched_are_not_sent(alice: Client, fresh_sandbox: Sandbox) -> None:
    behind(fresh_sandbox, {"metadata": {"padded": "  two spaces  ", "lines": "one\ntwo"}})
    address = f"{CHANGE}metadata/"
    form = values(alice.get(address).text)
    assert form["metadata.padded"] == "  two spaces  "
    form |= {
        "metadata.lines": "onetwo",
        "key.0": "new",
        "value.0": "x",
    }  # as a browser sends a field of one line
    review = alice.post(address, form).headers["Location"]

    row = Change.objects.get(pk=review.split("/")[2])
    assert changes.payload_of(alices(), row).body == {"metadata": {"new": "x"}}


@pytest.mark.parametrize(
    ("name", "most"), [("name", 100), ("email", 150), ("phone", 50), ("description", 200)]
)
def test_documented_lengths_are_checked_before_anything_is_sent(
    name: str, most: int, alice: Client, fresh_sandbox: Sandbox
) -> None:
    def text(length: int) -> str:
        # 64 letters at most before the sign, and parts of 63 at most after it.
        return f"{'a' * 60}@{'b' * 60}.{'c' * (length - 122 - 3)}.de" if name == "email" else "1" * length

    fine, long = posted(alice, EDIT, **{name: text(most)}), posted(alice, EDIT, **{name: text(most + 1)})
    assert fine.status_code == 302, error_at(fine.text, name)
    assert long.status_code == 422
    assert f"at most {most} characters" in error_at(long.text, name)


def test_a_new_account_needs_a_country(alice: Client, fresh_sandbox: Sandbox) -> None:
    answer = posted(alice, NEW, name="Fresh", email="a@b.example", currency="eur")

    assert answer.status_code == 422
    assert error_at(answer.text, "country") == "Choose the country of the billing address."


def test_an_ended_subscription_says_that_it_cannot_be_cancelled(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    signed = Signature(reason="r", ticket="FIN-1", confirmation=ACME["subscription_id"])
    change = changes.prepare(alices(), Draft("subscription.cancel", ACME, {}))
    assert "pick pick-danger" in alice.get(CHANGE).text
    changes.send(alices(), change.pk, signed)
    page = alice.get(CHANGE).text

    assert "pick pick-danger" not in page
    assert "Not possible: It was cancelled through this portal already, and ends with its period." in page
    with pytest.raises(changes.NotReady, match="cancelled through this portal already"):
        changes.prepare(alices(), Draft("subscription.cancel", ACME, {}))


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        (EDIT, {"name": "Typed by hand"}),
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
    form = values(alice.get(address).text) | typed | {"snapshot": "of another key"}
    fresh_sandbox.fault("close_before", "", method="GET", times=None)
    answer = alice.post(address, form)

    assert answer.status_code == 502
    assert "opened too long ago" in answer.text
    kept = values(answer.text)
    assert {name: kept.get(name) for name in typed} == typed
