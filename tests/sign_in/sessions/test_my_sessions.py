"""My sessions: where a person is signed in, and ending these sessions."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client

from billing.models import AuditEntry, PendingForm, UserSession
from billing.services.actor import Actor, Door, Origin
from billing.services.sign_in import pending_forms, sessions
from tests import html
from tests.sign_in.sessions.conftest import IPHONE, Browser, SignedIn


@pytest.fixture
def phone(erin: Browser, signed_in: SignedIn) -> Browser:
    """Return the same person with a phone."""
    return signed_in(user_agent=IPHONE)


def test_list_shows_device_and_address_and_marks_this_session(erin: Browser, phone: Browser) -> None:
    page = erin.client.get("/account/sessions/")

    assert [row[:2] for row in html.rows(page)] == [
        ["Firefox on Linux This session by password", "127.0.0.1"],
        ["Safari on iOS by password", "127.0.0.1"],
    ]


def test_list_has_neither_ended_sessions_nor_those_of_others(
    erin: Browser, phone: Browser, signed_in: SignedIn
) -> None:
    signed_in("fay", user_agent="curl/8.0")
    phone.wait(hours=1)
    page = erin.client.get("/account/sessions/")

    assert len(html.rows(page)) == 1
    assert "End all other sessions" not in html.text(page)


def test_other_session_ends_at_its_next_request(erin: Browser, phone: Browser) -> None:
    assert phone.is_signed_in()
    erin.client.post(f"/account/sessions/{phone.row.pk}/end/")

    assert not phone.is_signed_in()
    assert erin.is_signed_in()
    entry = AuditEntry.objects.get(verb="session.end")
    assert (entry.actor_name, entry.detail) == ("erin", "ended from the list")


def test_this_session_can_be_ended_too(erin: Browser) -> None:
    erin.client.post(f"/account/sessions/{erin.row.pk}/end/")

    assert not erin.is_signed_in()


def test_session_of_another_person_is_not_found(erin: Browser, signed_in: SignedIn) -> None:
    fay = signed_in("fay")

    assert erin.client.post(f"/account/sessions/{fay.row.pk}/end/").status_code == 404
    assert fay.is_signed_in()
    assert not AuditEntry.objects.filter(verb="session.end").exists()


def test_one_other_session_is_audited_as_one(erin: Browser, phone: Browser) -> None:
    erin.client.post("/account/sessions/end-others/")

    assert AuditEntry.objects.get(verb="session.end").subject == "1 other"
    assert not phone.is_signed_in()


def test_all_others_end_with_one_audit_row(erin: Browser, phone: Browser, signed_in: SignedIn) -> None:
    fay, third = signed_in("fay"), signed_in("erin")
    keep = UserSession.objects.order_by("pk")[0]
    answer = erin.client.post("/account/sessions/end-others/", follow=True)

    assert html.alerts(answer) == ["2 other sessions have ended."]
    assert [entry.subject for entry in AuditEntry.objects.filter(verb="session.end")] == ["2 others"]
    assert (erin.is_signed_in(), phone.is_signed_in(), third.is_signed_in()) == (True, False, False)
    assert fay.is_signed_in()
    assert UserSession.objects.get(user=erin.user, ended_at=None) == keep


@pytest.mark.parametrize("address", ["/account/sessions/1/end/", "/account/sessions/end-others/"])
def test_get_ends_nothing(address: str, erin: Browser) -> None:
    assert erin.client.get(address).status_code == 405


def test_visitor_sees_no_list(db: None, client: Client) -> None:
    assert client.get("/account/sessions/").status_code == 302


def test_sign_in_of_another_person_ends_the_previous_session(erin: Browser, signed_in: SignedIn) -> None:
    fay, previous = signed_in("fay"), erin.row
    sessions.begin(fay.user, "k" * 32, sessions.SignIn(), Origin(address="127.0.0.1"), previous=previous)
    previous.refresh_from_db()

    assert previous.ended_at is not None
    assert AuditEntry.objects.get(verb="session.end").detail == "another person signed in"


def test_ended_session_is_not_renewed(erin: Browser) -> None:
    session = erin.row
    sessions.end_of_user(erin.user)

    assert not sessions.renew(session, "k" * 32, sessions.SignIn(), Origin())
    with pytest.raises(sessions.SessionEnded):
        sessions.check("k" * 32, erin.user)


def test_clear_sessions_deletes_ended_sessions_and_signs_nobody_out(
    erin: Browser, phone: Browser, signed_in: SignedIn, capsys: pytest.CaptureFixture[str]
) -> None:
    third = signed_in("fay")
    pending_forms.save(third.row, path="/tokens/", body="")
    sessions.end(Actor(erin.user, Door.PAGE, frozenset()), phone.row.pk)
    third.wait(hours=2)
    call_command("clear_sessions")

    assert "Deleted expired sessions: 2" in capsys.readouterr().out
    assert erin.is_signed_in()
    assert UserSession.objects.count() == 1
    assert not PendingForm.objects.exists()
