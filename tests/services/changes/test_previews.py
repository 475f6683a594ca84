"""Nothing that moves money is sent without a preview: a fresh one, of the very same."""

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
    asked,
    elsewhere,
    prepared,
    quantities,
    sent,
)

State = Change.State


def _asked(erin: Actor, change: Change) -> dict[str, object]:
    preview = changes.payload_of(erin, change).preview
    assert preview is not None
    return dict(preview["body"])


def test_a_preview_asks_for_the_very_quantities_and_removes_by_zero(erin: Actor) -> None:
    of = {"subscription_id": ACME["subscription_id"]}
    locations = {"product_type": "locations", "quantity": 10, "interval": "month"}

    assert _asked(erin, prepared(erin, REPLACE, users=60)) == of | {
        "items": [locations, {"product_type": "users", "quantity": 60, "interval": "month"}]
    }
    assert _asked(erin, prepared(erin, REMOVE, users=None)) == of | {
        "items": [locations, {"product_type": "users", "quantity": 0, "interval": "month"}]
    }
    assert _asked(erin, prepared(erin, CANCEL)) == of | {"cancel_subscription": True}


def test_what_moves_no_money_needs_none(erin: Actor, upstream: Sandbox) -> None:
    for kind in (PAUSE, METADATA):
        assert not kind.needs_preview
    prepared(erin, PAUSE)
    assert asked(upstream) == []


def test_an_old_preview_sends_nothing_and_a_new_one_does(erin: Actor, upstream: Sandbox) -> None:
    change = prepared(erin, ADD, sso=1)
    payload = changes.payload_of(erin, change)
    assert payload.preview is not None
    then = (timezone.now() - timedelta(minutes=5, seconds=1)).isoformat()
    aged = payload.with_(preview=payload.preview | {"at": then})
    Change.objects.filter(pk=change.pk).update(envelope=aged.sealed_for(change))

    with pytest.raises(changes.NotReady, match="older than five minutes"):
        changes.send(erin, change.pk, SIGNED)
    assert sent(upstream) == []
    fresh = changes.repeat(erin, change.pk, reason="typed", ticket="FIN-9")
    assert (fresh.reason, fresh.ticket) == ("typed", "FIN-9")
    assert changes.send(erin, fresh.pk, SIGNED).state == State.SUCCEEDED
    assert len(sent(upstream)) == 1
    change.refresh_from_db()
    assert change.state == State.ABANDONED


def test_a_preview_of_other_quantities_sends_nothing(erin: Actor, upstream: Sandbox) -> None:
    change, other = prepared(erin, REPLACE, locations=11), prepared(erin, REPLACE, locations=12)
    swapped = changes.payload_of(erin, change).with_(preview=changes.payload_of(erin, other).preview)
    Change.objects.filter(pk=change.pk).update(envelope=swapped.sealed_for(change))

    with pytest.raises(changes.NotReady, match="for other values than those that would be sent"):
        changes.send(erin, change.pk, SIGNED)
    assert sent(upstream) == []


def test_what_changed_underneath_is_compared_and_previewed_anew(erin: Actor, upstream: Sandbox) -> None:
    change = prepared(erin, REPLACE, locations=12)
    elsewhere(upstream, {"product_quantities": {"locations": 11, "users": 55}})
    other = changes.send(erin, change.pk, SIGNED)

    assert other.pk != change.pk
    assert sent(upstream) == []
    chosen = changes.resolve(erin, other.pk, {"product.locations": "yours", "product.users": "now"})
    items = {"product_type": "users", "quantity": 55, "interval": "month"}
    assert items in _asked(erin, chosen)["items"]  # type: ignore[operator]
    assert changes.send(erin, chosen.pk, SIGNED).state == State.SUCCEEDED
    assert sent(upstream) == [{"PATCH": {"product_quantities": {"locations": 12, "users": 55}}}]
    assert quantities(upstream) == {"locations": 12, "users": 55}


def test_a_preview_that_altostrat_refuses_makes_no_change(erin: Actor, upstream: Sandbox) -> None:
    upstream.fault("status:422", "/invoices/preview$")
    with pytest.raises(Invalid):
        prepared(erin, ADD, sso=1)

    assert not Change.objects.exists()
    assert sent(upstream) == []


def test_the_same_form_sent_twice_is_one_change_with_one_preview(erin: Actor, upstream: Sandbox) -> None:
    first = prepared(erin, ADD, sso=1)
    opened = changes.payload_of(erin, first).opened
    draft = changes.Draft(ADD.verb, ACME, {"product.sso": 1}, opened=opened)
    again = changes.prepare(erin, draft, change_id=first.pk)

    assert again.pk == first.pk
    assert len(asked(upstream)) == 1


def test_nothing_of_a_preview_is_readable_in_the_row(erin: Actor) -> None:
    change = prepared(erin, ADD, sso=1)
    preview = changes.payload_of(erin, change).preview
    assert preview is not None
    change.refresh_from_db()
    assert preview["invoice"]["id"] not in change.envelope
    assert not previews.is_expired(preview)
