"""Everyone's unknown outcomes are settled by reads, and nothing is sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import AuditEntry, Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import OutcomeUnknown, Settled, Signature
from billing.services.maintenance.state_counts import all_counts
from billing.services.people import staff
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import Prepare, change_upstream_account

State, Found = Change.State, Change.Found


def unknown(erin: Actor, rename: Prepare, upstream: Sandbox, fault: str) -> Change:
    """Send a change whose answer is lost, a few minutes ago, without the status check that follows."""
    upstream.fault(fault, method="PATCH")
    change = changes.send(erin, rename("Renamed").pk, Signature())
    upstream.no_faults()
    upstream.clear()
    earlier = timezone.now() - timedelta(minutes=20)
    Change.objects.filter(pk=change.pk).update(sent_at=earlier, looked_at=None, found="")
    return change


def read_early(erin: Actor, rename: Prepare, upstream: Sandbox) -> Change:
    """Send a change that arrives after a read has found that it was not applied."""
    change = unknown(erin, rename, upstream, "close_before")
    change.refresh_from_db()
    assert change.sent_at is not None
    change.found, change.looked_at = Found.NOT_APPLIED, change.sent_at + timedelta(seconds=5)
    change.save()
    change_upstream_account(upstream, {"name": "Renamed"})
    return change


@pytest.mark.parametrize(
    ("fault", "found", "settled"),
    [
        ("close_after", Found.APPLIED, Settled(applied=1)),
        ("close_before", Found.NOT_APPLIED, Settled(not_applied=1)),
    ],
)
def test_read_settles_it(
    fault: str, found: str, settled: Settled, erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = unknown(erin, rename, upstream, fault)

    assert changes.settle_unknown() == settled
    change.refresh_from_db()
    assert (change.state, change.found) == (State.UNKNOWN, found)
    assert changes.settle_unknown() == Settled()
    assert upstream.writes() == []


def test_change_that_arrives_after_an_early_read_is_found(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    read_early(erin, rename, upstream)

    assert changes.settle_unknown() == Settled(applied=1)
    assert changes.settle_unknown() == Settled()


def test_early_read_is_repeated_when_the_change_is_shown(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = read_early(erin, rename, upstream)

    shown = changes.check_status_once(erin, change)

    assert shown.found == Found.APPLIED
    upstream.clear()
    changes.check_status_once(erin, shown)
    assert upstream.requests() == []


@pytest.mark.parametrize(
    ("days", "found", "state"),
    [
        (1, Found.CANNOT_TELL, "unknown"),
        (15, Found.CANNOT_TELL, "undetermined"),
        (15, Found.APPLIED, "settled"),
    ],
)
def test_metric_of_unknown_outcomes_ends_with_the_reads(
    days: int, found: str, state: str, erin: Actor, rename: Prepare
) -> None:
    ago = timezone.now() - timedelta(days=days)
    rows = Change.objects.filter(pk=rename("Lost").pk)
    rows.update(state=State.UNKNOWN, found=found, attempts=1, sent_at=ago, settled_at=ago)

    states = next(counted.states for counted in all_counts() if counted.name == "portal_changes")

    assert {name for name, count in states.items() if count} == {state}


def test_deactivated_author_reads_nothing(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    unknown(erin, rename, upstream, "close_after")
    staff.deactivate_as_operator("erin")

    assert changes.settle_unknown() == Settled(unknown=1)
    assert upstream.requests() == []


def test_failing_token_is_used_once(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    one = unknown(erin, rename, upstream, "close_after")
    other = Change.objects.get(pk=one.pk)
    other.pk = None
    other.save(force_insert=True)
    upstream.fault("status:503", times=None)

    assert changes.settle_unknown() == Settled(unknown=2)
    assert len({row["path"] for row in upstream.requests()}) == 1
    assert set(Change.objects.values_list("found", flat=True)) <= {Found.NOTHING_YET, Found.CANNOT_TELL}


def test_prepared_change_may_have_been_sent_after_the_backup(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    sent, waiting = rename("Renamed"), rename("Never sent")
    change_upstream_account(upstream, {"name": "Renamed"})

    assert changes.mark_restored() == 2
    assert changes.settle_unknown() == Settled(applied=1, unknown=1)
    for change in (sent, waiting):
        row = changes.send(erin, change.pk, Signature())
        assert (row.state, row.sent_at, row.failure) == (State.UNKNOWN, None, "restored from a backup")
    assert upstream.writes() == []
    assert AuditEntry.objects.filter(detail__contains="restored from a backup").count() == 2


def test_restored_change_warns_before_another_of_the_same_object(erin: Actor, rename: Prepare) -> None:
    rename("One")
    changes.mark_restored()

    assert [row.failure for row in changes.list_unknown(erin)] == ["restored from a backup"]
    with pytest.raises(OutcomeUnknown):
        changes.send(erin, rename("Another").pk, Signature())
