"""The audit log's pages: filters, one entry in full, and downloads."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from billing.models import AuditContent, AuditEntry, User
from billing.models.chain import hash_of
from billing.pages.audit.forms import AuditFilter
from billing.roles import Role
from billing.services import audit, history
from billing.services.actor import Actor, Door, granted_to
from billing.services.maintenance import audit_retention
from tests import html
from tests.pages.addresses import ACCOUNT, WORKSPACE
from tests.pages.conftest import client_of
from tests.services.cast import actor_called
from tests.tokens import FINANCE, SUPPORT

pytestmark = pytest.mark.django_db

DONE = audit.Outcome.SUCCEEDED


@pytest.fixture
def otto(db: None, static_files: None) -> Client:
    """Return an auditor. eve changed an account, and her key was refused."""
    eve = actor_called("eve")
    program = Actor(eve.user, Door.API, granted_to(eve.user), key_prefix="abp_eve")
    audit.record(
        eve,
        "billing_account.update",
        DONE,
        workspace_id="ws_1",
        billing_account_id="cus_1",
        reason="The customer has moved",
        ticket="FIN-12",
        before={"currency": "usd", "email": "old@acme.example"},
        after={"currency": "usd", "email": "new@acme.example"},
        upstream_status=200,
        upstream_request_id="req_update",
    )
    audit.record(program, "key.use", audit.Outcome.REFUSED, subject="=HYPERLINK(1)", workspace_id="ws_2")
    return client_of("otto", Role.AUDITOR, None)


def listed(client: Client, query: str = "") -> list[str]:
    entries: tuple[AuditEntry, ...] = client.get(f"/audit/{query}").context["entries"]
    return [entry.verb for entry in entries]


@pytest.mark.parametrize(
    ("query", "verbs"),
    [
        ("?door=api", ["key.use"]),
        ("?workspace=ws_1", ["billing_account.update"]),
        ("?account=cus_1", ["billing_account.update"]),
        ("?account=cus_", []),
        ("?ticket=fin-12", ["billing_account.update"]),
        ("?ticket=FIN\u201112\u200b", ["billing_account.update"]),
        ("?workspace=\u2068ws_1\u2069&verb=Edit\u00a0Billing account", ["billing_account.update"]),
        ("?person=eve&outcome=refused", ["key.use"]),
        ("?verb=billing", ["billing_account.update"]),
        ("?person=eve&since=2999-01-01", []),
        ("?person=eve&until=2020-01-01", []),
        ("?person=eve&since=nonsense&door=nowhere", ["key.use", "billing_account.update"]),
        ("?person=eve&until=9999-12-31", ["key.use", "billing_account.update"]),
    ],
)
def test_query_parameters_filter(otto: Client, query: str, verbs: list[str]) -> None:
    assert listed(otto, query) == verbs


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Los_Angeles"])
def test_extreme_dates_are_accepted(otto: Client, zone: str) -> None:
    User.objects.filter(username="otto").update(time_zone=zone)

    assert listed(otto, "?since=0001-01-01&until=9999-12-30&person=eve") == [
        "key.use",
        "billing_account.update",
    ]


def test_people_appear_and_are_found_with_their_full_names(otto: Client) -> None:
    User.objects.filter(username="eve").update(first_name="Eve", last_name="Moreau")
    for address in ("/audit/?person=eve+moreau", f"/audit/{AuditEntry.objects.earliest('pk').pk}/"):
        assert "Eve Moreau" in otto.get(address).text


def test_entry_has_the_customers_name_for_readers_whose_token_has_read_it(
    otto: Client, alice: Client
) -> None:
    other = client_of("oda", Role.EDITOR, SUPPORT)
    for user in User.objects.filter(username__in=("alice", "oda")):
        user.groups.add(Group.objects.get(name=Role.AUDITOR.value))
    alice.get(f"/workspaces/{WORKSPACE}/billing-accounts/{ACCOUNT}/")

    pages = [client.get("/audit/?verb=billing_account.read") for client in (alice, other, otto)]
    shown = [html.texts(page, ".entry-about") for page in pages]
    assert shown == [["ACME Corp Billing"], [ACCOUNT], [ACCOUNT]]


def test_days_are_inclusive_and_in_the_readers_time_zone() -> None:
    with timezone.override("Pacific/Kiritimati"):
        wanted = AuditFilter({"since": "2026-11-23", "until": "2026-11-23"}).entry_filter()

    assert wanted.since == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert wanted.until == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_entry_shows_everything_but_personal_data(otto: Client) -> None:
    entry = AuditEntry.objects.get(verb="billing_account.update")
    body = otto.get(f"/audit/{entry.pk}/").content.decode()

    for text in (
        "The customer has moved",
        "FIN-12",
        "req_update",
        "editor at the time",
        entry.hash,
        "hidden",
        "usd",
    ):
        assert text in body
    assert "acme.example" not in body
    assert "/workspaces/" not in body, "an auditor cannot open accounts"


def entry_page(client: Client, workspace_id: str, billing_account_id: str) -> str:
    """Return the page of an entry about this account, with an e-mail address before and after."""
    entry = audit.record(
        Actor(User.objects.get_or_create(username="eve")[0], Door.PAGE, frozenset()),
        "billing_account.update",
        DONE,
        workspace_id=workspace_id,
        billing_account_id=billing_account_id,
        before={"currency": "usd", "email": "old@acme.example"},
        after={"currency": "usd", "email": "new@acme.example"},
    )
    return client.get(f"/audit/{entry.pk}/").text


@pytest.mark.parametrize("billing_account_id", [ACCOUNT, ""])
def test_reader_with_access_to_the_account_sees_the_values(
    static_files: None, altostrat_url: str, billing_account_id: str
) -> None:
    body = entry_page(client_of("ann", Role.ADMIN, FINANCE), WORKSPACE, billing_account_id)

    assert "<del>old@acme.example</del>" in body
    assert "<ins>new@acme.example</ins>" in body
    assert "Personal data is hidden" not in body


@pytest.mark.parametrize(
    ("role", "token", "about", "why"),
    [
        (Role.AUDITOR, None, (WORKSPACE, ACCOUNT), "your role does not include reading billing data"),
        (
            Role.ADMIN,
            None,
            (WORKSPACE, ACCOUNT),
            "you need an Altostrat token that can see this billing account",
        ),
        (Role.ADMIN, SUPPORT, (WORKSPACE, ACCOUNT), "cannot see this billing account"),
        (Role.ADMIN, SUPPORT, (WORKSPACE, ""), "cannot see this workspace"),
        (Role.ADMIN, FINANCE, (WORKSPACE, "no account"), "cannot see this billing account"),
        (Role.ADMIN, FINANCE, ("ws_failures", "cus_unavailable"), "Altostrat could not confirm"),
        (Role.ADMIN, FINANCE, ("", ""), "names no billing account or workspace"),
    ],
)
def test_reader_without_access_sees_why_values_are_hidden(
    static_files: None, altostrat_url: str, role: Role, token: str | None, about: tuple[str, str], why: str
) -> None:
    body = entry_page(client_of("ann", role, token), *about)

    assert "acme.example" not in body
    assert why in body
    assert "usd" in body


def test_missing_or_damaged_content_is_explained(otto: Client) -> None:
    entry = AuditEntry.objects.get(verb="billing_account.update")
    AuditContent.objects.update(envelope="v1:test:AAAA")
    assert "Can't open the values" in otto.get(f"/audit/{entry.pk}/").content.decode()

    AuditContent.objects.all().delete()
    assert "Values missing" in otto.get(f"/audit/{entry.pk}/").content.decode()


def test_pruned_content_is_explained(otto: Client) -> None:
    entry = AuditEntry.objects.get(verb="billing_account.update")
    audit_retention.prune_contents(timezone.now() + timedelta(minutes=1))

    assert "Deleted after the retention period" in otto.get(f"/audit/{entry.pk}/").content.decode()


def test_entry_without_content_says_so(otto: Client) -> None:
    entry = AuditEntry.objects.get(verb="key.use")

    assert "recorded no values" in otto.get(f"/audit/{entry.pk}/").content.decode()


def test_unknown_entry_is_not_found(otto: Client) -> None:
    assert otto.get("/audit/999999/").status_code == 404


def download(client: Client, query: str) -> str:
    answer: Any = client.get(f"/audit/{query}")
    assert int(answer.headers["Content-Length"]) > 0, "browsers must notice an incomplete download"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    return b"".join(answer).decode("utf-8-sig")


def test_csv_has_matching_entries_and_no_formulas(otto: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(download(otto, "?person=eve&format=csv"))))

    assert [row["Action"] for row in rows] == ["key.use", "billing_account.update"]
    assert rows[0]["Object"] == "'=HYPERLINK(1)"
    assert (rows[1]["Reason"], rows[1]["Billing account"]) == ("The customer has moved", "cus_1")


def test_json_lines_can_be_verified(otto: Client) -> None:
    text = download(otto, "?format=jsonl")
    rows = [json.loads(line) for line in text.splitlines()][::-1]

    for before, row in zip([{"hash": ""}, *rows], rows, strict=False):
        assert row.get("previous_hash", "") == before["hash"]
        assert row["hash"] == hash_of(AuditEntry.objects.get(pk=row["id"]))
    assert "acme.example" not in text


def test_download_has_all_pages_and_no_later_entry(otto: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_BATCH", 7)
    eve = Actor(User.objects.get(username="eve"), Door.PAGE, frozenset())
    for number in range(history.PAGE_SIZE + 10):
        audit.record(eve, "test.many", DONE, subject=str(number))

    rows = download(otto, "?verb=test.many&before=3&format=jsonl").splitlines()

    assert [json.loads(row)["subject"] for row in rows] == [
        str(number) for number in reversed(range(history.PAGE_SIZE + 10))
    ]


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "jsonl"])
@pytest.mark.parametrize("query", ["since=2026-13-99", "outcome=refuse", "door=x", "person=eve&until=soon"])
def test_invalid_filter_refuses_the_download(otto: Client, query: str, file_format: str) -> None:
    answer = otto.get(f"/audit/?{query}&format={file_format}")

    assert answer.status_code == 422
    assert "Nothing was downloaded" in answer.text
    assert 'class="field-error"' in answer.text
    assert not AuditEntry.objects.filter(verb="audit.export").exists()


def test_page_marks_the_invalid_filter(otto: Client) -> None:
    answer = otto.get("/audit/?since=2026-13-99&person=eve")

    assert answer.status_code == 200
    assert "The marked filter is invalid and was ignored" in answer.text
    assert '<details class="filter-more" open>' in answer.text, "the message is in a collapsed field"
    assert "note-warning" not in otto.get("/audit/?person=eve").text


def test_folded_filters_end_with_a_button_of_their_own(otto: Client) -> None:
    button = html.one(otto.get("/audit/"), ".filter-more > .filter > :last-child > button[type=submit]")

    assert html.text(button) == "Filter"


def test_actions_have_a_label_and_their_verb(otto: Client) -> None:
    entry = AuditEntry.objects.get(verb="billing_account.update")
    for address in ("/audit/", f"/audit/{entry.pk}/"):
        text = otto.get(address).text
        assert text.index("Edit billing account") < text.index("<code>billing_account.update</code>")


@pytest.mark.parametrize("words", ["billing_account.update", "edit billing account", " billing_account.u"])
def test_filter_accepts_verbs_and_labels(otto: Client, words: str) -> None:
    assert listed(otto, f"?verb={words}") == ["billing_account.update"]
    assert '<option value="key.revoke">Revoke a portal key</option>' in otto.get("/audit/").text


def test_download_is_recorded(otto: Client) -> None:
    download(otto, "?person=eve&format=csv")
    otto.head("/audit/?format=csv")

    entry = AuditEntry.objects.get(verb="audit.export")
    assert (entry.actor_name, entry.subject, entry.detail) == ("otto", "csv", "person:eve")
