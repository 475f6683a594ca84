"""Masked personal data: no page and no file contains it, a form does not overwrite it, the API refuses."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, AuditHead, Change, User
from billing.pages.billing_accounts.panels import PANELS
from billing.pages.rendering.formats import masked
from billing.roles import Permission, Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.audit import entries
from billing.services.people import keys
from tests import html
from tests.journeys.test_every_page import PAGES
from tests.pages.addresses import ACCOUNT, ACCOUNTS, DOCUMENTED, WORKSPACE, panel
from tests.pages.conftest import client_of
from tests.pages.scans.steps import read, rows_of
from tests.plugins.processes import Sandbox
from tests.tokens import FINANCE

PERSONAL = ("Email", "Phone", "Address line 1", "Address line 2", "Postal code")
FORMATS = ("csv", "xlsx", "json")


@pytest.fixture
def ada(db: None, static_files: None, altostrat_url: str) -> Client:
    """Return an administrator, who sees everything."""
    return client_of("ada", Role.ADMIN, FINANCE)


@pytest.fixture
def mia(db: None, static_files: None, altostrat_url: str, settings: Settings) -> Client:
    """Return an editor who sees personal data masked."""
    settings.MASKED_ROLES = ["viewer", "editor"]
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    return client_of("mia", Role.EDITOR, FINANCE)


def personal_values(ada: Client) -> set[str]:
    """Return the email addresses, phone numbers and addresses of all accounts, as an administrator exports them."""
    read(ada, "directory")
    rows = rows_of(ada, "/workspaces/?format=csv")
    workspaces = {value for row in rows for value in row.values() if value.startswith("ws_")}
    rows = [
        row
        for workspace_id in sorted(workspaces)
        if "failures" not in workspace_id
        for row in rows_of(ada, f"/workspaces/{workspace_id}/billing-accounts/?format=csv")
    ]
    # A cell that begins with + is quoted, so that no program takes it for a formula.
    values = {row.get(name, "").removeprefix("'") for row in rows for name in PERSONAL}
    return {value for value in values if len(value) > 4}


def text_of(answer: Any) -> str:
    """Return all text of an answer, that of a workbook unpacked, without request IDs, whose digits may be anything."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return "".join(book.read(name).decode() for name in book.namelist())
    return re.sub(r"\b(req_)?[0-9a-f]{16,}\b", "", body.decode(errors="replace"))


def contains(text: str, value: str) -> bool:
    """Return whether a text has a value. A postal code is no part of a longer number, such as the time of a read."""
    return value in text and (not value.isdigit() or bool(re.search(rf"(?<![\d.]){value}(?!\d)", text)))


def addresses() -> Iterator[str]:
    """Yield the pages of an editor, their files, and what they load on request."""
    for who, address in PAGES.values():
        if who == "alice":
            yield address
    yield from (panel(DOCUMENTED, key) for key in PANELS)
    yield from (f"{ACCOUNTS}{account}/" for account in ("cus_qctd7kt95e167w1b", "cus_w63aa2idepcaseqk"))
    lists = (ACCOUNTS, f"{DOCUMENTED}invoices/", f"{DOCUMENTED}history/", "/queues/", "/queues/past-due/")
    for address in (*lists, "/workspaces/", "/reports/ageing/", "/changes/", "/search/?q=acme"):
        yield from (f"{address}{'&' if '?' in address else '?'}format={name}" for name in FORMATS)


@pytest.mark.slow
def test_no_page_and_no_file_contains_personal_data(ada: Client, mia: Client) -> None:
    personal = personal_values(ada)
    assert {"billing@acme.com", "+15551234567", "123 Main Street"} <= personal
    for kind in ("directory", "facts", "invoices"):
        read(mia, kind)
    found, count = [], 0
    digits = {re.sub(r"\D", "", value) for value in personal if value.startswith("+")}

    for address in addresses():
        answer = mia.get(address)
        text = text_of(answer)
        count += answer.status_code == 200
        found += [(address, value) for value in personal if contains(text, value)]
        plain = re.sub(r"(?<=\d)[\s\u00a0().-]+(?=\d)", "", text)
        found += [(address, value) for value in digits if value in plain]

    suggested = mia.post("/search/suggestions/", {"q": "acme"}).text
    assert "b•••@acme.com" in suggested
    found += [("suggestions", value) for value in personal if value in suggested]
    assert not found
    assert count > 60


@pytest.mark.parametrize("text", ["billing@acme.com", "+15551234567", "5551234567"])
def test_search_does_not_confirm_a_guess(mia: Client, text: str) -> None:
    read(mia, "directory")

    assert ACCOUNT not in html.unbroken(mia.get("/search/", {"q": text}))
    assert "b•••@acme.com" in html.unbroken(mia.get("/search/?q=acme+corp"))


def test_scan_of_before_is_not_used(mia: Client, settings: Settings) -> None:
    settings.MASKED_ROLES = []
    read(mia, "directory")
    assert "billing@acme.com" in html.unbroken(mia.get("/search/?q=acme"))
    settings.MASKED_ROLES = ["editor"]

    assert "billing@acme.com" not in html.unbroken(mia.get("/search/?q=acme"))
    read(mia, "directory")
    assert "b•••@acme.com" in html.unbroken(mia.get("/search/?q=acme"))


def test_details_keep_enough_to_recognize(mia: Client) -> None:
    facts = html.facts(mia.get(panel(DOCUMENTED, "details")))

    assert facts["Email"].startswith("b•••@acme.com")
    assert facts["Phone"].startswith("•••• 67")
    assert (facts["Address line 1"], facts["Country"]) == ("•••", "United States US")
    for page in (mia.get(panel(DOCUMENTED, "details")), mia.get(DOCUMENTED)):
        assert "b•••@acme.com" in html.unbroken(page)
        assert "mailto:" not in html.unbroken(page)


def test_person_with_another_role_sees_everything(mia: Client) -> None:
    User.objects.get(username="mia").groups.create(name="auditor-of-something")  # not a role
    assert "billing@acme.com" not in html.unbroken(mia.get(panel(DOCUMENTED, "details")))
    client = client_of("both", Role.EDITOR, FINANCE)
    user = User.objects.get(username="both")
    user.groups.add(*user.groups.model.objects.filter(name=Role.ADMIN.value))

    assert "billing@acme.com" in html.unbroken(client.get(panel(DOCUMENTED, "details")))


def reveal(client: Client, field: str, reason: str = "invoice bounced") -> Any:
    return client.post(f"{DOCUMENTED}reveal/{field}/", {"reason": reason})


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "billing@acme.com"), ("phone", "+15551234567"), ("address", "123 Main Street")],
)
def test_one_field_is_revealed_once_and_recorded(mia: Client, field: str, value: str) -> None:
    assert value not in html.unbroken(mia.get(f"{DOCUMENTED}reveal/{field}/"))
    assert reveal(mia, field, "").status_code == 422
    answer = reveal(mia, field)

    assert value in html.unbroken(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    others = {"billing@acme.com", "+15551234567", "123 Main Street"} - {value}
    assert not [other for other in others if other in answer.text]
    entry = AuditEntry.objects.get(verb="billing_account.reveal")
    assert (entry.detail, entry.reason, entry.billing_account_id) == (field, "invoice bounced", ACCOUNT)
    assert value not in html.unbroken(mia.get(panel(DOCUMENTED, "details")))


def test_nothing_is_read_if_it_cannot_be_recorded(mia: Client, fresh_sandbox: Sandbox) -> None:
    AuditHead.objects.update(entry_id=0)  # the next entry would have the id of an existing one
    mia.raise_request_exception = False
    answer = reveal(mia, "email")

    assert answer.status_code >= 500
    assert "billing@acme.com" not in html.unbroken(answer)
    assert fresh_sandbox.requests() == []


def test_reveal_is_for_people_with_masks(ada: Client) -> None:
    assert ada.get(f"{DOCUMENTED}reveal/email/").headers["Location"] == DOCUMENTED
    assert ada.get(f"{DOCUMENTED}reveal/name/").status_code == 404


def edit(client: Client, **changed: str) -> Change:
    """Change these fields on the form, and return the change that waits for its review."""
    page = client.get(f"{DOCUMENTED}edit/")
    assert "billing@acme.com" not in html.unbroken(page)
    answer = client.post(f"{DOCUMENTED}edit/", {**html.fields(page), **changed})
    assert answer.status_code == 302, html.text(answer)
    return Change.objects.latest("created_at")


def test_untouched_masked_fields_are_not_sent(mia: Client, fresh_sandbox: Sandbox) -> None:
    change = edit(mia, description="Changed")
    review = mia.get(f"/changes/{change.pk}/")
    assert "billing@acme.com" not in html.unbroken(review)
    mia.post(f"/changes/{change.pk}/send/", {**html.fields(review), "reason": "x"})

    (write,) = fresh_sandbox.writes()
    assert write["body"] == {"description": "Changed"}


def test_part_of_an_address_is_changed_without_masks_in_the_rest(mia: Client, fresh_sandbox: Sandbox) -> None:
    change = edit(mia, city="Oakland", email="new@acme.com")
    review = mia.get(f"/changes/{change.pk}/")
    rows = [row for row in html.rows(review) if row[0] in {"City", "Email"}]
    assert rows == [["Email", "b•••@acme.com", "new@acme.com"], ["City", "•••", "Oakland"]]
    assert "123 Main Street" not in html.unbroken(review)
    mia.post(f"/changes/{change.pk}/send/", {**html.fields(review), "reason": "x"})

    (write,) = fresh_sandbox.writes()
    body = write["body"]
    assert (body["email"], body["address"]["city"], body["address"]["line1"]) == (
        "new@acme.com",
        "Oakland",
        "123 Main Street",
    )
    outcome = mia.get(f"/changes/{change.pk}/")
    assert "123 Main Street" not in html.unbroken(outcome)
    assert "billing@acme.com" not in html.unbroken(outcome)
    undo = mia.post(f"/changes/{change.pk}/undo/", follow=True)
    assert "billing@acme.com" not in html.unbroken(undo)


def test_half_a_mask_is_not_a_value(mia: Client) -> None:
    page = mia.get(f"{DOCUMENTED}edit/")
    answer = mia.post(f"{DOCUMENTED}edit/", {**html.fields(page), "line1": "••• Street"})

    assert answer.status_code == 422
    assert "Part of this value is masked." in html.text(answer)


def test_api_refuses_keys_and_sessions(mia: Client) -> None:
    user = User.objects.get(username="mia")
    actor = Actor(user, Door.COMMAND, granted_to(user))
    _, key = keys.issue(actor, name="ERP", scopes=[Permission.BILLING_READ, Permission.BILLING_WRITE])
    address = f"/api/v1/workspaces/{WORKSPACE}/billing-accounts/{ACCOUNT}"

    for client, method in ((Client(), "get"), (Client(), "patch"), (mia, "get")):
        header = {} if client is mia else {"Authorization": f"Bearer {key}"}
        answer = getattr(client, method)(address, headers=header)
        assert answer.status_code == 403
        assert answer.json()["code"] == "personal_data_masked"
        assert "billing@acme.com" not in html.unbroken(answer)


def test_messages_of_altostrat_are_masked(mia: Client) -> None:
    assert masked("billing@acme.com is taken", True) == "b•••@acme.com is taken"
    assert masked("billing@acme.com is taken", False) == "billing@acme.com is taken"
    assert "The API refuses your keys" in html.text(mia.get("/keys/"))


def test_notes_of_others_are_masked(ada: Client, mia: Client) -> None:
    page = ada.get(f"{DOCUMENTED}notes/")
    ada.post(f"{DOCUMENTED}notes/", {**html.fields(page), "text": "Call jo@acme.com or +1 555 987 6543."})

    text = html.text(mia.get(f"{DOCUMENTED}notes/search/?q=call"))
    assert "Call j•••@acme.com or •••• 43." in text


def test_audit_hides_before_and_after(ada: Client, mia: Client, settings: Settings) -> None:
    settings.MASKED_ROLES = ["admin"]
    entry = entries.record(
        Actor(User.objects.get(username="ada"), Door.PAGE, frozenset()),
        "billing_account.update",
        entries.Outcome.SUCCEEDED,
        workspace_id=WORKSPACE,
        billing_account_id=ACCOUNT,
        before={"email": "old@acme.com"},
        after={"email": "new@acme.com"},
    )
    answer = ada.get(f"/audit/{entry.pk}/")

    assert "your role sees personal data masked" in html.text(answer)
    assert "old@acme.com" not in html.unbroken(answer)
