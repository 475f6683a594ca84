"""Changing the default payment method, detaching one, and requesting Stripe's form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from billing.altostrat.client import Answer
from billing.models import AuditEntry, Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Attempt, Draft, Incomplete, NothingToChange, NotReady, Signature
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import IDS
from tests.services.changes.steps import (
    ASSIGNED,
    change_upstream,
    list_upstream,
    prepare_and_send,
    refusal_of,
    sign_and_send,
)

State, Found = Change.State, Change.Found
DEFAULT, DETACH, SETUP = "payment_method.set_default", "payment_method.detach", "payment_method.setup_intent"
PATH = f"workspaces/{IDS['workspace_id']}/billing-accounts/{IDS['billing_account_id']}/payment-methods"
FIRST = "pm_a1b2c3d4e5f6g7h8"
FULL = {"workspace_id": ASSIGNED, "billing_account_id": "cus_izaumctstseorv3x"}  # five payment methods
PAUSED = {"workspace_id": ASSIGNED, "billing_account_id": "cus_z1wzsjtyaxo50ix8"}  # a paused subscription


def default_of(sandbox: Sandbox) -> str:
    return str(next(row["id"] for row in list_upstream(sandbox, PATH) if row["is_default"]))


def second(sandbox: Sandbox) -> str:
    return str(next(row["id"] for row in list_upstream(sandbox, PATH) if not row["is_default"]))


def test_default_is_changed_and_undo_restores_it(erin: Actor, upstream: Sandbox) -> None:
    other = second(upstream)
    upstream.clear()
    sent = prepare_and_send(erin, DEFAULT, {**IDS, "payment_method_id": other})

    assert sent.state == State.SUCCEEDED
    assert [(row["method"], row["path"]) for row in upstream.writes()] == [("PUT", f"/{PATH}/{other}")]
    assert default_of(upstream) == other
    rows = changes.field_changes(Attempt.of(erin, sent))
    assert [(row.label, row.before[:4], row.after[:10], row.is_different) for row in rows] == [
        ("Default", "Visa", "Mastercard", False)
    ]
    assert sign_and_send(erin, changes.undo(erin, sent.pk)).state == State.SUCCEEDED
    assert default_of(upstream) == FIRST


def test_present_default_is_not_sent_again(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(NothingToChange):
        prepare_and_send(erin, DEFAULT, {**IDS, "payment_method_id": FIRST})
    assert upstream.writes() == []


@pytest.mark.parametrize(
    ("fault", "found"), [("hang_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)]
)
def test_default_without_answer_is_checked(
    fault: str, found: Change.Found, erin: Actor, upstream: Sandbox
) -> None:
    row = changes.prepare(erin, Draft(DEFAULT, {**IDS, "payment_method_id": second(upstream)}, {}))
    upstream.fault(fault, method="PUT")
    sent = sign_and_send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, found)
    assert len(upstream.writes()) == 1


def test_detaching_needs_reason_and_last_four_digits(erin: Actor, upstream: Sandbox) -> None:
    other = second(upstream)
    upstream.clear()
    row = changes.prepare(erin, Draft(DETACH, {**IDS, "payment_method_id": other}, {}))
    with pytest.raises(Incomplete) as missing:
        changes.send(erin, row.pk, Signature(confirmation="4242"))
    assert set(missing.value.fields) == {"reason", "ticket", "confirmation"}
    assert upstream.writes() == []

    sent = changes.send(
        erin, row.pk, Signature(reason="Left the company", ticket="FIN-1", confirmation="5454")
    )
    assert sent.state == State.SUCCEEDED
    assert changes.payload_of(erin, sent).is_gone
    assert [row["id"] for row in list_upstream(upstream, PATH)] == [FIRST]


def test_only_method_and_default_in_use_cannot_be_detached(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(NotReady, match="default of active subscriptions"):
        prepare_and_send(erin, DETACH, {**IDS, "payment_method_id": FIRST})
    change_upstream(upstream, "DELETE", f"{PATH}/{second(upstream)}")
    with pytest.raises(NotReady, match="only payment method"):
        prepare_and_send(erin, DETACH, {**IDS, "payment_method_id": FIRST})
    assert upstream.writes() == []


def test_altostrat_decides_which_subscriptions_are_active(erin: Actor, upstream: Sandbox) -> None:
    place = f"workspaces/{PAUSED['workspace_id']}/billing-accounts/{PAUSED['billing_account_id']}"
    upstream.add_payment_method(PAUSED["workspace_id"], PAUSED["billing_account_id"])
    default = next(
        row["id"] for row in list_upstream(upstream, f"{place}/payment-methods") if row["is_default"]
    )
    upstream.clear()
    sent = prepare_and_send(erin, DETACH, {**PAUSED, "payment_method_id": default})

    code = "cannot_detach_default_with_subscriptions"
    assert sent.state == State.REFUSED
    assert refusal_of(erin, sent) == (code, f"https://docs.altostrat.io/errors/{code}")
    assert len(upstream.writes()) == 1


@pytest.mark.parametrize(
    ("fault", "found"), [("close_after", Found.APPLIED), ("status:503", Found.NOT_APPLIED)]
)
def test_detaching_without_answer_is_checked(
    fault: str, found: Change.Found, erin: Actor, upstream: Sandbox
) -> None:
    row = changes.prepare(erin, Draft(DETACH, {**IDS, "payment_method_id": second(upstream)}, {}))
    upstream.fault(fault, method="DELETE")
    sent = sign_and_send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, found)
    assert len(upstream.writes()) == 1


@pytest.mark.parametrize("verb", [DEFAULT, DETACH, SETUP])
def test_method_that_a_truncated_list_lacks_may_exist(verb: str, erin: Actor, upstream: Sandbox) -> None:
    ids = IDS if verb == SETUP else {**IDS, "payment_method_id": second(upstream)}
    row = changes.prepare(erin, Draft(verb, ids, {}))
    upstream.fault("close_before", method="POST" if verb == SETUP else "DELETE" if verb == DETACH else "PUT")
    methods = list_upstream(upstream, PATH)
    upstream.fault("status:200", "/payment-methods$", method="GET", document={"data": methods})
    rows = methods if verb == SETUP else []
    upstream.says("/payment-methods$", {"data": rows, "has_more": True})
    sent = sign_and_send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, Found.CANNOT_TELL)
    assert not changes.payload_of(erin, sent).is_gone


def test_only_method_of_a_truncated_list_may_have_others(erin: Actor, upstream: Sandbox) -> None:
    upstream.says("/payment-methods$", {"data": [{"id": FIRST}], "has_more": True})
    row = changes.prepare(erin, Draft(DETACH, {**IDS, "payment_method_id": FIRST}, {}))

    assert changes.payload_of(erin, row).before["_count"] == 2


def test_secret_of_a_setup_intent_is_returned_once_and_not_stored(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(SETUP, IDS, {}))
    taken: list[Answer[Any]] = []
    sent = changes.send(erin, row.pk, Signature(), on_answer=taken.append)
    changes.send(erin, row.pk, Signature(), on_answer=taken.append)
    changes.send(erin, row.pk, Signature(), attempts=1, on_answer=taken.append)

    assert [answer.value.publishable_key[:3] for answer in taken] == ["pk_"]
    secret = taken[0].value.client_secret
    assert sent.state == State.SUCCEEDED
    assert len(upstream.writes()) == 1
    assert secret not in repr(changes.payload_of(erin, sent))
    assert secret not in repr(taken)
    assert secret not in json.dumps(list(AuditEntry.objects.values()), default=str)


@pytest.mark.parametrize("fault", ["hang_after", "garbage_after", "close_before"])
def test_setup_intent_without_answer_added_nothing(
    fault: str, erin: Actor, upstream: Sandbox, client: Client
) -> None:
    row = changes.prepare(erin, Draft(SETUP, IDS, {}))
    taken: list[Answer[Any]] = []
    upstream.fault(fault, method="POST")
    sent = changes.send(erin, row.pk, Signature(), on_answer=taken.append)

    assert (sent.state, sent.found, taken) == (State.UNKNOWN, Found.NOT_APPLIED, [])
    assert len(upstream.writes()) == 1
    client.force_login(erin.user)
    page = client.get(f"/changes/{sent.pk}/").content.decode()
    assert "No payment method was added. Altostrat may have created the form" in page
    assert "probably not applied" not in page


def test_account_has_at_most_five_payment_methods(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(NotReady, match="can have 5 payment methods"):
        changes.prepare(erin, Draft(SETUP, FULL, {}))
    assert upstream.writes() == []
