"""Where I am signed in, and ending that."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client

from billing.models import AuditEntry, HeldForm, UserSession
from billing.services.actor import Actor, Door
from billing.services.sign_in import pending_forms, sessions
from tests.sign_in.sessions.conftest import IPHONE, Browser, SignedIn

ISSUER = "https://id.example"


@pytest.fixture
def phone(erin: Browser, signed_in: SignedIn) -> Browser:
    """The same person at a telephone."""
    return signed_in(user_agent=IPHONE)


def test_the_list_tells_device_place_and_which_one_this_is(erin: Browser, phone: Browser) -> None:
    page = erin.client.get("/account/sessions/").text

    assert page.index("Firefox on Linux") < page.index("This one") < page.index("Safari on iOS")
    assert page.count("127.0.0.1") >= 2
    assert 'Open sessions <span class="count">2</span>' in page


def test_the_list_holds_neither_the_ended_nor_those_of_others(
    erin: Browser, phone: Browser, signed_in: SignedIn
) -> None:
    signed_in("fay", user_agent="curl/8.0")
    phone.wait(hours=1)
    page = erin.client.get("/account/sessions/").text

    assert "curl" not in page
    assert "Safari" not in page
    assert "End all others" not in page


def test_another_one_ends_at_its_very_next_request(erin: Browser, phone: Browser) -> None:
    assert phone.is_signed_in()
    erin.client.post(f"/account/sessions/{phone.row.pk}/end/")

    assert not phone.is_signed_in()
    assert erin.is_signed_in()
    entry = AuditEntry.objects.get(verb="session.end")
    assert (entry.actor_name, entry.detail) == ("erin", "ended from the list")


def test_this_one_can_be_ended_too(erin: Browser) -> None:
    erin.client.post(f"/account/sessions/{erin.row.pk}/end/")

    assert not erin.is_signed_in()


def test_the_session_of_another_is_not_known(erin: Browser, signed_in: SignedIn) -> None:
    fay = signed_in("fay")

    assert erin.client.post(f"/account/sessions/{fay.row.pk}/end/").status_code == 404
    assert fay.is_signed_in()
    assert not AuditEntry.objects.filter(verb="session.end").exists()


def test_all_others_end_with_one_audit_row(erin: Browser, phone: Browser, signed_in: SignedIn) -> None:
    fay, third = signed_in("fay"), signed_in("erin")
    keep = UserSession.objects.order_by("pk")[0]
    answer = erin.client.post("/account/sessions/end-others/", follow=True)

    assert "2 other sessions have ended." in answer.text
    assert [entry.subject for entry in AuditEntry.objects.filter(verb="session.end")] == ["2 others"]
    assert (erin.is_signed_in(), phone.is_signed_in(), third.is_signed_in()) == (True, False, False)
    assert fay.is_signed_in()
    assert UserSession.objects.get(user=erin.user, ended_at=None) == keep


@pytest.mark.parametrize("address", ["/account/sessions/1/end/", "/account/sessions/end-others/"])
def test_a_link_ends_nothing(address: str, erin: Browser) -> None:
    assert erin.client.get(address).status_code == 405


def test_a_stranger_sees_no_list(db: None, client: Client) -> None:
    assert client.get("/account/sessions/").status_code == 302


# --- Ended by others ------------------------------------------------------------------------------------------------
def test_end_all_ends_every_session_of_one_person(erin: Browser, phone: Browser, signed_in: SignedIn) -> None:
    fay = signed_in("fay")

    assert sessions.end_all(erin.user, "deactivated") == 2
    assert (erin.is_signed_in(), phone.is_signed_in(), fay.is_signed_in()) == (False, False, True)
    entry = AuditEntry.objects.get(verb="session.end")
    assert (entry.door, entry.subject, entry.detail) == ("command", "erin", "deactivated (2)")


def test_end_all_names_the_administrator_who_did_it(erin: Browser, signed_in: SignedIn) -> None:
    fay = signed_in("fay")
    sessions.end_all(erin.user, "deactivated", actor=Actor(fay.user, Door.PAGE, frozenset()))

    assert AuditEntry.objects.get(verb="session.end").actor_name == "fay"


def test_end_all_of_nobody_leaves_no_audit_row(erin: Browser) -> None:
    sessions.end_all(erin.user, "deactivated")

    assert sessions.end_all(erin.user, "deactivated") == 0
    assert AuditEntry.objects.filter(verb="session.end").count() == 1


def test_a_provider_ends_the_session_it_names(erin: Browser, phone: Browser) -> None:
    UserSession.objects.filter(pk=phone.row.pk).update(how="sso", issuer=ISSUER, subject="s-1", sid="abc")

    assert sessions.end_by_sid(ISSUER, "other") == sessions.end_by_sid("https://evil.example", "abc") == 0
    assert sessions.end_by_sid(ISSUER, "abc") == 1
    assert (erin.is_signed_in(), phone.is_signed_in()) == (True, False)


def test_a_provider_ends_all_sessions_of_whom_it_names(erin: Browser, phone: Browser) -> None:
    UserSession.objects.update(how="sso", issuer=ISSUER, subject="s-1")

    assert sessions.end_by_subject(ISSUER, "s-2") == 0
    assert sessions.end_by_subject(ISSUER, "s-1") == 2


def test_an_empty_name_ends_nothing(erin: Browser) -> None:
    assert sessions.end_by_sid("", "") == sessions.end_by_subject("", "") == 0
    assert erin.is_signed_in()


def test_another_person_at_the_same_browser_ends_the_session_before(
    erin: Browser, signed_in: SignedIn
) -> None:
    fay, before = signed_in("fay"), erin.row
    sessions.begin(fay.user, "k" * 32, sessions.SignIn(), replaces=before, address="127.0.0.1", user_agent="")
    before.refresh_from_db()

    assert before.ended_at is not None
    assert AuditEntry.objects.get(verb="session.end").detail == "another person signed in"


# --- Clearing -------------------------------------------------------------------------------------------------------
def test_clear_sessions_deletes_what_is_over_and_signs_nobody_out(
    erin: Browser, phone: Browser, signed_in: SignedIn, capsys: pytest.CaptureFixture[str]
) -> None:
    third = signed_in("fay")
    pending_forms.hold(third.row, path="/tokens/", body="")
    sessions.end(Actor(erin.user, Door.PAGE, frozenset()), phone.row.pk)
    third.wait(hours=2)
    call_command("clear_sessions")

    assert "Deleted 2 sessions" in capsys.readouterr().out
    assert erin.is_signed_in()
    assert UserSession.objects.count() == 1
    assert not HeldForm.objects.exists()
