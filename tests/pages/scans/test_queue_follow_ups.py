"""Snoozes, promises and assignees in work queues and their files."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from billing.models import FollowUp, User
from billing.roles import Permission
from billing.services.actor import Actor, Door
from billing.services.follow_ups import store
from billing.services.follow_ups.promises import Promise, Promised
from tests.html import text, texts
from tests.pages.scans.steps import read, rows_of
from tests.pages.scans.test_queue_amounts import ACCOUNT, WORKSPACE, owe
from tests.plugins.processes import Sandbox

IDS = (WORKSPACE, ACCOUNT)


def carol_as_editor() -> Actor:
    return Actor(User.objects.get(username="carol"), Door.PAGE, frozenset(Permission))


def test_snoozed_account_folds_away_and_is_counted(carol_scanned: Client) -> None:
    assert texts(carol_scanned.get("/queues/"), ".queue-views a") == []
    until = timezone.localdate() + timedelta(days=3)
    store.set_snooze(carol_as_editor(), IDS, until, "Waits for a credit note")
    page = carol_scanned.get("/queues/")
    snoozed = carol_scanned.get("/queues/?show=snoozed")

    assert texts(page, ".card-title") == ["3 of 4 accounts"]
    assert texts(page, ".queue-views a") == ["Not snoozed (3)", "Snoozed (1)", "Unassigned (4)"]
    assert ACCOUNT not in page.text
    assert texts(snoozed, ".card-title") == ["1 of 4 accounts"]
    assert "Waits for a credit note" in text(snoozed)
    rows = rows_of(carol_scanned, "/queues/?format=csv")
    (row,) = rows_of(carol_scanned, "/queues/?format=csv&show=snoozed")
    assert len(rows) == 4
    assert (row["Snoozed until (UTC)"], row["Snooze reason"]) == (str(until), "Waits for a credit note")


def test_account_comes_back_on_the_day(carol_scanned: Client) -> None:
    store.set_snooze(carol_as_editor(), IDS, timezone.localdate() + timedelta(days=3), "Wait")
    FollowUp.objects.update(snoozed_until=timezone.localdate())

    assert texts(carol_scanned.get("/queues/"), ".card-title") == ["4 accounts"]


def test_broken_promise_is_marked_from_the_scan(carol_unlimited: Client, fresh_sandbox: Sandbox) -> None:
    owe(fresh_sandbox, ("usd", 1000))
    read(carol_unlimited)
    promise = Promise(timezone.localdate() - timedelta(days=1), {}, {"in_0": Promised("usd", 1000)})
    store.set_promise(carol_as_editor(), IDS, promise)
    page = carol_unlimited.get("/queues/past-due/?show=broken")
    (row,) = rows_of(carol_unlimited, "/queues/past-due/?show=broken&format=csv")

    assert "Promise broken" in texts(page, "td .tag")
    assert (row["Promise"], row["Left of promise in USD"]) == ("broken", "10.00")
    assert "Promise broken (1)" in texts(page, ".queue-views a")


def test_promised_amounts_are_numbers_of_their_currencies(
    carol_unlimited: Client, fresh_sandbox: Sandbox
) -> None:
    owe(fresh_sandbox, ("usd", 1000), ("jpy", 1234))
    read(carol_unlimited)
    covered = {"in_0": Promised("usd", 1000), "in_1": Promised("jpy", 1234)}
    promise = Promise(timezone.localdate() + timedelta(days=1), {"usd": 999, "jpy": 1200}, covered)
    store.set_promise(carol_as_editor(), IDS, promise)
    (row,) = rows_of(carol_unlimited, f"/queues/?q=id:{ACCOUNT}&format=csv")

    assert (row["Promise"], row["Promised in USD"], row["Promised in JPY"]) == ("open", "9.99", "1200")
    assert (row["Left of promise in USD"], row["Left of promise in JPY"]) == ("9.99", "1200")


def test_assigned_accounts_can_be_shown(carol_scanned: Client) -> None:
    actor = carol_as_editor()
    store.assign(actor, IDS, actor.user.pk)
    other = User.objects.create_superuser("dora", first_name="Dora", last_name="Ek")
    accounts = {(row["Workspace ID"], row["ID"]) for row in rows_of(carol_scanned, "/queues/?format=csv")}
    another = next(ids for ids in accounts if ids != IDS)
    store.assign(actor, another, other.pk)

    assert texts(carol_scanned.get("/queues/?show=mine"), ".card-title") == ["1 of 4 accounts"]
    page = carol_scanned.get(f"/queues/?show=person-{other.pk}")
    assert texts(page, ".card-title") == ["1 of 4 accounts"]
    assert "Assigned to Dora Ek (1)" in texts(page, ".queue-views a")
    assert another[1] in page.text


def test_assignee_is_a_filter_of_page_file_and_help(carol_scanned: Client) -> None:
    actor = carol_as_editor()
    User.objects.create_superuser("dora", first_name="Dora", last_name="Ek")
    store.assign(actor, IDS, User.objects.get(username="dora").pk)

    assert texts(carol_scanned.get("/queues/?q=assignee:ek"), ".card-title") == ["1 account"]
    assert texts(carol_scanned.get("/queues/?q=-assignee:ek"), ".card-title") == ["3 accounts"]
    assert [row["ID"] for row in rows_of(carol_scanned, "/queues/?q=assignee:dora&format=csv")] == [ACCOUNT]
    assert len(rows_of(carol_scanned, "/queues/?q=assignee:none&format=csv")) == 3
    assert rows_of(carol_scanned, "/queues/?q=assignee:me&format=csv") == []
    assert 'assignee:"Dora Ek"' in texts(carol_scanned.get("/queues/"), "#filter-hint code")
    store.assign(actor, IDS, actor.user.pk)
    assert "assignee:me" in texts(carol_scanned.get("/queues/"), "#filter-hint code")
