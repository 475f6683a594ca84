"""A change is sent at most once, and its outcome is never guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from billing.altostrat.errors import Unreachable
from billing.models import AltostratToken, AuditEntry, Change, User
from billing.roles import Role
from billing.services import audit, changes
from billing.services.actor import Actor, NotPermitted
from billing.services.changes import Attempt, Signature
from billing.services.maintenance import resealing
from billing.services.tokens import NoToken
from billing.services.tokens import manage as token_changes
from tests.pages.addresses import ACCOUNT, WORKSPACE
from tests.plugins.processes import Sandbox
from tests.services.cast import actor_called
from tests.services.changes.conftest import IDS, UPDATE, Prepare, change_upstream_account, upstream_account
from tests.tokens import FINANCE, SUPPORT

State, Found = Change.State, Change.Found
NOW = Signature(reason="a ticket says so", ticket="FIN-1")


def audited() -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(verb=UPDATE).order_by("pk")
    return [(row.outcome, row.detail, row.ticket) for row in rows]


def test_only_changed_fields_are_sent_and_the_result_is_read(
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


def test_address_is_sent_whole_with_removed_parts_empty(
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
        ("until_close:1.0", Found.APPLIED, "Renamed"),
        ("until_close:1.1", Found.APPLIED, "Renamed"),
        ("hang_before", Found.NOT_APPLIED, "ACME Corp Billing"),
        ("close_before", Found.NOT_APPLIED, "ACME Corp Billing"),
        ("status:500", Found.NOT_APPLIED, "ACME Corp Billing"),
        ("status:503", Found.NOT_APPLIED, "ACME Corp Billing"),
        ("status:504", Found.NOT_APPLIED, "ACME Corp Billing"),
        *((f"status_after:{code}", Found.APPLIED, "Renamed") for code in (408, 425, 421, 499)),
        *((f"status:{code}", Found.NOT_APPLIED, "ACME Corp Billing") for code in (408, 499)),
    ],
)
def test_unreliable_answer_is_checked_and_not_repeated(
    fault: str, found: Change.Found, name: str, erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()
    upstream.fault(fault, method="PATCH")
    sent = changes.send(erin, change.pk, NOW)

    assert sent.state == State.UNKNOWN
    assert sent.found == found
    assert len(upstream.writes()) == 1
    assert upstream_account(upstream)["name"] == name
    assert changes.send(erin, change.pk, NOW, attempts=1).state == State.UNKNOWN
    assert len(upstream.writes()) == 1
    first, second = audited()
    assert first[0] == "failed"
    assert first[1].startswith("outcome unknown: ")
    assert second[1] == f"status checked: {found}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429])
def test_refused_change_can_be_sent_again(
    status: int, erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename()
    upstream.fault(f"status:{status}", method="PATCH")
    sent = changes.send(erin, change.pk, NOW)

    assert sent.state == State.REFUSED
    assert sent.upstream_status == status
    assert len(upstream.writes()) == 1
    assert audited()[0][0] == "refused"
    cache.clear()  # after a 429, the portal sends nothing with the token for a while
    assert changes.send(erin, rename().pk, NOW).state == State.SUCCEEDED


def test_refusal_is_stored_by_field(erin: Actor, upstream: Sandbox) -> None:
    draft = changes.Draft(UPDATE, IDS, {"email": "no address"})
    sent = changes.send(erin, changes.prepare(erin, draft).pk, NOW)

    said = changes.payload_of(erin, sent).refusal
    assert sent.state == State.REFUSED
    assert said["fields"] == {"email": ["The email field must be a valid email address."]}


def test_unsent_change_waits_for_another_click(
    erin: Actor, rename: Prepare, upstream: Sandbox, settings: Any
) -> None:
    change = rename()
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 2  # the read for the review, and the one before sending
    sent = changes.send(erin, change.pk, NOW)

    assert (sent.state, sent.attempts) == (State.PREPARED, 1)
    assert sent.failure == "RateLimited: the token's request budget is used up"
    assert upstream.writes() == []
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 0
    assert changes.send(erin, change.pk, NOW, attempts=0).state == State.PREPARED, "a click on the older page"
    assert upstream.writes() == []
    assert changes.send(erin, change.pk, NOW, attempts=1).state == State.SUCCEEDED
    assert len(upstream.writes()) == 1


def test_unreachable_altostrat_leaves_the_change_prepared(
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


def test_sending_again_does_not_write_again(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    for attempt in (0, 0, 1):
        assert changes.send(erin, change.pk, NOW, attempts=attempt).state == State.SUCCEEDED

    assert len(upstream.writes()) == 1


def test_same_change_from_another_tab_needs_confirmation(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    one, other = rename(), rename()
    changes.send(erin, one.pk, NOW)
    change_upstream_account(upstream, {"name": "ACME Corp Billing"})
    with pytest.raises(changes.RecentlySent):
        changes.send(erin, other.pk, NOW)

    assert upstream.writes() == []
    other.refresh_from_db()
    assert (other.state, other.attempts, other.sent_at) == (State.PREPARED, 0, None)
    changes.send(erin, other.pk, Signature(send_anyway=True))
    assert len(upstream.writes()) == 1


def test_refusal_does_not_lift_the_block_of_an_earlier_success(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    done, refused, third = rename(), rename(), rename()
    changes.send(erin, done.pk, NOW)
    change_upstream_account(upstream, {"name": "ACME Corp Billing"})
    upstream.fault("status:422", method="PATCH")
    assert changes.send(erin, refused.pk, Signature(send_anyway=True)).state == State.REFUSED
    with pytest.raises(changes.RecentlySent):
        changes.send(erin, third.pk, NOW)

    assert len(upstream.writes()) == 1


def test_deleted_token_sends_nothing(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    token_changes.delete(erin, AltostratToken.objects.get().pk)
    with pytest.raises(NoToken):
        changes.send(erin, change.pk, NOW)

    change.refresh_from_db()
    assert change.state == State.PREPARED
    assert upstream.writes() == []


def test_other_person_can_neither_see_nor_send_it(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    fay = actor_called("fay", token=FINANCE)

    with pytest.raises(changes.ChangeNotFound):
        changes.send(fay, change.pk, NOW)
    with pytest.raises(changes.ChangeNotFound):
        changes.payload_of(fay, change)
    hers = changes.prepare(fay, changes.Draft(UPDATE, IDS, {"name": "x"}), change_id=change.pk)
    assert hers.pk != change.pk
    assert Change.objects.get(pk=change.pk).state == State.PREPARED
    assert upstream.writes() == []


def test_viewer_can_neither_prepare_nor_send(erin: Actor, rename: Prepare) -> None:
    change = rename()
    reader = Actor(erin.user, erin.door, actor_called("vic", Role.VIEWER).permissions)

    with pytest.raises(NotPermitted):
        changes.send(reader, change.pk, NOW)
    with pytest.raises(NotPermitted):
        changes.prepare(reader, changes.Draft(UPDATE, IDS, {"name": "x"}))


def test_role_revoked_after_the_click_sends_nothing(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    erin.user.groups.clear()
    with pytest.raises(NotPermitted):
        changes.send(erin, change.pk, NOW)
    change.refresh_from_db()

    assert change.state == State.PREPARED
    assert upstream.writes() == []


def test_deactivated_person_sends_nothing(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
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
def test_new_object_with_other_spelling_leaves_the_outcome_unknown(
    verb: str, asked: dict[str, Any], written: list[Any]
) -> None:
    payload = changes.Payload(ids={}, before={"_known": {"old": ["Other", None]}}, wanted=asked)
    judge = changes.kind_of(verb).check_outcome

    assert judge(payload, {"_known": {"old": ["Other", None]}, "_is_cut": False}) == Found.NOT_APPLIED
    known = {"old": ["Other", None], "new": written}
    assert judge(payload, {"_known": known, "_is_cut": False}) == Found.CANNOT_TELL


def test_changed_object_is_compared_before_sending(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename("Mine")
    change_upstream_account(upstream, {"name": "Theirs", "phone": "+4930123456"})
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
    assert upstream_account(upstream)["phone"] == "+4930123456"


def test_change_with_conflicts_is_not_sent(erin: Actor, upstream: Sandbox) -> None:
    opened = changes.read_current_state(erin, changes.kind_of(UPDATE), IDS)
    change_upstream_account(upstream, {"name": "Theirs"})
    change = changes.prepare(erin, changes.Draft(UPDATE, IDS, {**opened, "name": "Mine"}, opened=opened))
    sent = changes.send(erin, change.pk, NOW)

    assert (sent.pk, sent.state) == (change.pk, State.PREPARED)
    assert upstream.writes() == []
    assert upstream_account(upstream)["name"] == "Theirs"


def test_change_of_a_killed_process_is_checked_and_audited(
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
    change_upstream_account(upstream, {"name": "Renamed"})
    assert changes.check_status(erin, change.pk).found == Found.APPLIED
    assert upstream.writes() == []
    assert [row[1] for row in audited()] == [
        "outcome unknown: the process was stopped while sending",
        "status checked: not applied",
        "status checked: applied",
    ]


@pytest.fixture
def audit_held(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the next audit entries with results fail as if somebody else locked the log on PostgreSQL."""

    def for_(times: int) -> None:
        record, left = audit.record, iter(range(times))

        def held(actor: Actor, verb: str, *arguments: Any, **named: Any) -> AuditEntry:
            if verb == UPDATE and next(left, None) is not None:
                raise OperationalError("canceling statement due to lock timeout")
            return record(actor, verb, *arguments, **named)

        monkeypatch.setattr(audit, "record", held)

    return for_


def test_locked_audit_log_is_tried_again(
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
def test_outcome_is_kept_and_its_audit_entry_written_later(
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
    audit_held(4)  # two tries, the check of an unknown outcome, and a later request that comes too early
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


def test_third_value_leaves_the_outcome_unknown(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    upstream.fault("close_before", method="PATCH")
    upstream.fault("close_before", method="GET", times=None)
    with pytest.raises(Unreachable):
        changes.send(erin, change.pk, NOW)
    upstream.no_faults()
    upstream.fault("close_before", method="PATCH")
    changes.send(erin, change.pk, NOW)
    change_upstream_account(upstream, {"name": "Third"})

    assert changes.check_status(erin, change.pk).found == Found.CANNOT_TELL


def test_slow_process_is_not_given_up_too_early(erin: Actor, rename: Prepare) -> None:
    change = rename()
    Change.objects.filter(pk=change.pk).update(
        state=State.SENDING, attempts=1, sent_at=timezone.now() - timedelta(seconds=20)
    )
    change.refresh_from_db()

    assert changes.settle_stale() == 0
    assert changes.effective_state(change) == State.SENDING


def test_untouched_form_makes_no_request(erin: Actor, upstream: Sandbox) -> None:
    opened = changes.read_current_state(erin, changes.kind_of(UPDATE), IDS)
    upstream.clear()
    with pytest.raises(changes.NothingToChange):
        changes.prepare(erin, changes.Draft(UPDATE, IDS, dict(opened), opened=opened))

    assert upstream.requests() == []


def test_same_form_is_one_change_and_other_values_are_another(erin: Actor, upstream: Sandbox) -> None:
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


def test_undo_restores_former_values_and_compares_later_ones(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    change = rename("Renamed", **{"address.city": "Oakland"})
    changes.send(erin, change.pk, NOW)
    change_upstream_account(upstream, {"phone": "+4930123456"})
    back = changes.undo(erin, change.pk)

    assert changes.find_conflicts(Attempt.of(erin, back))
    change_upstream_account(upstream, {"phone": "+15551234567"})
    back = changes.undo(erin, change.pk)
    assert not changes.find_conflicts(Attempt.of(erin, back))
    assert back.undoes_id == change.pk
    changes.send(erin, back.pk, NOW)
    assert upstream_account(upstream)["name"] == "ACME Corp Billing"
    assert upstream_account(upstream)["address"]["city"] == "San Francisco"


def test_row_holds_no_personal_data_in_clear(erin: Actor, rename: Prepare) -> None:
    change = rename("Somebody Personal")
    row = repr(Change.objects.filter(pk=change.pk).values())

    assert "Somebody" not in row
    assert "billing@acme.com" not in row
    assert change.envelope.startswith("v1:test:")


@pytest.mark.parametrize(
    ("fault", "found"), [("close_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)]
)
def test_creation_without_answer_is_found_among_the_accounts(
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
    assert {row.now for row in rows} == {None}, "the list of accounts does not show the fields"


@pytest.mark.parametrize(
    ("fault", "found"), [("close_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)]
)
def test_deletion_without_answer_is_found_by_the_missing_account(
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


def test_account_that_a_token_cannot_see_is_not_called_deleted(erin: Actor, upstream: Sandbox) -> None:
    change = changes.prepare(erin, changes.Draft("billing_account.delete", IDS, {}))
    upstream.fault("close_before", method="DELETE")
    sent = changes.send(
        erin, change.pk, Signature(reason="r", ticket="FIN-1", confirmation=IDS["billing_account_id"])
    )
    assert sent.found == Found.NOT_APPLIED

    for row in AltostratToken.objects.all():
        token_changes.renew(erin, row.pk, text=SUPPORT)

    assert changes.check_status(erin, change.pk).found == Found.CANNOT_TELL
    assert upstream_account(upstream)["id"] == IDS["billing_account_id"]


def test_unknown_kind_of_a_newer_version_is_skipped(erin: Actor, rename: Prepare) -> None:
    strange, change = rename("One"), rename("Two")
    long_ago = timezone.now() - timedelta(minutes=5)
    Change.objects.filter(pk=strange.pk).update(state=State.SENDING, sent_at=long_ago, verb="moon.land")

    assert changes.send(erin, change.pk, NOW).state == State.SUCCEEDED


def test_unsent_changes_are_deleted_after_a_week(erin: Actor, rename: Prepare) -> None:
    fresh, left, sent = rename("One"), rename("Two"), rename("Three")
    abandoned = changes.abandon(erin, rename("Four").pk)
    changes.send(erin, sent.pk, NOW)
    long_ago = timezone.now() - timedelta(days=8)
    Change.objects.filter(pk__in=(left.pk, abandoned.pk, sent.pk)).update(created_at=long_ago)

    call_command("clear_sessions")

    assert set(Change.objects.values_list("pk", flat=True)) == {fresh.pk, sent.pk}


def test_changes_are_resealed_with_a_new_key(erin: Actor, rename: Prepare, settings: Any) -> None:
    change = rename("Rotated")
    settings.VAULT_KEYS = f"next:{'B' * 43}=,{settings.VAULT_KEYS}"
    resealing.reseal_all(on_failure=lambda what: pytest.fail(what))
    change.refresh_from_db()

    assert change.envelope.startswith("v1:next:")
    assert changes.payload_of(erin, change).wanted == {"name": "Rotated"}


def test_account_without_values_can_be_deleted(erin: Actor, upstream: Sandbox) -> None:
    ids = {"workspace_id": "ws_failures", "billing_account_id": "cus_nulls"}

    assert changes.prepare(erin, changes.Draft("billing_account.delete", ids, {})).state == State.PREPARED


def test_same_change_needs_confirmation_while_the_first_is_unknown(
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
    row.update(found=Found.NOT_APPLIED, looked_at=timezone.now())
    assert changes.send(erin, again.pk, NOW).state == State.SUCCEEDED


def test_frozen_process_sends_nothing_when_it_resumes(
    erin: Actor, rename: Prepare, upstream: Sandbox, settings: Any
) -> None:
    change = rename()
    settings.ALTOSTRAT_DEADLINE = -40  # as if this much time had passed between the claim and the call
    with pytest.raises(changes.NotReady):
        changes.send(erin, change.pk, NOW)

    assert upstream.writes() == []


def test_object_that_is_missing_after_a_success_is_deleted_only_if_its_workspace_is_visible(
    erin: Actor, rename: Prepare, upstream: Sandbox
) -> None:
    sent = changes.send(erin, rename().pk, NOW)
    upstream.fault("status:404", f"/{ACCOUNT}$", method="GET", times=None)
    upstream.fault("status:404", f"/{WORKSPACE}$", method="GET", times=1)

    lost = changes.check_status(erin, sent.pk)
    assert (lost.state, changes.payload_of(erin, lost).is_gone) == (State.SUCCEEDED, False)
    deleted = changes.check_status(erin, sent.pk)
    assert (deleted.state, changes.payload_of(erin, deleted).is_gone) == (State.SUCCEEDED, True)
