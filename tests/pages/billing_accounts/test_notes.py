"""Internal notes on a billing account: who may see, write and change them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from billing.models import AuditEntry, Note, User
from billing.roles import Role
from billing.services.billing_accounts import notes
from billing.services.maintenance import resealing
from billing.services.storage import key_ring
from tests.html import attributes, texts
from tests.pages.addresses import DOCUMENTED
from tests.pages.conftest import client_of
from tests.tokens import FINANCE

NOTES = f"{DOCUMENTED}notes/"
TEXT = "Erika asks for invoices by post."


def write(client: Client, text: str = TEXT, note_id: object = None) -> None:
    answer = client.post(NOTES, {"text": text, "note_id": str(note_id or uuid4())})
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"] == f"{DOCUMENTED}#notes"


@pytest.fixture
def erin(alice: Client) -> Client:
    """Return a second editor, whose own token can access the same account."""
    return client_of("erin", Role.EDITOR, FINANCE)


def test_notes_are_shown_to_others_with_access_to_the_account(alice: Client, erin: Client) -> None:
    write(alice, "Line one\n<b>Line two</b>")
    page = erin.get(DOCUMENTED).text

    assert "Line one\n&lt;b&gt;Line two&lt;/b&gt;" in page.replace("\r\n", "\n")
    assert "alice, " in page


def test_notes_have_the_full_name_of_their_author_and_are_found_by_both_names(alice: Client) -> None:
    write(alice)
    User.objects.filter(username="alice").update(first_name="Alice", last_name="Ekström")

    assert "Alice Ekström, " in alice.get(DOCUMENTED).text
    for words in ("ekstrom", "alice erika"):
        assert TEXT in alice.get(f"{NOTES}search/", {"q": words}).text


def test_notes_are_not_shown_without_access_to_the_account(alice: Client, carol: Client) -> None:
    write(alice)

    assert TEXT not in carol.get(DOCUMENTED).text
    assert TEXT not in carol.get(f"{DOCUMENTED}panels/notes/").text


def test_notes_are_sealed_in_the_database(alice: Client) -> None:
    write(alice)
    row = Note.objects.get()

    assert "Erika" not in str(Note.objects.values().get())
    assert row.envelope.startswith(key_ring.key_ring().first_prefix)
    assert "Note" in {sealed.name for sealed in resealing.SEALED}


def test_same_form_twice_adds_one_note(alice: Client) -> None:
    note_id = uuid4()
    write(alice, note_id=note_id)
    write(alice, note_id=note_id)

    assert Note.objects.count() == 1


def test_same_form_with_another_text_adds_another_note(alice: Client, erin: Client) -> None:
    note_id = uuid4()
    write(alice, "The first", note_id)
    write(alice, "The second", note_id)
    write(erin, "The third", note_id)

    page = alice.get(DOCUMENTED).text
    assert Note.objects.count() == 3
    assert all(text in page for text in ("The first", "The second", "The third"))


def test_author_can_edit(alice: Client) -> None:
    write(alice)
    note = Note.objects.get()
    form = alice.get(f"{NOTES}{note.pk}/edit/")
    alice.post(f"{NOTES}{note.pk}/edit/", {"text": "Changed my mind."})
    page = alice.get(DOCUMENTED).text

    assert TEXT in form.text
    assert "Changed my mind." in page
    assert "edited" in page


def test_author_can_delete(alice: Client) -> None:
    write(alice)
    note = Note.objects.get()
    asked = alice.get(f"{NOTES}{note.pk}/delete/")
    alice.post(f"{NOTES}{note.pk}/delete/")

    assert TEXT in asked.text
    assert not Note.objects.exists()


@pytest.mark.parametrize("what", ["edit", "delete"])
def test_others_can_neither_edit_nor_delete(what: str, alice: Client, erin: Client) -> None:
    write(alice)
    address = f"{NOTES}{Note.objects.get().pk}/{what}/"

    assert erin.get(address).status_code == 404
    assert erin.post(address, {"text": "Mine now."}).status_code == 404
    assert Note.objects.count() == 1
    assert address not in erin.get(DOCUMENTED).text


def test_viewer_cannot_add_notes(alice: Client) -> None:
    victor = client_of("victor", Role.VIEWER, FINANCE)

    assert victor.get(NOTES).status_code == 403
    assert victor.post(NOTES, {"text": TEXT}).status_code == 403
    assert "Add note" not in victor.get(DOCUMENTED).text


def test_notes_cannot_be_added_without_access_to_the_account(carol: Client) -> None:
    Group.objects.get(name=Role.EDITOR.value).user_set.add(User.objects.get(username="carol"))

    assert carol.post(NOTES, {"text": TEXT}).status_code == 404
    assert not Note.objects.exists()


@pytest.mark.parametrize("text", ["", "x" * 2001], ids=["empty", "too long"])
def test_invalid_note_is_shown_again(text: str, alice: Client) -> None:
    answer = alice.post(NOTES, {"text": text})

    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert text in answer.text


def test_audit_log_does_not_contain_the_text(alice: Client) -> None:
    write(alice)
    note = Note.objects.get()
    alice.post(f"{NOTES}{note.pk}/edit/", {"text": "Changed."})
    alice.post(f"{NOTES}{note.pk}/delete/")
    rows = AuditEntry.objects.filter(verb__startswith="note.").order_by("pk")

    assert [row.verb for row in rows] == ["note.add", "note.edit", "note.delete"]
    assert all(row.billing_account_id == note.billing_account_id for row in rows)
    assert "Erika" not in str(list(rows.values()))


def test_each_tab_of_an_account_opens_for_a_viewer_and_notes_lists_the_notes(alice: Client) -> None:
    write(alice)
    viewer = client_of("victor", Role.VIEWER, FINANCE)
    tabs = attributes(viewer.get(DOCUMENTED), ".section-tabs a", "href")
    pages = [viewer.get(tab) for tab in tabs]

    assert [page.status_code for page in pages] == [200] * 9
    assert TEXT in pages[-1].text
    assert texts(pages[-1], ".kind") == ["ACME Corp Billing"]
    assert "Add note" not in pages[-1].text
    assert "Add note" in texts(alice.get(tabs[-1]), ".head-actions a")


def test_search_matches_all_words_in_text_or_author(alice: Client, erin: Client) -> None:
    write(alice, "Invoices by post, please")
    write(erin, "Invoices by <b>mail</b>")

    assert "Search notes" in alice.get(DOCUMENTED).text
    found = alice.get(f"{NOTES}search/", {"q": "MAIL invoices"}).text
    assert "Invoices by &lt;b&gt;mail&lt;/b&gt;" in found
    assert "by post" not in found
    assert "by post" in alice.get(f"{NOTES}search/", {"q": "alice"}).text
    assert "No matches" in alice.get(f"{NOTES}search/", {"q": "fax"}).text


@pytest.mark.parametrize(
    "text", ["sorensen o'hara", "SØRENSEN", "ohara", "co-op", "zerowidth", "\u200binv-1"]
)
def test_search_compares_texts_as_people_type_them(text: str, alice: Client) -> None:
    write(alice, "Sørensen, O’Hara: co\u2011op, zero\u200bwidth, INV\u20111")

    assert "Sørensen" in alice.get(f"{NOTES}search/", {"q": text}).text


def test_page_shows_the_newest_notes_and_links_to_all(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MAX_SHOWN", 2)
    for text in ("first by fax", "second", "third", "fourth"):
        write(alice, text)

    panel = alice.get(f"{DOCUMENTED}panels/notes/").text
    assert "first by fax" not in panel
    assert "Newest 2 notes." in panel
    assert "View all 4 notes" in panel
    assert "first by fax" in alice.get(f"{NOTES}search/", {"q": "fax"}).text
    assert "first by fax" in alice.get(f"{NOTES}search/").text


def test_search_needs_access_to_the_account(alice: Client, carol: Client) -> None:
    write(alice)

    answer = carol.get(f"{NOTES}search/", {"q": "Erika"})
    assert answer.status_code == 404
    assert TEXT not in answer.text
