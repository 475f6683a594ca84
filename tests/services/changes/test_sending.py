"""A change is sent once, and what is told of it afterwards is what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from billing.altostrat.errors import RateLimited, Unreachable
from billing.models import AltostratToken, AuditEntry, Change, User
from billing.roles import Role
from billing.services import audit, changes
from billing.services.actor import Actor, NotPermitted
from billing.services.changes import Attempt, Signature
from billing.services.maintenance import resealing
from billing.services.tokens import NoToken
from billing.services.tokens import manage as token_changes
from tests.plugins.processes import Sandbox
from tests.services.cast import actor_called
from tests.services.changes.conftest import IDS, UPDATE, Prepare, elsewhere, there
from tests.tokens import FINANCE, SUPPORT

State, Found = Change.State, Change.Found
NOW = Signature(reason="a ticket says so", ticket="FIN-1")


def audited() -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(verb=UPDATE).order_by("pk")
    return [(row.outcome, row.detail, row.ticket) for row in rows]


def test_it_sends_only_what_changed_and_keeps_what_altostrat_says_then(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename("Renamed", email="billing@acme.com", phone="")
    upstream.clear()
    sent = changes.send(erin, change.pk, NOW)

    assert [row["body"] for row in upstream.writes()] == [{"name": "Renamed", "phone": None}]
    assert sent.state == State.SUCCEEDED
    assert sent.upstream_status == 200
    assert sent.upstream_request_id
    now = changes.payload_of(erin, sent).now
    assert now is not None
    assert now["name"] == "Renamed"
    assert audited() == [("succeeded", "", "FIN-1")]


def test_an_address_is_sent_whole_with_what_goes_as_empty(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    draft = changes.Draft(UPDATE, IDS, {"address.line2": "", "address.city": "Oakland"})
    changes.send(erin, changes.prepare(erin, draft).pk, NOW)

    assert [row["body"] for row in upstream.writes()] == [
        {
            "address": {
                "line1": "123 Main Street",
                "line2": "",
                "city": "Oakland",
                "state": "CA",
                "postal_code": "94105",
                "country": "US",
            }
        }
    ]


@pytest.mark.parametrize(
    ("fault", "found", "name"),
    [
        ("hang_after", Found.APPLIED, "Renamed"),
        ("close_after", Found.APPLIED, "Renamed"),
        ("garbage_after", Found.APPLIED, "Renamed"),
        ("status_after:502", Found.APPLIED, "Renamed"),
        ("hang_before", Found.NOT_APPLIED, "ACME Corp Billing"),
        ("close_before", Found.NOT_APPLIED, "ACME Corp Billing"),
        ("status:500", Found.NOT_APPLIED, "ACME Corp Billing"),
        ("status:503", Found.NOT_APPLIED, "ACME Corp Billing"),
        ("status:504", Found.NOT_APPLIED, "ACME Corp Billing"),
    ],
)
def test_without_an_answer_that_can_be_believed_it_is_read_and_not_repeated(
    fault: str, found: Change.Found, name: str, erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()
    upstream.fault(fault, method="PATCH")
    sent = changes.send(erin, change.pk, NOW)

    assert sent.state == State.UNKNOWN
    assert sent.found == found
    assert len(upstream.writes()) == 1
    assert there(upstream)["name"] == name
    assert changes.send(erin, change.pk, NOW, attempts=1).state == State.UNKNOWN
    assert len(upstream.writes()) == 1
    first, second = audited()
    assert first[0] == "failed"
    assert first[1].startswith("outcome unknown: ")
    assert second[1] == f"status checked: {found}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429])
def test_a_refusal_changes_nothing_and_may_be_tried_again(
    status: int, erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()
    upstream.fault(f"status:{status}", method="PATCH")
    sent = changes.send(erin, change.pk, NOW)

    assert sent.state == State.REFUSED
    assert sent.upstream_status == status
    assert len(upstream.writes()) == 1
    assert audited()[0][0] == "refused"
    assert changes.send(erin, rename().pk, NOW).state == State.SUCCEEDED


def test_altostrats_own_words_are_kept_with_the_field_they_are_about(erin: Actor, upstream: Sandbox) -> None:
    draft = changes.Draft(UPDATE, IDS, {"email": "no address"})
    sent = changes.send(erin, changes.prepare(erin, draft).pk, NOW)

    said = changes.payload_of(erin, sent).refusal
    assert sent.state == State.REFUSED
    assert said["fields"] == {"email": ["The email field must be a valid email address."]}


def test_what_never_left_waits_for_another_click(
    erin: Actor, rename: Prepare, upstream: Sandbox, settings: Any
) -> None:
    change = rename()
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 2  # the review's read, and the one before sending
    with pytest.raises(RateLimited):
        changes.send(erin, change.pk, NOW)
    change.refresh_from_db()

    assert (change.state, change.attempts) == (State.PREPARED, 1)
    assert upstream.writes() == []
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 0
    assert changes.send(erin, change.pk, NOW, attempts=0).state == State.PREPARED, "a click on the older page"
    assert upstream.writes() == []
    assert changes.send(erin, change.pk, NOW, attempts=1).state == State.SUCCEEDED
    assert len(upstream.writes()) == 1


def test_when_altostrat_cannot_be_asked_before_it_stays_as_it_is(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()
    upstream.fault("close_before", method="GET", times=None)
    with pytest.raises(Unreachable):
        changes.send(erin, change.pk, NOW)
    upstream.no_faults()
    change.refresh_from_db()

    assert (change.state, change.attempts) == (State.PREPARED, 0)
    assert upstream.writes() == []


def test_sent_again_it_stays_sent_once(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    for attempt in (0, 0, 1):
        assert changes.send(erin, change.pk, NOW, attempts=attempt).state == State.SUCCEEDED

    assert len(upstream.writes()) == 1


def test_the_very_same_from_another_tab_takes_a_person_who_means_it(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    one, other = rename(), rename()
    changes.send(erin, one.pk, NOW)
    elsewhere(upstream, {"name": "ACME Corp Billing"})
    with pytest.raises(changes.RecentlySent):
        changes.send(erin, other.pk, NOW)

    assert upstream.writes() == []
    other.refresh_from_db()
    assert (other.state, other.attempts, other.sent_at) == (State.PREPARED, 0, None)
    changes.send(erin, other.pk, Signature(send_anyway=True))
    assert len(upstream.writes()) == 1


def test_a_refusal_does_not_make_up_for_the_one_that_was_done(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    done, refused, third = rename(), rename(), rename()
    changes.send(erin, done.pk, NOW)
    elsewhere(upstream, {"name": "ACME Corp Billing"})
    upstream.fault("status:422", method="PATCH")
    assert changes.send(erin, refused.pk, Signature(send_anyway=True)).state == State.REFUSED
    with pytest.raises(changes.RecentlySent):
        changes.send(erin, third.pk, NOW)

    assert len(upstream.writes()) == 1


def test_a_token_forgotten_meanwhile_sends_nothing(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    token_changes.forget(erin, AltostratToken.objects.get().pk)
    with pytest.raises(NoToken):
        changes.send(erin, change.pk, NOW)

    change.refresh_from_db()
    assert change.state == State.PREPARED
    assert upstream.writes() == []


def test_nobody_else_sees_or_sends_it(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    fay = actor_called("fay")
    token_changes.save(fay, text=FINANCE, label="t", verify=False)

    with pytest.raises(changes.ChangeNotFound):
        changes.send(fay, change.pk, NOW)
    with pytest.raises(changes.ChangeNotFound):
        changes.payload_of(fay, change)
    hers = changes.prepare(fay, changes.Draft(UPDATE, IDS, {"name": "x"}), change_id=change.pk)
    assert hers.pk != change.pk
    assert Change.objects.get(pk=change.pk).state == State.PREPARED
    assert upstream.writes() == []


def test_who_only_reads_prepares_and_sends_nothing(erin: Actor, rename: Prepare) -> None:
    change = rename()
    reader = Actor(erin.user, erin.door, actor_called("vic", Role.VIEWER).permissions)

    with pytest.raises(NotPermitted):
        changes.send(reader, change.pk, NOW)
    with pytest.raises(NotPermitted):
        changes.prepare(reader, changes.Draft(UPDATE, IDS, {"name": "x"}))


def test_a_role_that_was_taken_away_since_the_click_sends_nothing(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()
    erin.user.groups.clear()
    with pytest.raises(NotPermitted):
        changes.send(erin, change.pk, NOW)
    change.refresh_from_db()

    assert change.state == State.PREPARED
    assert upstream.writes() == []


def test_so_does_a_person_who_was_switched_off(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    User.objects.filter(pk=erin.user.pk).update(is_active=False)
    with pytest.raises((NotPermitted, NoToken)):
        changes.send(erin, change.pk, NOW)

    assert upstream.writes() == []


@pytest.mark.parametrize(
    ("verb", "asked", "written"),
    [
        ("billing_account.create", {"name": "Fresh", "email": "A@b.example"}, ["Fresh", "a@b.example"]),
        ("workspace.create", {"name": "Fresh ", "billing_mode": "single"}, ["Fresh", "single"]),
        ("organization.create", {"name": "Fresh "}, ["Fresh", None]),
        ("organization.create_child", {"name": "Fresh "}, ["Fresh", None]),
    ],
)
def test_what_altostrat_writes_in_its_own_way_is_not_told_as_not_made(
    verb: str, asked: dict[str, Any], written: list[Any]
) -> None:
    payload = changes.Payload(ids={}, before={"_known": {"old": ["Other", None]}}, wanted=asked)
    judge = changes.kind_of(verb).judge

    assert judge(payload, {"_known": {"old": ["Other", None]}, "_is_cut": False}) == Found.NOT_APPLIED
    known = {"old": ["Other", None], "new": written}
    assert judge(payload, {"_known": known, "_is_cut": False}) == Found.CANNOT_TELL


def test_what_changed_underneath_is_compared_first(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename("Mine")
    elsewhere(upstream, {"name": "Theirs", "phone": "+4930123456"})
    other = changes.send(erin, change.pk, NOW)

    assert other.pk != change.pk
    assert upstream.writes() == []
    change.refresh_from_db()
    assert change.state == State.ABANDONED
    rows = changes.find_conflicts(Attempt.of(erin, other))
    assert [(row.name, row.opened, row.now, row.yours) for row in rows] == [
        ("name", "ACME Corp Billing", "Theirs", "Mine"),
        ("phone", "+15551234567", "+4930123456", "+15551234567"),
    ]
    chosen = changes.resolve(erin, other.pk, {"name": "yours", "phone": "now"})
    changes.send(erin, chosen.pk, NOW)
    assert [row["body"] for row in upstream.writes()] == [{"name": "Mine"}]
    assert there(upstream)["phone"] == "+4930123456"


def test_what_is_to_be_compared_is_not_sent_without_it(erin: Actor, upstream: Sandbox) -> None:
    opened = changes.read_current_state(erin, changes.kind_of(UPDATE), IDS)
    elsewhere(upstream, {"name": "Theirs"})
    change = changes.prepare(erin, changes.Draft(UPDATE, IDS, {**opened, "name": "Mine"}, opened=opened))
    sent = changes.send(erin, change.pk, NOW)

    assert (sent.pk, sent.state) == (change.pk, State.PREPARED)
    assert upstream.writes() == []
    assert there(upstream)["name"] == "Theirs"


def test_a_killed_process_leaves_an_unknown_outcome_that_is_looked_up_and_audited(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()
    long_ago = timezone.now() - timedelta(minutes=5)
    Change.objects.filter(pk=change.pk).update(state=State.SENDING, attempts=1, sent_at=long_ago)
    change.refresh_from_db()

    assert changes.effective_state(change) == State.UNKNOWN
    assert changes.settle_stale() == 1
    assert changes.settle_stale() == 0
    looked = changes.check_status(erin, change.pk)
    assert looked.found == Found.NOT_APPLIED
    elsewhere(upstream, {"name": "Renamed"})
    assert changes.check_status(erin, change.pk).found == Found.APPLIED
    assert upstream.writes() == []
    assert [row[1] for row in audited()] == [
        "outcome unknown: the process was stopped while sending",
        "status checked: not applied",
        "status checked: applied",
    ]


@pytest.fixture
def audit_held(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """The next so many lines of the audit find its end held by somebody else, as PostgreSQL says it."""

    def for_(times: int) -> None:
        record, left = audit.record, iter(range(times))

        def held(*arguments: Any, **named: Any) -> AuditEntry:
            if next(left, None) is not None:
                raise OperationalError("canceling statement due to lock timeout")
            return record(*arguments, **named)

        monkeypatch.setattr(audit, "record", held)

    return for_


def test_a_held_audit_is_tried_once_more(
    erin: Actor, rename: Prepare, upstream: Sandbox, audit_held: Callable[[int], None]
) -> None:
    change = rename()
    audit_held(1)
    sent = changes.send(erin, change.pk, NOW)

    assert sent.state == State.SUCCEEDED
    assert sent.settled_at is not None
    assert audited() == [("succeeded", "", "FIN-1")]
    assert len(upstream.writes()) == 1


@pytest.mark.parametrize(
    ("fault", "state", "outcome", "detail"),
    [
        ("", State.SUCCEEDED, "succeeded", ""),
        ("status:409", State.REFUSED, "refused", "Conflict; "),
        ("close_after", State.UNKNOWN, "failed", "outcome unknown: Unreachable: the connection was lost"),
    ],
)
def test_what_altostrat_said_is_kept_and_the_line_is_written_by_whoever_comes_by(
    erin: Actor,
    rename: Prepare,
    upstream: Sandbox,
    audit_held: Callable[[int], None],
    fault: str,
    state: Change.State,
    outcome: str,
    detail: str,
) -> None:
    change = rename()
    if fault:
        upstream.fault(fault, method="PATCH")
    audit_held(4)  # two tries, the look at an unknown outcome, and one who comes by too early
    sent = changes.send(erin, change.pk, NOW)
    assert (sent.state, sent.settled_at, audited()) == (state, None, [])
    assert sum(changes.settle_stale() for _ in range(4)) == 1

    (entry,) = AuditEntry.objects.filter(verb=UPDATE)
    assert entry.outcome == outcome
    assert entry.detail.startswith(detail)
    assert entry.detail.endswith("recorded late")
    assert (entry.upstream_status, entry.upstream_request_id) == (
        sent.upstream_status,
        sent.upstream_request_id,
    )
    assert len(upstream.writes()) == 1


def test_what_is_neither_old_nor_new_is_not_guessed(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    upstream.fault("close_before", method="PATCH")
    upstream.fault("close_before", method="GET", times=None)
    with pytest.raises(Unreachable):
        changes.send(erin, change.pk, NOW)
    upstream.no_faults()
    upstream.fault("close_before", method="PATCH")
    changes.send(erin, change.pk, NOW)
    elsewhere(upstream, {"name": "Third"})

    assert changes.check_status(erin, change.pk).found == Found.CANNOT_TELL


def test_a_slow_process_knows_better_than_who_took_it_for_dead(erin: Actor, rename: Prepare) -> None:
    change = rename()
    Change.objects.filter(pk=change.pk).update(
        state=State.SENDING, attempts=1, sent_at=timezone.now() - timedelta(seconds=20)
    )
    change.refresh_from_db()

    assert changes.settle_stale() == 0
    assert changes.effective_state(change) == State.SENDING


def test_nothing_to_change_asks_nobody(erin: Actor, upstream: Sandbox) -> None:
    opened = changes.read_current_state(erin, changes.kind_of(UPDATE), IDS)
    upstream.clear()
    with pytest.raises(changes.NothingToChange):
        changes.prepare(erin, changes.Draft(UPDATE, IDS, dict(opened), opened=opened))

    assert upstream.requests() == []


def test_the_same_form_is_one_change_and_other_values_are_another(erin: Actor, upstream: Sandbox) -> None:
    form = uuid4()
    one = changes.prepare(erin, changes.Draft(UPDATE, IDS, {"name": "A"}), change_id=form)
    same = changes.prepare(erin, changes.Draft(UPDATE, IDS, {"name": "A"}), change_id=form)
    other = changes.prepare(erin, changes.Draft(UPDATE, IDS, {"name": "B"}), change_id=form)

    assert one.pk == same.pk == form
    assert other.pk != form
    one.refresh_from_db()
    assert one.state == State.ABANDONED
    assert changes.send(erin, one.pk, NOW).state == State.ABANDONED
    assert upstream.writes() == []


def test_undo_brings_back_what_was_and_compares_what_came_after(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename("Renamed", **{"address.city": "Oakland"})
    changes.send(erin, change.pk, NOW)
    elsewhere(upstream, {"phone": "+4930123456"})
    back = changes.undo(erin, change.pk)

    assert changes.find_conflicts(Attempt.of(erin, back))
    elsewhere(upstream, {"phone": "+15551234567"})
    back = changes.undo(erin, change.pk)
    assert not changes.find_conflicts(Attempt.of(erin, back))
    assert back.undoes_id == change.pk
    changes.send(erin, back.pk, NOW)
    assert there(upstream)["name"] == "ACME Corp Billing"
    assert there(upstream)["address"]["city"] == "San Francisco"


def test_nothing_personal_stands_in_the_row(erin: Actor, rename: Prepare) -> None:
    change = rename("Somebody Personal")
    row = repr(Change.objects.filter(pk=change.pk).values())

    assert "Somebody" not in row
    assert "billing@acme.com" not in row
    assert change.envelope.startswith("v1:test:")


@pytest.mark.parametrize(
    ("fault", "found"), [("close_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)]
)
def test_a_lost_creation_is_found_among_the_accounts(
    fault: str, found: Change.Found, erin: Actor, upstream: Sandbox
) -> None:
    wanted = {"name": "Fresh", "email": "a@b.example", "currency": "eur", "address.country": "DE"}
    draft = changes.Draft("billing_account.create", {"workspace_id": IDS["workspace_id"]}, wanted)
    change = changes.prepare(erin, draft)
    upstream.fault(fault, method="POST")
    sent = changes.send(erin, change.pk, NOW)

    assert (sent.state, sent.found) == (State.UNKNOWN, found)
    assert len(upstream.writes()) == 1
    rows = changes.field_changes(Attempt.of(erin, sent))
    assert {row.now for row in rows} == {None}, "the list of accounts says nothing of fields"


@pytest.mark.parametrize(
    ("fault", "found"), [("close_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)]
)
def test_a_lost_deletion_is_found_by_what_is_gone(
    fault: str, found: Change.Found, erin: Actor, upstream: Sandbox
) -> None:
    made = {"name": "Short-lived", "email": "a@b.example", "currency": "eur", "address.country": "DE"}
    workspace = {"workspace_id": IDS["workspace_id"]}
    first = changes.prepare(erin, changes.Draft("billing_account.create", workspace, made))
    ids = changes.payload_of(erin, changes.send(erin, first.pk, NOW)).result_ids
    change = changes.prepare(erin, changes.Draft("billing_account.delete", ids, {}))
    for wrong in (Signature(), Signature(reason="r", ticket="FIN-1", confirmation="short-lived")):
        with pytest.raises(changes.Incomplete):
            changes.send(erin, change.pk, wrong)
    upstream.clear()
    upstream.fault(fault, method="DELETE")
    sent = changes.send(
        erin, change.pk, Signature(reason="r", ticket="FIN-1", confirmation=ids["billing_account_id"])
    )

    assert (sent.state, sent.found) == (State.UNKNOWN, found)
    assert len(upstream.writes()) == 1


def test_what_a_token_does_not_see_is_not_told_as_deleted(erin: Actor, upstream: Sandbox) -> None:
    change = changes.prepare(erin, changes.Draft("billing_account.delete", IDS, {}))
    upstream.fault("close_before", method="DELETE")
    sent = changes.send(
        erin, change.pk, Signature(reason="r", ticket="FIN-1", confirmation=IDS["billing_account_id"])
    )
    assert sent.found == Found.NOT_APPLIED

    for row in AltostratToken.objects.all():
        token_changes.renew(erin, row.pk, text=SUPPORT)

    assert changes.check_status(erin, change.pk).found == Found.CANNOT_TELL
    assert there(upstream)["id"] == IDS["billing_account_id"]


def test_a_kind_of_a_newer_version_stops_nobody(erin: Actor, rename: Prepare) -> None:
    strange, change = rename("One"), rename("Two")
    long_ago = timezone.now() - timedelta(minutes=5)
    Change.objects.filter(pk=strange.pk).update(state=State.SENDING, sent_at=long_ago, verb="moon.land")

    assert changes.send(erin, change.pk, NOW).state == State.SUCCEEDED


def test_what_was_never_sent_does_not_stay(erin: Actor, rename: Prepare) -> None:
    fresh, left, sent = rename("One"), rename("Two"), rename("Three")
    put_aside = changes.abandon(erin, rename("Four").pk)
    changes.send(erin, sent.pk, NOW)
    long_ago = timezone.now() - timedelta(days=8)
    Change.objects.filter(pk__in=(left.pk, put_aside.pk, sent.pk)).update(created_at=long_ago)

    call_command("clear_sessions")

    assert set(Change.objects.values_list("pk", flat=True)) == {fresh.pk, sent.pk}


def test_keys_rotate_under_changes_too(erin: Actor, rename: Prepare, settings: Any) -> None:
    change = rename("Rotated")
    settings.VAULT_KEYS = f"next:{'B' * 43}=,{settings.VAULT_KEYS}"
    resealing.reseal_all(on_failure=lambda what: pytest.fail(what))
    change.refresh_from_db()

    assert change.envelope.startswith("v1:next:")
    assert changes.payload_of(erin, change).wanted == {"name": "Rotated"}


def test_an_account_of_nothing_can_be_deleted(erin: Actor, upstream: Sandbox) -> None:
    ids = {"workspace_id": "ws_failures", "billing_account_id": "cus_nulls"}

    assert changes.prepare(erin, changes.Draft("billing_account.delete", ids, {})).state == State.PREPARED


def test_the_very_same_waits_for_who_means_it_while_nobody_knows_of_the_one_before(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    lost, again = rename(), rename()
    long_ago = timezone.now() - timedelta(hours=5)
    row = Change.objects.filter(pk=lost.pk)
    row.update(
        state=State.UNKNOWN, found=Found.CANNOT_TELL, attempts=1, sent_at=long_ago, settled_at=long_ago
    )
    with pytest.raises(changes.RecentlySent):
        changes.send(erin, again.pk, NOW)

    assert upstream.writes() == []
    row.update(found=Found.NOT_APPLIED)
    assert changes.send(erin, again.pk, NOW).state == State.SUCCEEDED


def test_a_process_that_was_frozen_sends_nothing_when_it_wakes(
    erin: Actor, rename: Prepare, upstream: Sandbox, settings: Any
) -> None:
    change = rename()
    settings.ALTOSTRAT_DEADLINE = -40  # as if so long had passed between the claim and the call
    with pytest.raises(changes.NotReady):
        changes.send(erin, change.pk, NOW)

    assert upstream.writes() == []
