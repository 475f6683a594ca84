"""Promises to pay, snoozes and assignees: on the account's page, in the audit log, and for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from billing.models import AuditEntry, FollowUp, User
from billing.roles import Role
from billing.services.maintenance import resealing
from billing.services.storage import key_ring
from tests.html import one, text, texts
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE, panel
from tests.pages.conftest import client_of
from tests.pages.invoices.conftest import PutInvoices
from tests.tokens import FINANCE

FOLLOW_UP = f"{DOCUMENTED}follow-up/"
SHOWN = ".follow-up"
DUE = {"number": "A-1", "amount_due": 10_000, "due_date": "2026-02-01T00:00:00Z"}


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def post(client: Client, action: str, **fields: object) -> None:
    answer = client.post(FOLLOW_UP, {"action": action, **fields})
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"] == f"{DOCUMENTED}#notes"


@pytest.fixture
def erin(alice: Client) -> Client:
    """Return a second editor, whose own token can access the same account."""
    return client_of("erin", Role.EDITOR, FINANCE)


def test_promise_is_shown_to_others_with_access_and_recorded(
    alice: Client, erin: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(DUE)
    post(alice, "promise", day=day(3), amount_usd="40.50", note="Erika called")

    shown = text(one(erin.get(DOCUMENTED), SHOWN))
    assert "Payment promised for" in shown
    assert "$40.50\xa0USD" in shown.replace(" USD", "\xa0USD")
    assert "Erika called" in shown
    assert "alice" in shown
    assert "Promise broken" not in shown
    entry = AuditEntry.objects.get(verb="promise.record")
    assert (entry.actor_name, entry.workspace_id, entry.billing_account_id) == ("alice", WORKSPACE, ACCOUNT)
    assert "Erika" not in str(AuditEntry.objects.values_list())
    assert "Record a promise to pay" in text(alice.get(panel(DOCUMENTED, "timeline")))


def test_promise_is_broken_only_while_its_invoice_is_still_open(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(DUE)
    post(alice, "promise", day=day(0))
    FollowUp.objects.update(promised_for=timezone.localdate() - timedelta(days=1))

    assert "Promise broken $100.00 USD left" in text(one(alice.get(DOCUMENTED), SHOWN)).replace("\xa0", " ")
    put_invoices({**DUE, "status": "paid", "amount_paid": 10_000})
    assert "Promise kept" in text(one(alice.get(DOCUMENTED), SHOWN))


def test_withdrawn_promise_and_ended_snooze_disappear(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(DUE)
    post(alice, "promise", day=day(3))
    post(alice, "snooze", until=day(3), reason="Waits for a credit note")
    assert "Snoozed until" in text(one(alice.get(DOCUMENTED), SHOWN))
    post(alice, "withdraw")
    post(alice, "wake")

    assert texts(alice.get(DOCUMENTED), SHOWN) == []
    assert FollowUp.objects.get().envelope == ""
    verbs = AuditEntry.objects.filter(verb__regex="^(promise|snooze)").order_by("pk")
    assert [row.verb for row in verbs] == ["promise.record", "snooze.start", "promise.withdraw", "snooze.end"]


def test_assignee_has_a_name_and_may_read_billing_data(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(DUE)
    client_of("olaf", Role.AUDITOR, None)
    victor = User.objects.get(username=client_of("victor", Role.VIEWER, None) and "victor")
    User.objects.filter(pk=victor.pk).update(first_name="Victor", last_name="Ek")
    post(alice, "assign", assignee=victor.pk)

    assert "Assigned to Victor Ek" in text(one(alice.get(DOCUMENTED), SHOWN))
    assert "olaf" not in texts(alice.get(FOLLOW_UP), "#id_assignee option")
    victor.delete()
    assert texts(alice.get(DOCUMENTED), SHOWN) == []


def test_same_form_twice_is_recorded_once(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(DUE)
    for _ in range(2):
        post(alice, "snooze", until=day(3), reason="Call again")
        post(alice, "promise", day=day(3), note="by phone")

    assert AuditEntry.objects.filter(verb__in=("snooze.start", "promise.record")).count() == 2


@pytest.mark.parametrize(
    ("action", "fields", "error"),
    [
        ("promise", {"day": day(-1)}, "Choose a later date."),
        ("promise", {"day": day(1), "amount_usd": "100.01"}, "at most what the account owes"),
        ("promise", {"day": day(1), "amount_usd": "0"}, "above zero"),
        ("promise", {"day": day(1), "amount_usd": "1.001"}, "2 decimal places"),
        ("promise", {}, "Enter a date."),
        ("snooze", {"until": day(0), "reason": "x"}, "Choose a later date."),
        ("snooze", {"until": day(1)}, "Enter a reason."),
        ("assign", {"assignee": "999999"}, "Select a valid choice"),
        ("unknown", {}, ""),
    ],
)
def test_invalid_input_is_refused(
    action: str, fields: dict[str, str], error: str, alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(DUE)
    answer = alice.post(FOLLOW_UP, {"action": action, **fields})

    assert answer.status_code == 422
    assert error in answer.text
    assert not FollowUp.objects.exists()


def test_follow_up_is_hidden_without_access_to_the_account(
    alice: Client, carol: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(DUE)
    post(alice, "snooze", until=day(3), reason="Secret reason")
    Group.objects.get(name=Role.EDITOR.value).user_set.add(User.objects.get(username="carol"))

    for address in (DOCUMENTED, f"{DOCUMENTED}panels/notes/", FOLLOW_UP):
        assert "Secret reason" not in carol.get(address).text
    assert carol.post(FOLLOW_UP, {"action": "wake"}).status_code == 404
    assert FollowUp.objects.get().snoozed_until is not None


def test_texts_are_sealed_and_resealed(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(DUE)
    post(alice, "snooze", until=day(3), reason="Erika is ill")
    row = FollowUp.objects.get()

    assert "Erika" not in str(FollowUp.objects.values().get())
    assert row.envelope.startswith(key_ring.key_ring().first_prefix)
    assert "Follow-up" in {sealed.name for sealed in resealing.SEALED}


def test_viewer_sees_but_cannot_change(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(DUE)
    post(alice, "snooze", until=day(3), reason="Wait")
    victor = client_of("victor", Role.VIEWER, FINANCE)

    assert "Snoozed until" in text(victor.get(DOCUMENTED))
    assert "Follow up" not in texts(victor.get(DOCUMENTED), "a.btn")
    assert victor.post(FOLLOW_UP, {"action": "wake"}).status_code == 403
