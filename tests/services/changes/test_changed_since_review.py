"""If the object has changed since the review, the change is reviewed again before it is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Signature, preconditions
from billing.services.changes.kinds.subscriptions import CANCEL, CREATE
from billing.services.changes.payload import Payload
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import Prepare, change_upstream_account
from tests.services.changes.kinds import subscriptions
from tests.services.changes.kinds.subscriptions import ACME, SIGNED, TRIAL, prepare_change, received_writes
from tests.services.changes.steps import change_upstream, list_upstream
from tests.services.changes.test_sending import NOW

State = Change.State
CANCELING = Signature(reason="closing", ticket="FIN-2", confirmation=ACME["subscription_id"])
ACCOUNT = f"workspaces/{TRIAL['workspace_id']}/billing-accounts/{TRIAL['billing_account_id']}"


def as_reviewed(change: Change, **facts: Any) -> None:
    """Store other facts in the review, as if Altostrat had returned them then."""
    payload = Payload.of(change)
    changed = payload.with_values(before={**payload.before, **facts})
    Change.objects.filter(pk=change.pk).update(envelope=changed.sealed_for(change))


def test_trial_that_is_no_longer_available_is_reviewed_again(
    erin: Actor, upstream: Sandbox, client: Client
) -> None:
    change = prepare_change(erin, CREATE, TRIAL, locations=5)
    assert "trial of 14 days" in CREATE.consequences(changes.payload_of(erin, change))[0]
    method = upstream.add_payment_method(TRIAL["workspace_id"], TRIAL["billing_account_id"])
    change_upstream(upstream, "PUT", f"{ACCOUNT}/payment-methods/{method}")
    change_upstream(upstream, "POST", f"{ACCOUNT}/subscriptions", {"product_quantities": {"users": 1}})
    other = changes.send(erin, change.pk, SIGNED)

    assert received_writes(upstream) == []
    assert other.pk != change.pk
    assert "There is no trial" in CREATE.consequences(changes.payload_of(erin, other))[0]
    client.force_login(erin.user)
    assert "new since you opened the form" in client.get(f"/changes/{other.pk}/").content.decode()
    assert changes.send(erin, other.pk, SIGNED).state == State.SUCCEEDED


def test_cancellation_with_another_date_is_reviewed_again(erin: Actor, upstream: Sandbox) -> None:
    change = prepare_change(erin, CANCEL)
    as_reviewed(change, _period_end="2020-01-01T00:00:00+00:00")
    other = changes.send(erin, change.pk, CANCELING)

    assert received_writes(upstream) == []
    assert other.pk != change.pk
    assert changes.send(erin, other.pk, CANCELING).state == State.SUCCEEDED


def test_changed_object_gets_a_new_preview(erin: Actor, upstream: Sandbox) -> None:
    change = prepare_change(erin, CANCEL)
    first = changes.payload_of(erin, change).preview
    subscriptions.change_upstream_subscription(
        upstream, {"product_quantities": {"locations": 99, "users": 99}}
    )
    other = changes.send(erin, change.pk, CANCELING)

    preview = changes.payload_of(erin, other).preview
    assert first is not None
    assert preview is not None
    assert preview["at"] > first["at"]


def test_change_is_not_sent_when_its_new_preview_fails(erin: Actor, upstream: Sandbox) -> None:
    change = prepare_change(erin, CANCEL)
    as_reviewed(change, _period_end="2020-01-01T00:00:00+00:00")
    upstream.fault("status:422", "/invoices/preview", method="POST", times=None)
    other = changes.send(erin, change.pk, CANCELING)
    upstream.no_faults()

    attempt = changes.Attempt.of(erin, other)
    assert attempt.payload.preview is None
    assert "no preview" in preconditions.blocked_reason(attempt)
    with pytest.raises(changes.NotReady, match="no preview"):
        changes.send(erin, other.pk, CANCELING)
    assert received_writes(upstream) == []


def test_change_that_has_become_impossible_is_not_sent(erin: Actor, upstream: Sandbox) -> None:
    ids = {name: ACME[name] for name in ("workspace_id", "billing_account_id")}
    change = prepare_change(erin, CREATE, ids, users=1)
    path = f"workspaces/{ids['workspace_id']}/billing-accounts/{ids['billing_account_id']}/subscriptions"
    while len(list_upstream(upstream, path)) < 3:
        change_upstream(upstream, "POST", path, {"product_quantities": {"users": 1}})
    upstream.clear()
    with pytest.raises(changes.NotReady, match="can have 3 active subscriptions"):
        changes.send(erin, change.pk, SIGNED)

    assert received_writes(upstream) == []


def test_change_that_somebody_else_made_is_not_sent(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename("Renamed")
    change_upstream_account(upstream, {"name": "Renamed"})
    with pytest.raises(changes.NothingToChange):
        changes.send(erin, change.pk, NOW)
    assert upstream.writes() == []


def test_default_that_somebody_else_set_is_not_sent(erin: Actor, upstream: Sandbox) -> None:
    ids = {"workspace_id": ACME["workspace_id"], "billing_account_id": ACME["billing_account_id"]}
    method = upstream.add_payment_method(*ids.values())
    draft = changes.Draft("payment_method.set_default", {**ids, "payment_method_id": method}, {})
    change = changes.prepare(erin, draft)
    path = f"workspaces/{ids['workspace_id']}/billing-accounts/{ids['billing_account_id']}/payment-methods/{method}"
    change_upstream(upstream, "PUT", path)
    with pytest.raises(changes.NothingToChange):
        changes.send(erin, change.pk, NOW)
    assert upstream.writes() == []
