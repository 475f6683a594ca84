"""The idle timeout, the absolute timeout, and everything else that ends a session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import AuditEntry, User, UserSession
from billing.services.sign_in import sessions
from tests import html
from tests.sign_in.sessions.conftest import FIREFOX, IPHONE, PASSWORD, Browser, SignedIn, sign_in


def ended() -> list[tuple[str, str]]:
    """Return whose sessions have ended and why, oldest first, according to the audit log."""
    rows = AuditEntry.objects.filter(verb="session.end").order_by("pk")
    return list(rows.values_list("actor_name", "detail"))


def test_use_extends_a_session(erin: Browser) -> None:
    for _ in range(5):
        erin.wait(minutes=59)
        assert erin.is_signed_in()

    assert ended() == []


def test_idle_session_ends_after_an_hour_with_one_audit_row(erin: Browser) -> None:
    erin.wait(minutes=60)
    answer = erin.client.get("/tokens/", follow=True)
    erin.client.get("/tokens/")

    assert answer.redirect_chain == [("/accounts/sign-in/?next=/tokens/", 302)]
    assert html.alerts(answer) == ["You were signed out because you were inactive."]
    assert ended() == [("erin", "idle for too long")]


def test_session_ends_after_twelve_hours_even_if_it_is_used(erin: Browser) -> None:
    erin.wait(hours=12)
    UserSession.objects.update(last_used_at=timezone.now())
    answer = erin.client.get("/", follow=True)

    assert html.alerts(answer) == ["You were signed out: sessions end after 12 hours."]
    assert ended() == [("erin", "signed in for too long")]


def test_ended_session_leaves_no_session_data(erin: Browser) -> None:
    erin.wait(hours=1)
    erin.client.get("/")

    assert not Session.objects.exists()
    assert UserSession.objects.get().ended_at is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda user: user.groups.clear(), "no role anymore"),
        (
            lambda user: type(user).objects.update(is_active=False),
            "account deactivated, or its password changed",
        ),
        (
            lambda user: (user.set_password("another pass phrase"), user.save()),
            "account deactivated, or its password changed",
        ),
    ],
    ids=["no role", "deactivated", "new password"],
)
def test_session_ends_at_the_next_request_after_the_person_changes(
    change: Any, reason: str, erin: Browser
) -> None:
    change(erin.user)

    assert not erin.is_signed_in()
    assert ended() == [("erin", reason)]


def test_superuser_needs_no_role(erin: Browser) -> None:
    erin.user.groups.clear()
    erin.user.is_superuser = True
    erin.user.save()

    assert erin.is_signed_in()


def test_session_without_a_row_is_not_valid(erin: Browser) -> None:
    UserSession.objects.all().delete()

    assert not erin.is_signed_in()


def test_all_sessions_of_a_person_end_together(erin: Browser, signed_in: SignedIn) -> None:
    other, fay = signed_in(user_agent=IPHONE), signed_in("fay")
    sessions.end_of_user(erin.user)

    assert (erin.is_signed_in(), other.is_signed_in(), fay.is_signed_in()) == (False, False, True)


def test_session_that_was_recorded_too_late_to_be_ended_is_not_valid(erin: Browser) -> None:
    sessions.end_of_user(erin.user)
    UserSession.objects.update(ended_at=None)

    assert User.objects.get().sessions_valid_from > UserSession.objects.get().created_at  # type: ignore[operator]
    assert not erin.is_signed_in()


def test_admin_and_api_refuse_an_ended_session(erin: Browser) -> None:
    erin.user.is_staff = erin.user.is_superuser = True
    erin.user.save()
    assert erin.client.get("/admin/").status_code == 200
    erin.wait(hours=1)

    assert erin.client.get("/admin/").status_code == 302
    assert erin.client.get("/api/v1/workspaces").status_code == 401


def test_htmx_leaves_the_page_for_the_sign_in(erin: Browser) -> None:
    erin.wait(hours=1)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/workspaces/"}
    answer = erin.client.get("/workspaces/", headers=headers)

    assert answer.headers["HX-Redirect"] == "/accounts/sign-in/?next=/workspaces/"
    assert answer.content == b""


def test_form_sent_after_the_end_says_that_nothing_was_changed(erin: Browser) -> None:
    erin.wait(hours=1)
    answer = erin.client.post("/tokens/", {"token": "alto_sk_never_shown_again_000", "label": "x"})

    assert answer.status_code == 403
    assert html.texts(answer, "h1") == ["You have been signed out"]
    assert "Nothing was changed." in html.text(answer)
    assert "alto_sk_never" not in answer.text


def test_use_is_recorded_at_most_once_a_minute(erin: Browser) -> None:
    erin.client.get("/")
    with CaptureQueriesContext(connection) as immediately:
        erin.client.get("/")
    erin.wait(seconds=61)
    with CaptureQueriesContext(connection) as later:
        erin.client.get("/")

    assert [query["sql"] for query in immediately if query["sql"].startswith("UPDATE")] == []
    updates = [query["sql"] for query in later if query["sql"].startswith("UPDATE")]
    assert len(updates) == 1
    assert '"last_used_at"' in updates[0]


def test_check_is_one_query(erin: Browser) -> None:
    with CaptureQueriesContext(connection) as queries:
        erin.client.get("/accounts/session/back/")

    assert len([query for query in queries if "billing_usersession" in query["sql"]]) == 1


def test_visitor_without_a_session_costs_no_query(db: None, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get("/accounts/sign-in/")

    assert len(queries) == 0


# --- Requests of the script -----------------------------------------------------------------------------------------
def test_status_does_not_extend_the_session(erin: Browser) -> None:
    erin.wait(minutes=50)
    before = erin.row.last_used_at
    answer = erin.client.get("/accounts/session/")

    assert 540 < answer.json()["ends_in_seconds"] <= 600
    assert answer.json()["person"] == str(erin.user.pk)
    assert answer.headers["Cache-Control"] == "no-store"
    assert erin.row.last_used_at == before


def test_post_to_status_extends_the_session(erin: Browser) -> None:
    erin.wait(minutes=59)
    answer = erin.client.post("/accounts/session/")

    assert 3590 < answer.json()["ends_in_seconds"] <= 3600
    assert erin.is_signed_in()


def test_post_to_status_needs_a_csrf_token(erin: Browser) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = erin.client.cookies
    erin.wait(minutes=59)
    token = strict.get("/accounts/session/").json()["csrf_token"]

    assert strict.post("/accounts/session/").status_code == 403
    assert strict.post("/accounts/session/", headers={"X-CSRFToken": token}).status_code == 200


def test_session_near_its_absolute_timeout_cannot_be_extended(erin: Browser) -> None:
    erin.wait(hours=11, minutes=58)
    UserSession.objects.update(last_used_at=timezone.now())
    answer = erin.client.post("/accounts/session/").json()

    assert not answer["can_be_prolonged"]
    assert answer["ends_in_seconds"] <= 120


def test_status_of_an_ended_session_is_empty(erin: Browser) -> None:
    erin.wait(hours=1)
    empty = {"person": "", "ends_in_seconds": 0, "can_be_prolonged": False, "csrf_token": ""}

    assert erin.client.get("/accounts/session/").json() == empty
    assert erin.client.post("/accounts/session/").json() == empty


# --- Sign-in and sign-out -------------------------------------------------------------------------------------------
def test_row_has_device_and_address_but_not_the_key(erin: Browser) -> None:
    row = erin.row

    assert (row.device, row.address, row.how) == ("Firefox on Linux", "127.0.0.1", "password")
    assert str(erin.client.session.session_key) not in repr(vars(row))
    assert "Gecko" not in repr(vars(row))


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [(IPHONE, "Safari on iOS"), ("", "Unknown browser"), ("x" * 9000, "Unknown browser")],
)
def test_device_has_a_short_name(user_agent: str, name: str, signed_in: SignedIn) -> None:
    assert signed_in(user_agent=user_agent).row.device == name


def test_sign_in_changes_the_session_key_of_a_visitor(signed_in: SignedIn, client: Client) -> None:
    signed_in()
    planted = client.session
    planted["chosen by"] = "an attacker"
    planted.save()
    client.cookies["sessionid"] = planted.session_key or ""
    sign_in(client, "erin")

    assert client.session.session_key != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()


def test_second_sign_in_changes_the_key_and_continues_the_session(erin: Browser) -> None:
    erin.wait(hours=2)
    UserSession.objects.update(last_used_at=timezone.now())
    key, row = erin.client.session.session_key, erin.row
    erin.client.force_login(erin.user, backend="django.contrib.auth.backends.ModelBackend")

    assert erin.client.session.session_key != key
    assert not Session.objects.filter(session_key=key).exists()
    assert erin.row.pk == row.pk
    assert timezone.now() - erin.row.signed_in_at < timedelta(minutes=1)
    assert AuditEntry.objects.latest("pk").verb == "session.renew"


def test_sign_out_ends_the_session_with_one_audit_row(erin: Browser) -> None:
    row = erin.row
    erin.client.post("/accounts/sign-out/")
    row.refresh_from_db()

    assert row.ended_at is not None
    assert ended() == []
    assert AuditEntry.objects.filter(verb="session.sign_out").count() == 1


def test_no_row_has_the_password_or_the_user_agent(erin: Browser) -> None:
    stored = repr(list(AuditEntry.objects.values())) + repr(list(UserSession.objects.values()))

    assert PASSWORD not in stored
    assert FIREFOX not in stored
