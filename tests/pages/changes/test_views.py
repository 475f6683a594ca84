"""The pages of a change: what is typed there stays, a refused token is the right one, and what is not known is told."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from billing.models import AuditEntry, Change, User
from billing.roles import Role
from billing.services import changes
from billing.services.changes import Draft
from billing.services.changes.kinds.subscriptions import REPLACE
from billing.services.tokens import manage as token_changes
from tests.pages.addresses import DOCUMENTED, WORKSPACE
from tests.pages.changes.test_form_failures import alices
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import IDS, UPDATE
from tests.services.changes.kinds.subscriptions import ACME, elsewhere, prepared
from tests.tokens import FINANCE

State, Found = Change.State, Change.Found


def renamed() -> Change:
    return changes.prepare(alices(), Draft(UPDATE, IDS, {"name": "Renamed"}))


def left_behind(change: Change) -> Change:
    """As a killed process leaves it."""
    ago = timezone.now() - timedelta(minutes=5)
    Change.objects.filter(pk=change.pk).update(state=State.SENDING, attempts=1, sent_at=ago)
    return change


def test_a_refused_token_of_the_workspace_is_the_one_to_renew_and_the_way_back_is_the_review(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    token_changes.save(alices(), text=FINANCE, label="Of the workspace", workspace_id=WORKSPACE, verify=False)
    change = renamed()
    fresh_sandbox.fault("status:401", method="GET")
    page = alice.post(f"/changes/{change.pk}/send/", {"attempt": "0", "reason": "A long reason"}).text

    assert "Renew “Of the workspace”" in page
    assert f'name="next" value="/changes/{change.pk}/"' in page
    assert f'href="/changes/{change.pk}/">Back to the review' in page
    assert "A long reason" in alice.get(f"/changes/{change.pk}/").text


def test_what_is_no_ticket_is_not_kept_and_nothing_is_asked(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = prepared(alices(), REPLACE, locations=12)
    fresh_sandbox.clear()
    answer = alice.post(f"/changes/{change.pk}/again/", {"reason": "Typed", "ticket": "Jane Doe"})
    change.refresh_from_db()

    assert answer.status_code == 422
    assert "Enter only the ticket number" in answer.text
    assert "Typed" in answer.text
    assert (change.state, change.ticket) == (State.PREPARED, "")
    assert fresh_sandbox.requests() == []
    answer = alice.post(f"/changes/{change.pk}/again/", {"reason": "Typed", "ticket": "FIN-1"})
    assert "Typed" in alice.get(answer.headers["Location"]).text


def test_nothing_to_send_any_more_leads_to_the_object(alice: Client, fresh_sandbox: Sandbox) -> None:
    change, other = renamed(), renamed()
    alice.post(f"/changes/{change.pk}/send/", {"attempt": "0"})
    answer = alice.post(f"/changes/{other.pk}/send/", {"attempt": "0"}, follow=True)

    assert "Nothing to change: Altostrat already has these values." in answer.text
    other.refresh_from_db()
    assert other.state == State.ABANDONED
    assert len(fresh_sandbox.writes()) == 1


def test_what_nobody_knows_about_is_told_before_another_one(alice: Client, fresh_sandbox: Sandbox) -> None:
    change, other = renamed(), changes.prepare(alices(), Draft(UPDATE, IDS, {"name": "Other"}))
    left_behind(change)
    answer = alice.post(f"/changes/{other.pk}/send/", {"attempt": "0"})

    assert answer.status_code == 409
    assert f'href="/changes/{change.pk}/">Check the status of the change' in answer.text
    assert "Send it anyway" in answer.text
    assert fresh_sandbox.writes() == []
    answer = alice.post(f"/changes/{other.pk}/send/", {"attempt": "0", "send_anyway": "on"})
    other.refresh_from_db()
    assert other.state == State.SUCCEEDED


@pytest.mark.parametrize("address", ["/", "/audit/", DOCUMENTED, f"{DOCUMENTED}history/"])
def test_who_comes_by_settles_what_a_killed_process_left(
    address: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    change = left_behind(renamed())
    user = User.objects.get(username="alice")
    user.groups.add(Group.objects.get_or_create(name=Role.AUDITOR.value)[0])
    page = alice.get(address).text

    assert AuditEntry.objects.filter(
        verb=UPDATE, detail__contains="the process that sent it was stopped"
    ).exists()
    assert Change.objects.get(pk=change.pk).state == State.UNKNOWN
    if address in ("/audit/", f"{DOCUMENTED}history/"):
        assert "outcome unknown" in page


def test_so_does_the_nightly_command(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = left_behind(renamed())
    call_command("clear_sessions")

    assert Change.objects.get(pk=change.pk).state == State.UNKNOWN


def test_the_first_page_tells_of_it_until_it_is_known(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = left_behind(renamed())
    assert f'href="/changes/{change.pk}/">Edit the billing account' in alice.get("/").text
    alice.get(f"/changes/{change.pk}/")  # it is read: not applied

    assert f"/changes/{change.pk}/" not in alice.get("/").text


def test_who_may_only_read_is_offered_no_button_that_writes(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = left_behind(renamed())
    assert "Prepare again" in alice.get(f"/changes/{change.pk}/").text
    user = User.objects.get(username="alice")
    user.groups.set([Group.objects.get_or_create(name=Role.VIEWER.value)[0]])
    page = alice.get(f"/changes/{change.pk}/").text

    assert "Outcome unknown" in page
    for words in ("Prepare again", "Check status</button>"):
        assert words not in html.unescape(page)


def test_a_status_that_changed_has_nothing_to_choose(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = prepared(alices(), REPLACE, locations=12)
    elsewhere(fresh_sandbox, {"action": "pause"})
    data = {"attempt": "0", "reason": "r", "ticket": "FIN-1"}
    page = alice.post(f"/changes/{change.pk}/send/", data, follow=True).text

    assert "Altostrat has different values now" in page
    assert re.findall(r'name="choice\.([^"]*)"', page) == ["product.locations", "product.locations"]
    assert "Paused" in page
    assert ACME["subscription_id"] in page
