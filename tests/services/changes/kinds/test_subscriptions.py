"""What each change of a subscription sends, how it is undone, and how its unknown outcome is checked."""

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
    change_upstream_subscription,
    prepare_change,
    products,
    received_writes,
    upstream_quantities,
    upstream_subscription,
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
def test_quantities_are_sent_once_and_can_be_undone(
    kind: Kind,
    wanted: dict[str, Any],
    body: dict[str, Any],
    after: dict[str, int],
    erin: Actor,
    upstream: Sandbox,
) -> None:
    change = prepare_change(erin, kind, **wanted)
    done = changes.send(erin, change.pk, SIGNED)

    assert done.state == State.SUCCEEDED
    assert received_writes(upstream) == [{"PATCH": body}]
    assert upstream_quantities(upstream) == after
    back = changes.undo(erin, change.pk)
    assert changes.payload_of(erin, back).preview is not None
    changes.send(erin, back.pk, SIGNED)
    assert upstream_quantities(upstream) == {"locations": 10, "users": 50}


@pytest.mark.parametrize(("kind", "status"), [(REPLACE, 409), (REMOVE, 400)], ids=["replace", "remove"])
def test_altostrat_refuses_quantities_below_use(
    kind: Kind, status: int, erin: Actor, upstream: Sandbox
) -> None:
    done = changes.send(erin, prepare_change(erin, kind, FULL, users=None).pk, SIGNED)

    assert (done.state, done.upstream_status) == (State.REFUSED, status)
    assert "under-provisioned" in changes.payload_of(erin, done).refusal["message"]
    assert len(received_writes(upstream)) == 1
    assert upstream_quantities(upstream, FULL) == {"locations": 12, "users": 60}


def test_removed_product_can_be_restored(erin: Actor, upstream: Sandbox) -> None:
    change_upstream_subscription(upstream, {"add_products": {"sso": 1}})
    removal = prepare_change(erin, REMOVE, sso=None)
    changes.send(erin, removal.pk, SIGNED)

    assert received_writes(upstream) == [{"PATCH": {"remove_products": ["sso"]}}]
    assert upstream_quantities(upstream) == {"locations": 10, "users": 50}
    changes.send(erin, changes.undo(erin, removal.pk).pk, SIGNED)
    assert upstream_quantities(upstream) == {"locations": 10, "users": 50, "sso": 1}


def test_undocumented_product_is_kept_and_can_be_changed(erin: Actor, upstream: Sandbox) -> None:
    change = prepare_change(erin, REPLACE, TOMORROW, cameras=5)

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
def test_impossible_quantities_are_refused_before_any_call(
    kind: Kind, wanted: dict[str, Any], why: str, erin: Actor, upstream: Sandbox
) -> None:
    with pytest.raises(changes.NotReady, match=why):
        prepare_change(erin, kind, **wanted)

    assert upstream.writes() == []


@pytest.mark.parametrize(
    ("kind", "action", "before", "after"),
    [(PAUSE, "pause", "active", "paused"), (RESUME, "resume", "paused", "active")],
    ids=["pause", "resume"],
)
def test_pause_and_resume_undo_each_other(
    kind: Kind, action: str, before: str, after: str, erin: Actor, upstream: Sandbox
) -> None:
    if before == "paused":
        change_upstream_subscription(upstream, {"action": "pause"})
    change = prepare_change(erin, kind)
    assert changes.send(erin, change.pk, SIGNED).state == State.SUCCEEDED

    assert received_writes(upstream) == [{"PATCH": {"action": action}}]
    assert upstream_subscription(upstream)["status"] == after
    changes.send(erin, changes.undo(erin, change.pk).pk, SIGNED)
    assert upstream_subscription(upstream)["status"] == before


@pytest.mark.parametrize(
    "kind", [CREATE, REPLACE, ADD, REMOVE, PAUSE, RESUME, SYNC, CANCEL], ids=lambda one: one.verb
)
def test_change_that_may_move_money_needs_reason_and_ticket(kind: Kind) -> None:
    assert kind.needs_reason


def test_ended_subscription_says_nothing_about_a_resume() -> None:
    payload = changes.Payload(ids=ACME, before={"status": "paused"}, wanted={})
    found = {
        status: RESUME.check_outcome(payload, {"status": status})
        for status in ("active", "paused", "canceled")
    }

    assert found == {"active": Found.APPLIED, "paused": Found.NOT_APPLIED, "canceled": Found.CANNOT_TELL}


def test_ended_subscription_says_nothing_about_a_pause() -> None:
    payload = changes.Payload(ids=ACME, before={"status": "active"}, wanted={})
    found = {
        status: PAUSE.check_outcome(payload, {"status": status})
        for status in ("active", "paused", "canceled")
    }

    assert found == {"active": Found.NOT_APPLIED, "paused": Found.APPLIED, "canceled": Found.CANNOT_TELL}


def test_active_subscription_is_not_resumed(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(changes.NothingToChange):
        prepare_change(erin, RESUME)

    assert upstream.writes() == []


def test_synchronization_claims_nothing_without_a_field(erin: Actor, upstream: Sandbox) -> None:
    change = prepare_change(erin, SYNC)
    with pytest.raises(changes.Incomplete) as missing:
        changes.send(erin, change.pk, Signature())
    assert set(missing.value.fields) == {"reason", "ticket"}
    change = changes.send(erin, change.pk, SIGNED)

    assert received_writes(upstream) == [{"PATCH": {"action": "sync"}}]
    rows = changes.field_changes(Attempt.of(erin, change))
    row = next(row for row in rows if row.name == "sync")
    assert (row.is_unseen, row.is_different) == (True, False)


def _metadata(erin: Actor, **pairs: str) -> Change:
    opened = changes.read_current_state(erin, METADATA, ACME)
    wanted = {f"metadata.{key}": value for key, value in pairs.items()}
    return changes.prepare(erin, changes.Draft(METADATA.verb, ACME, wanted, opened=opened))


def test_metadata_sends_changed_pairs_and_undo_needs_no_new_key(erin: Actor, upstream: Sandbox) -> None:
    changed = _metadata(erin, order_id="7000")
    changes.send(erin, changed.pk, Signature())
    added = _metadata(erin, order_id="7000", team="north")
    changes.send(erin, added.pk, Signature())

    assert received_writes(upstream) == [
        {"PATCH": {"metadata": {"order_id": "7000"}}},
        {"PATCH": {"metadata": {"team": "north"}}},
    ]
    with pytest.raises(changes.NotReady, match="cannot be undone"):
        changes.undo(erin, added.pk)
    # The key was added later, so the two are compared first.
    undone = changes.resolve(erin, changes.undo(erin, changed.pk).pk, {"metadata.order_id": "yours"})
    changes.send(erin, undone.pk, Signature())
    assert upstream_subscription(upstream)["metadata"] == {"order_id": "6735", "team": "north"}


def test_metadata_has_at_most_ten_pairs(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(changes.NotReady, match=r"can have 10 pairs\. This would make 11"):
        _metadata(erin, **{f"key{number}": "x" for number in range(10)})

    assert upstream.writes() == []


def _subscribe(erin: Actor, ids: dict[str, str], **wanted: int) -> Change:
    return changes.prepare(
        erin, changes.Draft(CREATE.verb, ids, products(**wanted) | {"metadata.po": "4711"})
    )


def test_trial_starts_without_a_payment_method(erin: Actor, upstream: Sandbox) -> None:
    change = _subscribe(erin, TRIAL, locations=2, users=5)
    payload = changes.payload_of(erin, change)
    assert "trial of 14 days" in " ".join(CREATE.consequences(payload))
    done = changes.send(erin, change.pk, SIGNED)

    assert received_writes(upstream) == [
        {"POST": {"product_quantities": {"locations": 2, "users": 5}, "metadata": {"po": "4711"}}}
    ]
    made = changes.payload_of(erin, done)
    assert made.now is not None
    assert made.now["product.locations"] == 2
    assert upstream_subscription(upstream, made.result_ids)["status"] == "trialing"


@pytest.mark.parametrize(
    ("ids", "why"), [(THREE, "can have 3 active"), (NO_METHOD, "requires a default payment method")]
)
def test_impossible_subscription_is_refused_with_the_reason(
    ids: dict[str, str], why: str, erin: Actor, upstream: Sandbox
) -> None:
    with pytest.raises(changes.NotReady, match=why):
        _subscribe(erin, ids, users=1)

    assert upstream.writes() == []


def test_subscription_without_trial_says_that_it_is_charged(erin: Actor) -> None:
    ids = {key: value for key, value in ACME.items() if key != "subscription_id"}
    payload = changes.payload_of(erin, _subscribe(erin, ids, users=1))

    assert CREATE.consequences(payload) == (
        "There is no trial. The default payment method is charged from the start.",
    )


def test_lower_quantity_is_not_called_a_removal(erin: Actor) -> None:
    said = REPLACE.consequences(
        changes.payload_of(erin, prepare_change(erin, REPLACE, locations=9, users=40))
    )

    assert said[0].startswith("Fewer locations and users: effective in the next period, which begins on ")


def test_cancellation_needs_id_reason_and_ticket(erin: Actor, upstream: Sandbox) -> None:
    change = prepare_change(erin, CANCEL)
    with pytest.raises(changes.Incomplete) as missing:
        changes.send(erin, change.pk, Signature(confirmation="cancel"))
    assert set(missing.value.fields) == {"reason", "ticket", "confirmation"}
    assert received_writes(upstream) == []
    assert upstream_subscription(upstream)["status"] == "active"


def test_cancellation_shows_its_date_and_consequences(erin: Actor) -> None:
    said = CANCEL.consequences(changes.payload_of(erin, prepare_change(erin, CANCEL)))

    assert said[0].startswith("It runs until ")
    assert said[0].endswith(", when its period ends, and does not renew.")
    assert said[1] == "After that, these are no longer available: 10 locations, 50 users."


def test_altostrat_refuses_a_cancellation_below_use(erin: Actor, upstream: Sandbox) -> None:
    signed = Signature(reason="closing", ticket="FIN-2", confirmation=FULL["subscription_id"])
    done = changes.send(erin, prepare_change(erin, CANCEL, FULL).pk, signed)

    said = changes.payload_of(erin, done).refusal
    assert done.state == State.REFUSED
    assert said["code"] == "cancellation_would_underprovision"
    assert "under-provisioned" in said["message"]
    assert said["doc_url"].startswith("https://")
    assert received_writes(upstream) == [{"DELETE": None}]


def test_ended_subscription_is_not_canceled(erin: Actor) -> None:
    with pytest.raises(changes.NotReady, match="has already ended"):
        prepare_change(erin, CANCEL, {**ENDED, "subscription_id": "sub_abb2d9c5d9389de2"})


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
def test_change_without_answer_is_checked_and_not_repeated(
    kind: Kind,
    wanted: dict[str, Any],
    method: str,
    fault: str,
    found: Change.Found,
    erin: Actor,
    upstream: Sandbox,
) -> None:
    ids = {**TRIAL} if kind is CREATE else CANCELABLE if kind is CANCEL else ACME
    change = prepare_change(erin, kind, ids, **wanted)
    upstream.fault(fault, "/subscriptions", method=method)
    signed = Signature(reason="r", ticket="t", confirmation=ids.get("subscription_id", ""))
    done = changes.send(erin, change.pk, signed)

    assert (done.state, done.found) == (State.UNKNOWN, found)
    assert len(received_writes(upstream)) == 1
    assert changes.check_status(erin, change.pk).found == found
    assert len(received_writes(upstream)) == 1


CANCELABLE = {
    "workspace_id": "ws_balticharbour001",
    "billing_account_id": "cus_balticport000lv1",
    "subscription_id": "sub_a6d4606b8d632e26",
}


def test_cancellation_is_sent_once_and_audited(erin: Actor, upstream: Sandbox) -> None:
    signed = Signature(reason="moves away", ticket="FIN-3", confirmation=CANCELABLE["subscription_id"])
    done = changes.send(erin, prepare_change(erin, CANCEL, CANCELABLE).pk, signed)

    assert done.state == State.SUCCEEDED
    assert received_writes(upstream) == [{"DELETE": None}]
    row = AuditEntry.objects.get(verb=CANCEL.verb)
    assert (row.outcome, row.reason, row.ticket) == ("succeeded", "moves away", "FIN-3")
    ends = next(row for row in changes.field_changes(Attempt.of(erin, done)) if row.name == "ends")
    assert (ends.is_unseen, ends.is_different) == (True, False)


@pytest.mark.parametrize("fault", ["status:404", "status:503", "close_before"])
def test_next_invoice_that_is_not_known_does_not_confirm_a_cancellation(
    fault: str, erin: Actor, upstream: Sandbox
) -> None:
    change = prepare_change(erin, CANCEL, CANCELABLE)
    upstream.fault("close_before", method="DELETE")
    upstream.fault(fault, "/invoices/preview", method="POST", times=None)
    signed = Signature(reason="moves away", ticket="FIN-3", confirmation=CANCELABLE["subscription_id"])
    sent = changes.send(erin, change.pk, signed)

    assert (sent.state, sent.found) == (State.UNKNOWN, Found.CANNOT_TELL)
    assert changes.payload_of(erin, sent).now is not None


def test_decrease_without_answer_leaves_the_outcome_unknown(erin: Actor, upstream: Sandbox) -> None:
    change_upstream_subscription(upstream, {"product_quantities": {"locations": 14, "users": 50}})
    change = prepare_change(erin, REPLACE, locations=13)
    upstream.fault("close_before", "/subscriptions", method="PATCH")

    assert changes.send(erin, change.pk, SIGNED).found == Found.CANNOT_TELL
