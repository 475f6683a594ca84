"""Two changes of one object wait for each other, and an unknown outcome stops the next change."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from billing.models import Change, UsedOnce
from billing.models.changes import with_portal_names
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Signature, write_lock
from billing.services.changes.kinds.registry import KINDS
from billing.services.storage import idempotency
from tests.plugins.processes import Sandbox
from tests.services.cast import actor_called
from tests.services.changes.conftest import IDS, UPDATE, Prepare, upstream_account
from tests.services.changes.test_sending import NOW

State, Found = Change.State, Change.Found
PATH = changes.kind_of(UPDATE).target_path(IDS)


def acquire(path: str = PATH) -> write_lock.WriteLock:
    lock = write_lock.acquire(path, is_obsolete=lambda: False)
    assert lock is not None
    return lock


def test_nothing_is_read_while_another_change_is_sent(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()
    upstream.clear()
    with acquire(), pytest.raises(changes.NotReady, match="Another change of the same object is being sent"):
        changes.send(erin, change.pk, NOW)

    assert upstream.requests() == []
    assert changes.send(erin, change.pk, NOW).state == State.SUCCEEDED
    assert not UsedOnce.objects.filter(expires_at__lt=timezone.now() + timedelta(minutes=5)).exists()


def test_lock_of_a_killed_process_expires(erin: Actor, rename: Prepare, settings: Any) -> None:
    change = rename()
    settings.ALTOSTRAT_DEADLINE = -31  # acquired that long ago
    left_behind = acquire()
    settings.ALTOSTRAT_DEADLINE = 15

    assert changes.send(erin, change.pk, NOW).state == State.SUCCEEDED
    assert not left_behind.renew(), "it must not call any more"


def test_lock_is_renewed_only_when_it_has_become_short(db: None, settings: Any) -> None:
    settings.ALTOSTRAT_DEADLINE = 5
    lock = acquire()
    until = UsedOnce.objects.get().expires_at
    assert lock.renew()
    assert UsedOnce.objects.get().expires_at == until

    settings.ALTOSTRAT_DEADLINE = 15  # as if ten seconds had passed
    assert lock.renew()
    assert UsedOnce.objects.get().expires_at > until
    with lock:
        idempotency.release("turn", PATH)
        assert not lock.renew(), "somebody else may hold it"


def test_late_release_does_not_release_the_next_lock(db: None, settings: Any) -> None:
    settings.ALTOSTRAT_DEADLINE = -31
    late = acquire()
    settings.ALTOSTRAT_DEADLINE = 15
    with acquire():
        late.__exit__(None, None, None)
        assert not idempotency.claim("turn", PATH, expires_at=time.time() + 60)


def test_lock_lost_before_the_call_sends_nothing(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()

    def losing(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and State.SENDING in (params or ()):
            idempotency.release("turn", PATH)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(losing), pytest.raises(changes.NotReady, match="too long to start"):
        changes.send(erin, change.pk, NOW)

    assert upstream.writes() == []
    change.refresh_from_db()
    assert change.state == State.PREPARED


def target_of(verb: str, number: int) -> str:
    """Return the target path of a kind, for an object with that number in one and the same account."""
    prefixes = {
        "workspace_id": "ws_1",
        "billing_account_id": "cus_1",
        "subscription_id": "sub_",
        "payment_method_id": "pm_",
    }
    kind = KINDS[verb]
    names = with_portal_names(dict.fromkeys(kind.operation.parameters, ""))
    ids = {name: f"{prefixes.get(name, 'auth0|')}{number}" for name in names}
    return kind.target_path(
        ids | {name: prefixes[name] for name in ("workspace_id", "billing_account_id") if name in ids}
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("payment_method.set_default", "payment_method.set_default"),
        ("payment_method.set_default", "payment_method.detach"),
        ("member.add", "member.remove"),
        ("member.update", "member.remove"),
        ("billing_account.update", "billing_account.delete"),
        ("subscription.create", "subscription.create"),
    ],
)
def test_kinds_with_one_target_share_a_lock(one: str, other: str) -> None:
    assert target_of(one, 1) == target_of(other, 2)


def test_each_subscription_has_its_own_lock() -> None:
    assert target_of("subscription.cancel", 1) == target_of("subscription.replace_quantities", 1)
    assert target_of("subscription.cancel", 1) != target_of("subscription.cancel", 2)


def lost(change: Change, **more: Any) -> Change:
    """Store a change as if its answer had been lost a while ago."""
    ago = timezone.now() - timedelta(minutes=20)
    values = {"state": State.UNKNOWN, "found": Found.CANNOT_TELL, "attempts": 1, "sent_at": ago, **more}
    Change.objects.filter(pk=change.pk).update(**values)
    return change


def test_unknown_outcome_stops_another_change_of_the_object(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    unknown, change = lost(rename("Lost")), rename("Other")
    with pytest.raises(changes.OutcomeUnknown) as caught:
        changes.send(erin, change.pk, NOW)

    assert caught.value.change.pk == unknown.pk
    assert upstream.writes() == []
    change.refresh_from_db()
    assert (change.state, change.attempts) == (State.PREPARED, 0)
    anyway = Signature(reason="r", ticket="FIN-1", send_anyway=True)
    assert changes.send(erin, change.pk, anyway).state == State.SUCCEEDED
    assert upstream_account(upstream)["name"] == "Other"


@pytest.mark.parametrize(
    "known",
    [
        {"found": Found.APPLIED},
        {"found": Found.NOT_APPLIED, "looked_at": timezone.now()},
        {"sent_at": timezone.now() - timedelta(days=2)},
    ],
)
def test_known_or_old_outcome_stops_no_other_change(
    known: dict[str, Any], erin: Actor, rename: Prepare
) -> None:
    lost(rename("Lost"), **known)

    assert changes.send(erin, rename("Other").pk, NOW).state == State.SUCCEEDED


def test_unknown_outcome_counts_for_all_people_and_one_object(erin: Actor, rename: Prepare) -> None:
    fay = actor_called("fay")
    hers = lost(rename("Lost"))
    Change.objects.filter(pk=hers.pk).update(user=fay.user)
    with pytest.raises(changes.OutcomeUnknown):
        changes.send(erin, rename("Other").pk, NOW)

    draft = changes.Draft("workspace.update", {"workspace_id": IDS["workspace_id"]}, {"name": "Else"})
    assert changes.send(erin, changes.prepare(erin, draft).pk, NOW).state == State.SUCCEEDED


@pytest.mark.parametrize("ago", [timedelta(seconds=5), timedelta(minutes=20)])
def test_change_not_found_after_seconds_still_counts_as_unknown(
    ago: timedelta, erin: Actor, rename: Prepare
) -> None:
    sent_at = timezone.now() - ago
    early = sent_at + timedelta(seconds=5)
    unknown = lost(rename("Lost"), found=Found.NOT_APPLIED, sent_at=sent_at, looked_at=early)
    with pytest.raises(changes.OutcomeUnknown) as caught:
        changes.send(erin, rename("Other").pk, NOW)

    assert caught.value.change.pk == unknown.pk
