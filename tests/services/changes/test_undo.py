"""Undo restores former values, once, and compares what others changed since."""

from __future__ import annotations

import pytest

from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Attempt, Draft
from billing.services.changes.kinds.subscriptions import METADATA, PAUSE, REPLACE
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import IDS, Prepare, change_upstream_account
from tests.services.changes.kinds import subscriptions
from tests.services.changes.kinds.subscriptions import ACME, SIGNED, prepare_change
from tests.services.changes.steps import change_upstream
from tests.services.changes.test_sending import NOW

State, Found = Change.State, Change.Found


def compared(actor: Actor, change: Change) -> list[tuple[str, str, str]]:
    """Return the fields that others changed: name, value that the change left, value now."""
    rows = changes.find_conflicts(Attempt.of(actor, change))
    return [(row.name, row.opened, row.now) for row in rows if row.is_theirs]


def test_undo_compares_with_the_values_that_were_sent(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = changes.send(erin, rename("Mine").pk, NOW)
    change_upstream_account(upstream, {"name": "Theirs, days later"})
    changes.check_status(erin, change.pk)
    back = changes.undo(erin, change.pk)

    assert compared(erin, back) == [("name", "Mine", "Theirs, days later")]
    assert changes.send(erin, back.pk, NOW).state == State.PREPARED
    assert upstream.writes() == []


def test_undo_of_workspaces_and_metadata_compares_with_the_sent_values(
    erin: Actor, upstream: Sandbox
) -> None:
    workspace = {"workspace_id": IDS["workspace_id"]}
    renamed = changes.prepare(erin, Draft("workspace.update", workspace, {"name": "Mine"}))
    changes.send(erin, renamed.pk, NOW)
    change_upstream(upstream, "PATCH", f"workspaces/{IDS['workspace_id']}", {"name": "Theirs"})
    changes.check_status(erin, renamed.pk)
    paired = changes.prepare(erin, Draft(METADATA.verb, ACME, {"metadata.order_id": "7000"}))
    changes.send(erin, paired.pk, NOW)
    subscriptions.change_upstream_subscription(upstream, {"metadata": {"order_id": "9999"}})
    changes.check_status(erin, paired.pk)

    assert compared(erin, changes.undo(erin, renamed.pk)) == [("name", "Mine", "Theirs")]
    assert compared(erin, changes.undo(erin, paired.pk)) == [("metadata.order_id", "7000", "9999")]


def test_undo_of_a_role_compares_with_the_sent_role(erin: Actor, upstream: Sandbox) -> None:
    ids = {"workspace_id": IDS["workspace_id"], "member_id": "auth0|64f5a6b7c8d9e0f1a2b3c4d5"}
    change = changes.prepare(erin, Draft("member.update", ids, {"role": "viewer"}))
    changes.send(erin, change.pk, NOW)
    member = f"workspaces/{IDS['workspace_id']}/members/auth0%7C64f5a6b7c8d9e0f1a2b3c4d5"
    change_upstream(upstream, "PATCH", member, {"role": "owner"})
    changes.check_status(erin, change.pk)

    assert compared(erin, changes.undo(erin, change.pk)) == [("role", "Viewer", "Owner")]


def test_undo_shows_a_default_that_somebody_changed_again(erin: Actor, upstream: Sandbox) -> None:
    mine, theirs = (upstream.add_payment_method(*IDS.values()) for _ in range(2))
    draft = Draft("payment_method.set_default", {**IDS, "payment_method_id": mine}, {})
    change = changes.send(erin, changes.prepare(erin, draft).pk, NOW)
    path = f"workspaces/{IDS['workspace_id']}/billing-accounts/{IDS['billing_account_id']}/payment-methods"
    assert compared(erin, changes.undo(erin, change.pk)) == []
    change_upstream(upstream, "PUT", f"{path}/{theirs}")
    ((name, opened, now),) = compared(erin, changes.undo(erin, change.pk))

    assert name == "default"
    assert mine in opened
    assert theirs in now


def test_undo_of_a_pause_expects_the_paused_status(erin: Actor, upstream: Sandbox) -> None:
    paused = changes.send(erin, prepare_change(erin, PAUSE).pk, SIGNED)
    resumed = changes.send(erin, changes.undo(erin, paused.pk).pk, SIGNED)

    assert resumed.state == State.SUCCEEDED
    assert compared(erin, changes.undo(erin, resumed.pk)) == []
    opened = changes.payload_of(erin, changes.undo(erin, resumed.pk)).opened
    assert opened == {"status": "active"}


def test_undone_change_cannot_be_undone_again(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = changes.send(erin, rename("Mine").pk, NOW)
    back = changes.undo(erin, change.pk)
    assert str(change.pk) in changes.undoable(erin, [str(change.pk)])
    changes.send(erin, back.pk, NOW)

    assert changes.find_inverse(Attempt.of(erin, change)) is None
    assert changes.undoable(erin, [str(change.pk)]) == frozenset()
    with pytest.raises(changes.NotReady, match="already undone"):
        changes.undo(erin, change.pk)
    Change.objects.filter(pk=back.pk).update(state=State.UNKNOWN, found=Found.APPLIED)
    assert changes.undoable(erin, [str(change.pk)]) == frozenset()
    Change.objects.filter(pk=back.pk).update(found=Found.NOT_APPLIED)
    assert changes.undoable(erin, [str(change.pk)]) == {str(change.pk)}


def test_undo_is_offered_only_where_it_is_possible(erin: Actor, upstream: Sandbox) -> None:
    added = changes.prepare(erin, Draft(METADATA.verb, ACME, {"metadata.team": "north"}))
    changes.send(erin, added.pk, NOW)
    less = changes.send(erin, prepare_change(erin, REPLACE, locations=9).pk, SIGNED)
    ids = [str(added.pk), str(less.pk)]
    possible = {str(row.pk) for row in (added, less) if _can_undo(erin, row)}

    assert str(added.pk) not in possible
    assert changes.undoable(erin, ids) == possible


def _can_undo(actor: Actor, change: Change) -> bool:
    change.refresh_from_db()
    return changes.find_inverse(Attempt.of(actor, change)) is not None


def test_changed_status_is_shown_without_a_choice(erin: Actor, upstream: Sandbox) -> None:
    change = prepare_change(erin, REPLACE, locations=12)
    subscriptions.change_upstream_subscription(upstream, {"action": "pause"})
    other = changes.send(erin, change.pk, SIGNED)
    conflicts = changes.find_conflicts(Attempt.of(erin, other))
    assert {row.name: row.is_fact for row in conflicts} == {"status": True, "product.locations": False}

    chosen = changes.resolve(erin, other.pk, {"status": "yours", "product.locations": "yours"})
    rows = changes.field_changes(Attempt.of(erin, chosen))
    assert [row.name for row in rows if row.is_changed] == ["product.locations"]
    with pytest.raises(changes.NothingToChange):
        changes.resolve(erin, other.pk, {"status": "yours", "product.locations": "now"})
