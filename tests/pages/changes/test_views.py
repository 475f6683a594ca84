"""The pages of a change: the review keeps its input, and an unknown outcome is shown until it is known."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from billing.models import AuditEntry, Change, KeptCopy, User
from billing.roles import Role
from billing.services import changes
from billing.services.changes import Draft, Signature
from billing.services.changes.kinds.subscriptions import REPLACE
from billing.services.tokens import manage as token_changes
from tests import html
from tests.pages.addresses import DOCUMENTED, WORKSPACE
from tests.pages.forms import alice_as_actor, form_values
from tests.pages.scans import steps as scan_steps
from tests.plugins.processes import Sandbox
from tests.services.cast import actor_called
from tests.services.changes.conftest import IDS, UPDATE
from tests.services.changes.kinds.subscriptions import (
    ACME,
    change_upstream_subscription,
    prepare_change,
    received_previews,
)
from tests.tokens import FINANCE

State = Change.State


def renamed() -> Change:
    return changes.prepare(alice_as_actor(), Draft(UPDATE, IDS, {"name": "Renamed"}))


def abandoned_by_process(change: Change) -> Change:
    """Return the change after its process was killed."""
    ago = timezone.now() - timedelta(minutes=5)
    Change.objects.filter(pk=change.pk).update(state=State.SENDING, attempts=1, sent_at=ago)
    return change


def test_review_asks_to_renew_the_refused_token_of_the_workspace(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    token_changes.save(
        alice_as_actor(), text=FINANCE, label="Of the workspace", workspace_id=WORKSPACE, verify=False
    )
    change = renamed()
    fresh_sandbox.fault("status:401", method="GET")
    page = alice.post(f"/changes/{change.pk}/send/", {"attempt": "0", "reason": "A long reason"})

    assert "Renew “Of the workspace”" in html.text(page)
    assert html.attributes(page, "input[name=next]", "value") == [f"/changes/{change.pk}/"]
    assert f"/changes/{change.pk}/" in html.attributes(page, "main a", "href")
    assert form_values(alice.get(f"/changes/{change.pk}/"))["reason"] == "A long reason"


def test_review_names_the_customer_of_a_scan_if_no_copy_is_kept(alice: Client) -> None:
    change = prepare_change(alice_as_actor(), REPLACE, locations=12)
    scan_steps.read(alice, "directory")
    KeptCopy.objects.all().delete()

    page = alice.get(f"/changes/{change.pk}/")

    assert html.texts(page, "h1") == ["ACME Corp Billing: change quantities"]


def test_outcome_and_list_name_the_customer(alice: Client, fresh_sandbox: Sandbox) -> None:
    scan_steps.read(alice, "directory")
    change = prepare_change(alice_as_actor(), REPLACE, locations=12)
    changes.send(alice_as_actor(), change.pk, Signature(reason="A long reason", ticket="FIN-1"))
    outcome = alice.get(f"/changes/{change.pk}/")

    heading = f"ACME Corp Billing · Change quantities: {ACME['subscription_id']}"
    assert html.texts(outcome, ".change > .kind") == [heading]
    title = html.one(outcome, "title").text()
    assert title.startswith("ACME Corp Billing: Change quantities: succeeded")
    assert html.texts(alice.get("/changes/"), "td .row-note") == ["ACME Corp Billing"]


@pytest.mark.parametrize("is_own", [True, False])
def test_review_says_who_sent_a_change_with_an_unknown_outcome(
    is_own: bool, alice: Client, fresh_sandbox: Sandbox
) -> None:
    other = alice_as_actor() if is_own else actor_called("erin")
    if not is_own:
        token_changes.save(other, text=FINANCE, label="t", verify=False)
    fresh_sandbox.fault("hang_before", method="PATCH")
    changes.send(
        other,
        changes.prepare(other, Draft(UPDATE, IDS, {"name": "Lost"})).pk,
        Signature(reason="A long reason", ticket="FIN-1"),
    )
    review = f"/changes/{renamed().pk}/"

    page = alice.post(f"{review}send/", form_values(alice.get(review)) | {"reason": "A long reason"})

    shown = html.text(page)
    assert "The outcome of an earlier change is still unknown." in shown
    assert ("Check the status of the change" in shown) is is_own
    assert ("Someone else sent that change" in shown) is not is_own


def test_invalid_ticket_is_not_kept_and_makes_no_new_preview(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = prepare_change(alice_as_actor(), REPLACE, locations=12)
    fresh_sandbox.clear()
    answer = alice.post(f"/changes/{change.pk}/repeat/", {"reason": "Typed", "ticket": "Jane Doe"})
    change.refresh_from_db()

    assert answer.status_code == 422
    assert "Enter only the ticket number" in html.field_error(answer, "ticket")
    assert form_values(answer)["reason"] == "Typed"
    assert (change.state, change.ticket) == (State.PREPARED, "")
    assert len(fresh_sandbox.requests()) == 1
    assert received_previews(fresh_sandbox) == [{"subscription_id": change.ids["subscription_id"]}]
    answer = alice.post(f"/changes/{change.pk}/repeat/", {"reason": "Typed", "ticket": "FIN-1"})
    assert form_values(alice.get(answer.headers["Location"]))["reason"] == "Typed"


def test_change_without_a_difference_is_discarded(alice: Client, fresh_sandbox: Sandbox) -> None:
    change, other = renamed(), renamed()
    alice.post(f"/changes/{change.pk}/send/", {"attempt": "0"})
    answer = alice.post(f"/changes/{other.pk}/send/", {"attempt": "0"}, follow=True)

    assert html.alerts(answer) == ["Nothing to change: Altostrat already has these values."]
    other.refresh_from_db()
    assert other.state == State.ABANDONED
    assert len(fresh_sandbox.writes()) == 1


def test_unknown_outcome_is_shown_before_another_change(alice: Client, fresh_sandbox: Sandbox) -> None:
    change, other = renamed(), changes.prepare(alice_as_actor(), Draft(UPDATE, IDS, {"name": "Other"}))
    abandoned_by_process(change)
    answer = alice.post(f"/changes/{other.pk}/send/", {"attempt": "0"})

    assert answer.status_code == 409
    assert html.attributes(answer, ".note a", "href") == [f"/changes/{change.pk}/"]
    assert "Send it anyway" in html.texts(answer, "label")
    assert fresh_sandbox.writes() == []
    answer = alice.post(f"/changes/{other.pk}/send/", {"attempt": "0", "send_anyway": "on"})
    other.refresh_from_db()
    assert other.state == State.SUCCEEDED


@pytest.mark.parametrize("address", ["/", "/audit/", DOCUMENTED, f"{DOCUMENTED}history/"])
def test_any_page_settles_a_change_of_a_killed_process(
    address: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    change = abandoned_by_process(renamed())
    user = User.objects.get(username="alice")
    user.groups.add(Group.objects.get_or_create(name=Role.AUDITOR.value)[0])
    page = alice.get(address)

    assert AuditEntry.objects.filter(
        verb=UPDATE, detail__contains="the process was stopped while sending"
    ).exists()
    assert Change.objects.get(pk=change.pk).state == State.UNKNOWN
    if address in ("/audit/", f"{DOCUMENTED}history/"):
        assert "outcome unknown" in html.text(page)


def test_nightly_command_settles_a_change_of_a_killed_process(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = abandoned_by_process(renamed())
    call_command("clear_sessions")

    assert Change.objects.get(pk=change.pk).state == State.UNKNOWN


def test_home_shows_a_change_until_its_outcome_is_known(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = abandoned_by_process(renamed())
    assert f"/changes/{change.pk}/" in html.attributes(alice.get("/"), "a", "href")
    alice.get(f"/changes/{change.pk}/")  # reads that it was not applied

    assert f"/changes/{change.pk}/" not in html.attributes(alice.get("/"), "a", "href")


def test_viewer_gets_no_button_that_writes(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = abandoned_by_process(renamed())
    assert "Prepare again" in html.texts(alice.get(f"/changes/{change.pk}/"), "main button")
    user = User.objects.get(username="alice")
    user.groups.set([Group.objects.get_or_create(name=Role.VIEWER.value)[0]])
    page = alice.get(f"/changes/{change.pk}/")

    assert html.text(html.one(page, "h1")) == "Outcome unknown"
    assert html.select(page, "main form") == []


def test_comparison_offers_no_choice_for_facts(alice: Client, fresh_sandbox: Sandbox) -> None:
    change = prepare_change(alice_as_actor(), REPLACE, locations=12)
    change_upstream_subscription(fresh_sandbox, {"action": "pause"})
    data = {"attempt": "0", "reason": "r", "ticket": "FIN-1"}
    page = alice.post(f"/changes/{change.pk}/send/", data, follow=True)

    assert html.text(html.one(page, "h1")) == "Altostrat has different values now"
    assert html.attributes(page, "input[type=radio]", "name") == ["choice.product.locations"] * 2
    assert "Paused" in html.text(page)
    assert ACME["subscription_id"] in html.text(page)


@pytest.mark.parametrize("status", [408, 425, 499])
def test_timeout_of_a_proxy_is_no_refusal(alice: Client, fresh_sandbox: Sandbox, status: int) -> None:
    change = renamed()
    fresh_sandbox.fault(f"status_after:{status}", method="PATCH")
    page = alice.post(f"/changes/{change.pk}/send/", {"attempt": "0"}, follow=True)

    shown = html.text(html.one(page, "main"))
    assert "Outcome unknown" in shown
    assert f"No reliable response arrived (status {status})." in shown
    assert "The change was applied." in shown
    assert "Nothing was changed" not in shown
    assert len(fresh_sandbox.writes()) == 1


OLD = {"id": IDS["billing_account_id"], "name": "ACME Corp Billing"}


@pytest.mark.parametrize(
    ("does", "outcome"),
    [
        ("status:202", "The change was probably not applied."),
        ("status_after:202", "The change was applied."),
    ],
)
def test_accepted_change_is_not_confirmed(
    alice: Client, fresh_sandbox: Sandbox, does: str, outcome: str
) -> None:
    change = renamed()
    fresh_sandbox.fault(does, method="PATCH", document=OLD)
    page = alice.post(f"/changes/{change.pk}/send/", {"attempt": "0"}, follow=True)

    shown = html.text(html.one(page, "main"))
    assert html.text(html.one(page, "h1")) == "Outcome unknown"
    assert "Altostrat accepted it and did not confirm that it was made (status 202)." in shown
    assert outcome in shown
    assert "Confirmed" not in shown
    assert "succeeded" not in html.text(alice.get("/changes/"))
    assert len(fresh_sandbox.writes()) == 1


@pytest.mark.parametrize("status", [200, 201])
def test_success_with_the_earlier_values_is_not_confirmed(
    alice: Client, fresh_sandbox: Sandbox, status: int
) -> None:
    change = renamed()
    fresh_sandbox.fault(f"status:{status}", method="PATCH", document=OLD)
    page = alice.post(f"/changes/{change.pk}/send/", {"attempt": "0"}, follow=True)

    assert html.text(html.one(page, "h1")) == "Altostrat still has the earlier values"
    assert "Confirmed" not in html.text(page)
    assert "succeeded: not applied" in html.text(alice.get("/changes/"))
    entries = AuditEntry.objects.filter(verb=UPDATE).order_by("pk").values_list("detail", flat=True)
    assert [entry.rpartition("; ")[2] for entry in entries][-1] == "status checked: not applied"
    # Altostrat makes the change later.
    fresh_sandbox.says(f"/{IDS['billing_account_id']}$", {**OLD, "name": "Renamed"})
    later = alice.post(f"/changes/{change.pk}/check-status/", follow=True)
    assert "Confirmed by Altostrat on" in html.text(later)
    assert len(fresh_sandbox.writes()) == 1


def test_comparison_does_not_say_who_changed_the_values(alice: Client, fresh_sandbox: Sandbox) -> None:
    values = form_values(alice.get(f"{DOCUMENTED}edit/"))
    for name in ("One window", "Another window"):
        review = alice.post(f"{DOCUMENTED}edit/", {**values, "name": name, "change_id": str(uuid4())})
        page = alice.get(review.headers["Location"])
        if name == "One window":
            alice.post(f"{review.headers['Location']}send/", {"attempt": "0"})

    shown = html.text(html.one(page, "main"))
    assert "They have changed since you opened the form." in shown
    assert "omeone else" not in shown
