"""What each change of a subscription sends, once; how it is taken back; how an unknown outcome is judged."""

from __future__ import annotations

from typing import Any

import pytest

from billing.models import AuditEntry, Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Attempt, Kind, Signature
from billing.services.changes.kinds.subscriptions import (
    ADD,
    CANCEL,
    CREATE,
    METADATA,
    PAUSE,
    REMOVE,
    REPLACE,
    RESUME,
    SYNC,
)
from tests.plugins.processes import Sandbox
from tests.services.changes.kinds.subscriptions import (
    ACME,
    ENDED,
    FULL,
    NO_METHOD,
    SIGNED,
    THREE,
    TOMORROW,
    TRIAL,
    elsewhere,
    prepared,
    products,
    quantities,
    sent,
    there,
)

State, Found = Change.State, Change.Found
CANCELING = Signature(reason="closing", ticket="FIN-2", confirmation=ACME["subscription_id"])


@pytest.mark.parametrize(
    ("kind", "wanted", "body", "after"),
    [
        (
            REPLACE,
            {"locations": 12, "sso": 2},
            {"product_quantities": {"locations": 12, "sso": 2, "users": 50}},
            {"locations": 12, "sso": 2, "users": 50},
        ),
        (ADD, {"sso": 1}, {"add_products": {"sso": 1}}, {"locations": 10, "users": 50, "sso": 1}),
    ],
    ids=["replace", "add"],
)
def test_it_sends_one_kind_of_change_once_and_can_be_taken_back(
    kind: Kind,
    wanted: dict[str, Any],
    body: dict[str, Any],
    after: dict[str, int],
    erin: Actor,
    upstream: Sandbox,
) -> None:
    change = prepared(erin, kind, **wanted)
    done = changes.send(erin, change.pk, SIGNED)

    assert done.state == State.SUCCEEDED
    assert sent(upstream) == [{"PATCH": body}]
    assert quantities(upstream) == after
    back = changes.undo(erin, change.pk)
    assert changes.payload_of(erin, back).preview is not None
    changes.send(erin, back.pk, SIGNED)
    assert quantities(upstream) == {"locations": 10, "users": 50}


@pytest.mark.parametrize(("kind", "status"), [(REPLACE, 409), (REMOVE, 400)], ids=["replace", "remove"])
def test_what_is_in_use_stays_and_altostrat_says_so(
    kind: Kind, status: int, erin: Actor, upstream: Sandbox
) -> None:
    done = changes.send(erin, prepared(erin, kind, FULL, users=None).pk, SIGNED)

    assert (done.state, done.upstream_status) == (State.REFUSED, status)
    assert "under-provisioned" in changes.payload_of(erin, done).refusal["message"]
    assert len(sent(upstream)) == 1
    assert quantities(upstream, FULL) == {"locations": 12, "users": 60}


def test_a_product_goes_and_comes_back(erin: Actor, upstream: Sandbox) -> None:
    elsewhere(upstream, {"add_products": {"sso": 1}})
    removal = prepared(erin, REMOVE, sso=None)
    changes.send(erin, removal.pk, SIGNED)

    assert sent(upstream) == [{"PATCH": {"remove_products": ["sso"]}}]
    assert quantities(upstream) == {"locations": 10, "users": 50}
    changes.send(erin, changes.undo(erin, removal.pk).pk, SIGNED)
    assert quantities(upstream) == {"locations": 10, "users": 50, "sso": 1}


def test_a_product_that_nobody_documented_stays_and_can_be_changed(erin: Actor, upstream: Sandbox) -> None:
    change = prepared(erin, REPLACE, TOMORROW, cameras=5)

    payload = changes.payload_of(erin, change)
    assert payload.body == {"product_quantities": {"cameras": 5, "locations": 3, "users": 6}}
    assert payload.preview is not None
    assert {"product_type": "cameras", "quantity": 5, "interval": "week"} in payload.preview["body"]["items"]


@pytest.mark.parametrize(
    ("kind", "wanted", "why"),
    [
        (REPLACE, {"locations": None, "users": None}, "at least one product"),
        (REPLACE, {"locations": 0}, "at least 1 for locations"),
        (ADD, {"users": 60}, "Change the quantities instead"),
        (REMOVE, {"locations": None, "users": None}, "at least one product"),
    ],
    ids=["nothing left", "zero", "there already", "all removed"],
)
def test_what_makes_no_sense_is_stopped_before_any_call(
    kind: Kind, wanted: dict[str, Any], why: str, erin: Actor, upstream: Sandbox
) -> None:
    with pytest.raises(changes.NotReady, match=why):
        prepared(erin, kind, **wanted)

    assert upstream.writes() == []


@pytest.mark.parametrize(
    ("kind", "action", "before", "after"),
    [(PAUSE, "pause", "active", "paused"), (RESUME, "resume", "paused", "active")],
    ids=["pause", "resume"],
)
def test_pausing_and_resuming_take_each_other_back(
    kind: Kind, action: str, before: str, after: str, erin: Actor, upstream: Sandbox
) -> None:
    if before == "paused":
        elsewhere(upstream, {"action": "pause"})
    change = prepared(erin, kind)
    assert changes.send(erin, change.pk, SIGNED).state == State.SUCCEEDED

    assert sent(upstream) == [{"PATCH": {"action": action}}]
    assert there(upstream)["status"] == after
    changes.send(erin, changes.undo(erin, change.pk).pk, SIGNED)
    assert there(upstream)["status"] == before


@pytest.mark.parametrize(
    "kind", [CREATE, REPLACE, ADD, REMOVE, PAUSE, RESUME, SYNC, CANCEL], ids=lambda one: one.verb
)
def test_what_may_move_money_takes_a_reason_and_a_ticket(kind: Kind) -> None:
    assert kind.needs_reason


def test_resuming_is_not_told_from_a_subscription_that_has_ended() -> None:
    payload = changes.Payload(ids=ACME, before={"status": "paused"}, wanted={})
    told = {status: RESUME.judge(payload, {"status": status}) for status in ("active", "paused", "canceled")}

    assert told == {"active": Found.APPLIED, "paused": Found.NOT_APPLIED, "canceled": Found.CANNOT_TELL}


def test_nor_is_a_pause() -> None:
    payload = changes.Payload(ids=ACME, before={"status": "active"}, wanted={})
    told = {status: PAUSE.judge(payload, {"status": status}) for status in ("active", "paused", "canceled")}

    assert told == {"active": Found.NOT_APPLIED, "paused": Found.APPLIED, "canceled": Found.CANNOT_TELL}


def test_what_is_not_paused_is_not_resumed(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(changes.NothingToChange):
        prepared(erin, RESUME)

    assert upstream.writes() == []


def test_synchronising_claims_nothing_that_no_field_tells(erin: Actor, upstream: Sandbox) -> None:
    change = prepared(erin, SYNC)
    with pytest.raises(changes.Incomplete) as missing:
        changes.send(erin, change.pk, Signature())
    assert set(missing.value.fields) == {"reason", "ticket"}
    change = changes.send(erin, change.pk, SIGNED)

    assert sent(upstream) == [{"PATCH": {"action": "sync"}}]
    rows = changes.field_changes(Attempt.of(erin, change))
    row = next(row for row in rows if row.name == "sync")
    assert (row.is_unseen, row.is_otherwise) == (True, False)


def _metadata(erin: Actor, **pairs: str) -> Change:
    opened = changes.read_current_state(erin, METADATA, ACME)
    wanted = {f"metadata.{key}": value for key, value in pairs.items()}
    return changes.prepare(erin, changes.Draft(METADATA.verb, ACME, wanted, opened=opened))


def test_metadata_sends_what_changed_and_is_taken_back_only_without_a_new_key(
    erin: Actor, upstream: Sandbox
) -> None:
    changed = _metadata(erin, order_id="7000")
    changes.send(erin, changed.pk, Signature())
    added = _metadata(erin, order_id="7000", team="north")
    changes.send(erin, added.pk, Signature())

    assert sent(upstream) == [
        {"PATCH": {"metadata": {"order_id": "7000"}}},
        {"PATCH": {"metadata": {"team": "north"}}},
    ]
    with pytest.raises(changes.NotReady, match="cannot be undone"):
        changes.undo(erin, added.pk)
    # The key came after it, so that the two are compared first.
    undone = changes.resolve(erin, changes.undo(erin, changed.pk).pk, {"metadata.order_id": "yours"})
    changes.send(erin, undone.pk, Signature())
    assert there(upstream)["metadata"] == {"order_id": "6735", "team": "north"}


def test_there_are_ten_pairs_at_most(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(changes.NotReady, match=r"can have 10 pairs\. This would make 11"):
        _metadata(erin, **{f"key{number}": "x" for number in range(10)})

    assert upstream.writes() == []


def _subscribe(erin: Actor, ids: dict[str, str], **wanted: int) -> Change:
    return changes.prepare(
        erin, changes.Draft(CREATE.verb, ids, products(**wanted) | {"metadata.po": "4711"})
    )


def test_a_trial_starts_without_a_payment_method(erin: Actor, upstream: Sandbox) -> None:
    change = _subscribe(erin, TRIAL, locations=2, users=5)
    payload = changes.payload_of(erin, change)
    assert "trial of 14 days" in " ".join(CREATE.consequences(payload))
    done = changes.send(erin, change.pk, SIGNED)

    assert sent(upstream) == [
        {"POST": {"product_quantities": {"locations": 2, "users": 5}, "metadata": {"po": "4711"}}}
    ]
    made = changes.payload_of(erin, done)
    assert made.now is not None
    assert made.now["product.locations"] == 2
    assert there(upstream, made.result_ids)["status"] == "trialing"


@pytest.mark.parametrize(
    ("ids", "why"), [(THREE, "can have 3 active"), (NO_METHOD, "requires a default payment method")]
)
def test_a_subscription_that_cannot_be_is_stopped_with_the_reason(
    ids: dict[str, str], why: str, erin: Actor, upstream: Sandbox
) -> None:
    with pytest.raises(changes.NotReady, match=why):
        _subscribe(erin, ids, users=1)

    assert upstream.writes() == []


def test_one_that_is_charged_says_so(erin: Actor) -> None:
    ids = {key: value for key, value in ACME.items() if key != "subscription_id"}
    payload = changes.payload_of(erin, _subscribe(erin, ids, users=1))

    assert CREATE.consequences(payload) == (
        "There is no trial. The default payment method is charged from the start.",
    )


def test_cancelling_takes_the_id_a_reason_and_a_ticket(erin: Actor, upstream: Sandbox) -> None:
    change = prepared(erin, CANCEL)
    with pytest.raises(changes.Incomplete) as missing:
        changes.send(erin, change.pk, Signature(confirmation="cancel"))
    assert set(missing.value.fields) == {"reason", "ticket", "confirmation"}
    assert sent(upstream) == []
    assert there(upstream)["status"] == "active"


def test_cancelling_says_what_follows_with_the_date(erin: Actor) -> None:
    said = CANCEL.consequences(changes.payload_of(erin, prepared(erin, CANCEL)))

    assert said[0].startswith("It runs until ")
    assert said[0].endswith(", when its period ends, and does not renew.")
    assert said[1] == "After that, these are no longer available: 10 locations, 50 users."


def test_a_cancellation_that_would_leave_too_little_is_refused_in_altostrats_words(
    erin: Actor, upstream: Sandbox
) -> None:
    signed = Signature(reason="closing", ticket="FIN-2", confirmation=FULL["subscription_id"])
    done = changes.send(erin, prepared(erin, CANCEL, FULL).pk, signed)

    said = changes.payload_of(erin, done).refusal
    assert done.state == State.REFUSED
    assert said["code"] == "cancellation_would_underprovision"
    assert "under-provisioned" in said["message"]
    assert said["doc_url"].startswith("https://")
    assert sent(upstream) == [{"DELETE": None}]


def test_what_has_ended_is_not_cancelled(erin: Actor) -> None:
    with pytest.raises(changes.NotReady, match="has already ended"):
        prepared(erin, CANCEL, {**ENDED, "subscription_id": "sub_abb2d9c5d9389de2"})


@pytest.mark.parametrize(
    ("kind", "wanted", "method"),
    [
        (REPLACE, {"locations": 12}, "PATCH"),
        (ADD, {"sso": 1}, "PATCH"),
        (PAUSE, {}, "PATCH"),
        (CREATE, {"users": 3}, "POST"),
        (CANCEL, {}, "DELETE"),
    ],
    ids=["replace", "add", "pause", "create", "cancel"],
)
@pytest.mark.parametrize(
    ("fault", "found"),
    [("hang_after", Found.APPLIED), ("close_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)],
)
def test_a_lost_answer_is_looked_up_and_the_write_is_not_repeated(
    kind: Kind,
    wanted: dict[str, Any],
    method: str,
    fault: str,
    found: Change.Found,
    erin: Actor,
    upstream: Sandbox,
) -> None:
    ids = {**TRIAL} if kind is CREATE else CANCELLABLE if kind is CANCEL else ACME
    change = prepared(erin, kind, ids, **wanted)
    upstream.fault(fault, "/subscriptions", method=method)
    signed = Signature(reason="r", ticket="t", confirmation=ids.get("subscription_id", ""))
    done = changes.send(erin, change.pk, signed)

    assert (done.state, done.found) == (State.UNKNOWN, found)
    assert len(sent(upstream)) == 1
    assert changes.check_status(erin, change.pk).found == found
    assert len(sent(upstream)) == 1


CANCELLABLE = {
    "workspace_id": "ws_balticharbour001",
    "billing_account_id": "cus_balticport000lv1",
    "subscription_id": "sub_a6d4606b8d632e26",
}


def test_a_cancellation_is_done_once_and_told_in_the_audit(erin: Actor, upstream: Sandbox) -> None:
    signed = Signature(reason="moves away", ticket="FIN-3", confirmation=CANCELLABLE["subscription_id"])
    done = changes.send(erin, prepared(erin, CANCEL, CANCELLABLE).pk, signed)

    assert done.state == State.SUCCEEDED
    assert sent(upstream) == [{"DELETE": None}]
    row = AuditEntry.objects.get(verb=CANCEL.verb)
    assert (row.outcome, row.reason, row.ticket) == ("succeeded", "moves away", "FIN-3")
    ends = next(row for row in changes.field_changes(Attempt.of(erin, done)) if row.name == "ends")
    assert (ends.is_unseen, ends.is_otherwise) == (True, False)


def test_what_becomes_less_may_show_only_later(erin: Actor, upstream: Sandbox) -> None:
    elsewhere(upstream, {"product_quantities": {"locations": 14, "users": 50}})
    change = prepared(erin, REPLACE, locations=13)
    upstream.fault("close_before", "/subscriptions", method="PATCH")

    assert changes.send(erin, change.pk, SIGNED).found == Found.CANNOT_TELL
