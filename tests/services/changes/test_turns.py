"""Of two writes to one object, one waits for the other; and none goes out on top of one that nobody knows about."""

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
from tests.services.changes.conftest import IDS, UPDATE, Prepare, there
from tests.services.changes.test_sending import NOW

State, Found = Change.State, Change.Found
PLACE = changes.kind_of(UPDATE).target_path(IDS)


def take(place: str = PLACE) -> write_lock.WriteLock:
    turn = write_lock.acquire(place, is_pointless=lambda: False)
    assert turn is not None
    return turn


def test_while_another_change_of_it_is_sent_nothing_is_even_read(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()
    upstream.clear()
    with take(), pytest.raises(changes.NotReady, match="Another change of the same object is being sent"):
        changes.send(erin, change.pk, NOW)

    assert upstream.requests() == []
    assert changes.send(erin, change.pk, NOW).state == State.SUCCEEDED
    assert not UsedOnce.objects.filter(expires_at__lt=timezone.now() + timedelta(minutes=5)).exists()


def test_the_turn_of_a_process_that_was_killed_is_over_by_itself(
    erin: Actor, rename: Prepare, settings: Any
) -> None:
    change = rename()
    settings.ALTOSTRAT_DEADLINE = -31  # taken so long ago
    left_behind = take()
    settings.ALTOSTRAT_DEADLINE = 15

    assert changes.send(erin, change.pk, NOW).state == State.SUCCEEDED
    assert not left_behind.renew(), "it may not call any more"


def test_who_leaves_late_does_not_end_the_turn_of_the_next(db: None, settings: Any) -> None:
    settings.ALTOSTRAT_DEADLINE = -31
    late = take()
    settings.ALTOSTRAT_DEADLINE = 15
    with take():
        late.__exit__(None, None, None)
        assert not idempotency.claim("turn", PLACE, expires_at=time.time() + 60)


def test_a_turn_that_was_lost_before_the_call_sends_nothing(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()

    def losing(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and State.SENDING in (params or ()):
            idempotency.release("turn", PLACE)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(losing), pytest.raises(changes.NotReady, match="too long to begin"):
        changes.send(erin, change.pk, NOW)

    assert upstream.writes() == []
    change.refresh_from_db()
    assert change.state == State.PREPARED


def place_of(verb: str, number: int) -> str:
    """Where that kind writes to, for an object of that number in one and the same account."""
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
def test_kinds_that_touch_the_same_wait_for_each_other(one: str, other: str) -> None:
    assert place_of(one, 1) == place_of(other, 2)


def test_subscriptions_wait_for_their_own() -> None:
    assert place_of("subscription.cancel", 1) == place_of("subscription.replace_quantities", 1)
    assert place_of("subscription.cancel", 1) != place_of("subscription.cancel", 2)


def lost(change: Change, **more: Any) -> Change:
    """As if its answer had been lost a while ago."""
    ago = timezone.now() - timedelta(minutes=20)
    values = {"state": State.UNKNOWN, "found": Found.CANNOT_TELL, "attempts": 1, "sent_at": ago, **more}
    Change.objects.filter(pk=change.pk).update(**values)
    return change


def test_what_nobody_knows_about_is_told_before_another_change_of_it(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    unknown, change = lost(rename("Lost")), rename("Other")
    with pytest.raises(changes.OutcomeUnknown) as told:
        changes.send(erin, change.pk, NOW)

    assert told.value.change.pk == unknown.pk
    assert upstream.writes() == []
    change.refresh_from_db()
    assert (change.state, change.attempts) == (State.PREPARED, 0)
    meant = Signature(reason="r", ticket="FIN-1", send_anyway=True)
    assert changes.send(erin, change.pk, meant).state == State.SUCCEEDED
    assert there(upstream)["name"] == "Other"


@pytest.mark.parametrize(
    "known",
    [{"found": Found.APPLIED}, {"found": Found.NOT_APPLIED}, {"sent_at": timezone.now() - timedelta(days=2)}],
)
def test_what_is_known_or_long_ago_stops_nobody(known: dict[str, Any], erin: Actor, rename: Prepare) -> None:
    lost(rename("Lost"), **known)

    assert changes.send(erin, rename("Other").pk, NOW).state == State.SUCCEEDED


def test_somebody_elses_is_told_too_and_another_object_is_not(erin: Actor, rename: Prepare) -> None:
    fay = actor_called("fay")
    hers = lost(rename("Lost"))
    Change.objects.filter(pk=hers.pk).update(user=fay.user)
    with pytest.raises(changes.OutcomeUnknown):
        changes.send(erin, rename("Other").pk, NOW)

    draft = changes.Draft("workspace.update", {"workspace_id": IDS["workspace_id"]}, {"name": "Else"})
    assert changes.send(erin, changes.prepare(erin, draft).pk, NOW).state == State.SUCCEEDED


def test_what_was_not_found_a_moment_later_may_still_arrive(erin: Actor, rename: Prepare) -> None:
    unknown = lost(rename("Lost"), found=Found.NOT_APPLIED, sent_at=timezone.now() - timedelta(seconds=5))
    with pytest.raises(changes.OutcomeUnknown) as told:
        changes.send(erin, rename("Other").pk, NOW)

    assert told.value.change.pk == unknown.pk
