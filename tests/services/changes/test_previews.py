"""A change that costs money needs a recent preview of exactly this change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.altostrat.errors import Invalid
from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import previews
from billing.services.changes.kinds.subscriptions import ADD, CANCEL, METADATA, PAUSE, REMOVE, REPLACE
from tests.plugins.processes import Sandbox
from tests.services.changes.kinds.subscriptions import (
    ACME,
    SIGNED,
    change_upstream_subscription,
    prepare_change,
    received_previews,
    received_writes,
    upstream_quantities,
)

State = Change.State


def _asked(erin: Actor, change: Change) -> dict[str, object]:
    preview = changes.payload_of(erin, change).preview
    assert preview is not None
    return dict(preview["body"])


def test_preview_asks_for_the_quantities_and_removes_with_zero(erin: Actor) -> None:
    of = {"subscription_id": ACME["subscription_id"]}
    locations = {"product_type": "locations", "quantity": 10, "interval": "month"}

    assert _asked(erin, prepare_change(erin, REPLACE, users=60)) == of | {
        "items": [locations, {"product_type": "users", "quantity": 60, "interval": "month"}]
    }
    assert _asked(erin, prepare_change(erin, REMOVE, users=None)) == of | {
        "items": [locations, {"product_type": "users", "quantity": 0, "interval": "month"}]
    }
    assert _asked(erin, prepare_change(erin, CANCEL)) == of | {"cancel_subscription": True}


def test_change_that_moves_no_money_needs_no_preview(erin: Actor, upstream: Sandbox) -> None:
    for kind in (PAUSE, METADATA):
        assert not kind.needs_preview
    prepare_change(erin, PAUSE)
    assert received_previews(upstream) == []


def test_expired_preview_sends_nothing_and_a_new_one_does(erin: Actor, upstream: Sandbox) -> None:
    change = prepare_change(erin, ADD, sso=1)
    payload = changes.payload_of(erin, change)
    assert payload.preview is not None
    then = (timezone.now() - timedelta(minutes=5, seconds=1)).isoformat()
    aged = payload.with_values(preview=payload.preview | {"at": then})
    Change.objects.filter(pk=change.pk).update(envelope=aged.sealed_for(change))

    with pytest.raises(changes.NotReady, match="older than five minutes"):
        changes.send(erin, change.pk, SIGNED)
    assert received_writes(upstream) == []
    fresh = changes.repeat(erin, change.pk, reason="typed", ticket="FIN-9")
    assert (fresh.reason, fresh.ticket) == ("typed", "FIN-9")
    assert changes.send(erin, fresh.pk, SIGNED).state == State.SUCCEEDED
    assert len(received_writes(upstream)) == 1
    change.refresh_from_db()
    assert change.state == State.ABANDONED


def test_preview_of_other_quantities_sends_nothing(erin: Actor, upstream: Sandbox) -> None:
    change, other = prepare_change(erin, REPLACE, locations=11), prepare_change(erin, REPLACE, locations=12)
    swapped = changes.payload_of(erin, change).with_values(preview=changes.payload_of(erin, other).preview)
    Change.objects.filter(pk=change.pk).update(envelope=swapped.sealed_for(change))

    with pytest.raises(changes.NotReady, match="for different values than those to be sent"):
        changes.send(erin, change.pk, SIGNED)
    assert received_writes(upstream) == []


def test_changed_quantities_are_compared_and_previewed_again(erin: Actor, upstream: Sandbox) -> None:
    change = prepare_change(erin, REPLACE, locations=12)
    change_upstream_subscription(upstream, {"product_quantities": {"locations": 11, "users": 55}})
    other = changes.send(erin, change.pk, SIGNED)

    assert other.pk != change.pk
    assert received_writes(upstream) == []
    chosen = changes.resolve(erin, other.pk, {"product.locations": "yours", "product.users": "now"})
    items = {"product_type": "users", "quantity": 55, "interval": "month"}
    assert items in _asked(erin, chosen)["items"]  # type: ignore[operator]
    assert changes.send(erin, chosen.pk, SIGNED).state == State.SUCCEEDED
    assert received_writes(upstream) == [{"PATCH": {"product_quantities": {"locations": 12, "users": 55}}}]
    assert upstream_quantities(upstream) == {"locations": 12, "users": 55}


def test_refused_preview_stores_no_change(erin: Actor, upstream: Sandbox) -> None:
    upstream.fault("status:422", "/invoices/preview$")
    with pytest.raises(Invalid):
        prepare_change(erin, ADD, sso=1)

    assert not Change.objects.exists()
    assert received_writes(upstream) == []


def test_same_form_sent_twice_is_one_change_with_one_preview(erin: Actor, upstream: Sandbox) -> None:
    first = prepare_change(erin, ADD, sso=1)
    opened = changes.payload_of(erin, first).opened
    draft = changes.Draft(ADD.verb, ACME, {"product.sso": 1}, opened=opened)
    again = changes.prepare(erin, draft, change_id=first.pk)

    assert again.pk == first.pk
    assert len(received_previews(upstream)) == 1


def test_preview_is_sealed(erin: Actor) -> None:
    change = prepare_change(erin, ADD, sso=1)
    preview = changes.payload_of(erin, change).preview
    assert preview is not None
    change.refresh_from_db()
    assert preview["invoice"]["id"] not in change.envelope
    assert not previews.is_expired(preview)
