"""Files of people, keys, changes and the history of an account."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from billing.models import AuditEntry, Change, User
from billing.pages.tables import paging
from billing.roles import Permission, Role
from billing.services import audit, history
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys, people
from tests import html
from tests.html import attributes, text
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE
from tests.pages.conftest import client_of

pytestmark = pytest.mark.django_db


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(body, newline="")))


def actor(name: str) -> Actor:
    user = User.objects.get(username=name)
    return Actor(user, Door.PAGE, granted_to(user))


def test_people_file_has_everyone_who_matches(static_files: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "PAGE_SIZE", 2)
    ada = client_of("ada", Role.ADMIN, None)
    for number in range(5):
        User.objects.create_user(f"vera{number}", email=f"vera{number}@acme.example", is_active=number > 0)
    page = ada.get("/people/?q=vera")
    rows = rows_of(ada, "/people/?q=vera&after=vera2&format=csv")

    assert "/people/?q=vera&format=csv" in attributes(page, "a", "href")
    assert [row["Username"] for row in rows] == [f"vera{number}" for number in range(5)]
    assert rows[0]["Email"] == "vera0@acme.example"
    assert rows[0]["Status"] == "deactivated"
    assert AuditEntry.objects.get(verb="list.download").detail == "5 rows"


def test_people_file_needs_permission(bob: Client) -> None:
    assert bob.get("/people/?format=csv").status_code == 403


def test_keys_file_has_only_own_keys(alice: Client, bob: Client) -> None:
    _, key = keys.issue(actor("alice"), name="=erp", scopes=[Permission.BILLING_READ])
    old, _ = keys.issue(actor("alice"), name="old", scopes=[Permission.BILLING_READ])
    keys.revoke(actor("alice"), old.pk)
    keys.issue(actor("bob"), name="of bob", scopes=[Permission.BILLING_READ])
    rows = rows_of(alice, "/keys/?format=csv")

    assert "/keys/?format=csv" in attributes(alice.get("/keys/"), "a", "href")
    assert {(row["Key"], row["Status"], row["Permissions"]) for row in rows} == {
        ("'=erp", "active", "billing:read"),
        ("old", "revoked", "billing:read"),
    }
    assert key not in str(rows)


def test_changes_file_has_only_own_changes(
    alice: Client, bob: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MAX_ROWS", 2)
    for name in ("alice", "alice", "alice", "bob"):
        user = User.objects.get(username=name)
        about = {"workspace_id": WORKSPACE, "billing_account_id": ACCOUNT, "ticket": f"T-{name}"}
        Change.objects.create(user=user, verb="billing_account.update", envelope="sealed", **about)
    rows = rows_of(alice, "/changes/?format=csv")

    assert "1 to 2 of 3" in text(alice.get("/changes/"))
    assert len(html.rows(alice.get("/changes/?page=2"))) == 1
    assert [(row["Ticket"], row["Billing account ID"]) for row in rows] == [("T-alice", ACCOUNT)] * 3
    assert "sealed" not in str(rows)


def test_history_file_has_every_entry_of_the_account(
    alice: Client, carol: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE_SIZE", 2)
    for number in range(5):
        about = {"workspace_id": WORKSPACE, "billing_account_id": ACCOUNT, "ticket": f"T-{number}"}
        audit.record(actor("alice"), "billing_account.update", audit.Outcome.SUCCEEDED, **about)  # type: ignore[arg-type]
    address = f"{DOCUMENTED}history/?format=csv"
    rows = rows_of(alice, address)

    assert address in attributes(alice.get(f"{DOCUMENTED}history/"), "a", "href")
    assert [row["Ticket"] for row in rows] == [f"T-{number}" for number in reversed(range(5))]
    assert {row["Action"] for row in rows} == {"Edit billing account"}
    assert carol.get(address).status_code in {403, 404}
