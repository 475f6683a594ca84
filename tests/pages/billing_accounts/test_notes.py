"""Internal notes on a billing account: whose they are, and who sees them."""

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
    """A second editor, with a token of her own that sees the same."""
    return client_of("erin", Role.EDITOR, FINANCE)


def test_it_is_seen_without_a_click_by_others_who_see_the_account(alice: Client, erin: Client) -> None:
    write(alice, "Line one\n<b>Line two</b>")
    page = erin.get(DOCUMENTED).text

    assert "Line one\n&lt;b&gt;Line two&lt;/b&gt;" in page.replace("\r\n", "\n")
    assert "alice, " in page


def test_it_is_not_shown_to_a_person_whose_token_does_not_see_the_account(
    alice: Client, carol: Client
) -> None:
    write(alice)

    assert TEXT not in carol.get(DOCUMENTED).text
    assert TEXT not in carol.get(f"{DOCUMENTED}panels/notes/").text


def test_it_lies_sealed_in_the_database_and_moves_to_a_new_key(alice: Client) -> None:
    write(alice)
    row = Note.objects.get()

    assert "Erika" not in str(Note.objects.values().get())
    assert row.envelope.startswith(key_ring.key_ring().first_prefix)
    assert "Note" in {sealed.name for sealed in resealing.SEALED}


def test_the_same_form_twice_makes_one_note(alice: Client) -> None:
    note_id = uuid4()
    write(alice, note_id=note_id)
    write(alice, note_id=note_id)

    assert Note.objects.count() == 1


def test_the_same_form_with_another_text_loses_nothing(alice: Client, erin: Client) -> None:
    note_id = uuid4()
    write(alice, "The first", note_id)
    write(alice, "The second", note_id)
    write(erin, "The third", note_id)

    page = alice.get(DOCUMENTED).text
    assert Note.objects.count() == 3
    assert all(text in page for text in ("The first", "The second", "The third"))


def test_it_can_be_edited_by_its_author_and_says_so(alice: Client) -> None:
    write(alice)
    note = Note.objects.get()
    form = alice.get(f"{NOTES}{note.pk}/edit/")
    alice.post(f"{NOTES}{note.pk}/edit/", {"text": "Changed my mind."})
    page = alice.get(DOCUMENTED).text

    assert TEXT in form.text
    assert "Changed my mind." in page
    assert "edited" in page


def test_it_can_be_deleted_by_its_author(alice: Client) -> None:
    write(alice)
    note = Note.objects.get()
    asked = alice.get(f"{NOTES}{note.pk}/delete/")
    alice.post(f"{NOTES}{note.pk}/delete/")

    assert TEXT in asked.text
    assert not Note.objects.exists()


@pytest.mark.parametrize("what", ["edit", "delete"])
def test_nobody_else_touches_it(what: str, alice: Client, erin: Client) -> None:
    write(alice)
    address = f"{NOTES}{Note.objects.get().pk}/{what}/"

    assert erin.get(address).status_code == 404
    assert erin.post(address, {"text": "Mine now."}).status_code == 404
    assert Note.objects.count() == 1
    assert address not in erin.get(DOCUMENTED).text


def test_a_reader_writes_none(alice: Client) -> None:
    victor = client_of("victor", Role.VIEWER, FINANCE)

    assert victor.get(NOTES).status_code == 403
    assert victor.post(NOTES, {"text": TEXT}).status_code == 403
    assert "Write a note" not in victor.get(DOCUMENTED).text


def test_nobody_writes_on_an_account_that_their_token_does_not_see(carol: Client) -> None:
    Group.objects.get(name=Role.EDITOR.value).user_set.add(User.objects.get(username="carol"))

    assert carol.post(NOTES, {"text": TEXT}).status_code == 404
    assert not Note.objects.exists()


@pytest.mark.parametrize("text", ["", "x" * 2001], ids=["empty", "too long"])
def test_what_will_not_do_comes_back_with_its_text(text: str, alice: Client) -> None:
    answer = alice.post(NOTES, {"text": text})

    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert text in answer.text


def test_the_audit_knows_of_it_and_not_what_it_says(alice: Client) -> None:
    write(alice)
    note = Note.objects.get()
    alice.post(f"{NOTES}{note.pk}/edit/", {"text": "Changed."})
    alice.post(f"{NOTES}{note.pk}/delete/")
    rows = AuditEntry.objects.filter(verb__startswith="note.").order_by("pk")

    assert [row.verb for row in rows] == ["note.add", "note.edit", "note.delete"]
    assert all(row.billing_account_id == note.billing_account_id for row in rows)
    assert "Erika" not in str(list(rows.values()))


def test_they_are_found_by_every_word_of_text_or_author(alice: Client, erin: Client) -> None:
    write(alice, "Invoices by post, please")
    write(erin, "Invoices by <b>mail</b>")

    assert "Search the notes" in alice.get(DOCUMENTED).text
    found = alice.get(f"{NOTES}find/", {"q": "MAIL invoices"}).text
    assert "Invoices by &lt;b&gt;mail&lt;/b&gt;" in found
    assert "by post" not in found
    assert "by post" in alice.get(f"{NOTES}find/", {"q": "alice"}).text
    assert "No note with these words" in alice.get(f"{NOTES}find/", {"q": "fax"}).text


def test_the_search_knows_old_notes_and_says_what_it_leaves_out(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "SHOWN", 2)
    for text in ("first by fax", "second", "third", "fourth"):
        write(alice, text)

    panel = alice.get(f"{DOCUMENTED}panels/notes/").text
    assert "first by fax" not in panel
    assert "The newest 2. 2 older are found by search." in panel
    assert "first by fax" in alice.get(f"{NOTES}find/", {"q": "fax"}).text
    assert "The newest 2, and 2 more with these words." in alice.get(f"{NOTES}find/", {"q": "alice"}).text


def test_nobody_finds_notes_on_an_account_that_their_token_does_not_see(alice: Client, carol: Client) -> None:
    write(alice)

    answer = carol.get(f"{NOTES}find/", {"q": "Erika"})
    assert answer.status_code == 404
    assert TEXT not in answer.text
