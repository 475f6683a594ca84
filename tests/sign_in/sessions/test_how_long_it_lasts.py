"""Idle, absolute, and everything else that ends a session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import AuditEntry, UserSession
from tests.sign_in.sessions.conftest import FIREFOX, IPHONE, PASSWORD, Browser, SignedIn, sign_in


def ends() -> list[tuple[str, str]]:
    """What the audit says of sessions that ended, oldest first."""
    rows = AuditEntry.objects.filter(verb="session.end").order_by("pk")
    return list(rows.values_list("actor_name", "detail"))


def test_it_lasts_while_it_is_used(erin: Browser) -> None:
    for _ in range(5):
        erin.wait(minutes=59)
        assert erin.is_signed_in()

    assert ends() == []


def test_it_ends_after_an_hour_without_use_with_one_audit_row(erin: Browser) -> None:
    erin.wait(minutes=60)
    answer = erin.client.get("/tokens/", follow=True)
    erin.client.get("/tokens/")

    assert answer.redirect_chain == [("/accounts/sign-in/?next=/tokens/", 302)]
    assert "nothing was done here for a while" in answer.text
    assert ends() == [("erin", "not used for too long")]


def test_it_ends_after_twelve_hours_however_much_it_is_used(erin: Browser) -> None:
    erin.wait(hours=12)
    UserSession.objects.update(last_used_at=timezone.now())
    answer = erin.client.get("/", follow=True)

    assert "lasts 12 hours" in answer.text
    assert ends() == [("erin", "signed in for too long")]


def test_the_session_itself_is_gone_then(erin: Browser) -> None:
    erin.wait(hours=1)
    erin.client.get("/")

    assert not Session.objects.exists()
    assert UserSession.objects.get().ended_at is not None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda user: user.groups.clear(), "no role any more"),
        (
            lambda user: type(user).objects.update(is_active=False),
            "account switched off, or its password changed",
        ),
        (
            lambda user: (user.set_password("another pass phrase"), user.save()),
            "account switched off, or its password changed",
        ),
    ],
    ids=["no role", "switched off", "new password"],
)
def test_it_ends_at_the_next_request_when_the_person_changes(change: Any, why: str, erin: Browser) -> None:
    change(erin.user)

    assert not erin.is_signed_in()
    assert ends() == [("erin", why)]


def test_a_superuser_needs_no_role(erin: Browser) -> None:
    erin.user.groups.clear()
    erin.user.is_superuser = True
    erin.user.save()

    assert erin.is_signed_in()


def test_a_session_without_a_row_counts_for_nothing(erin: Browser) -> None:
    UserSession.objects.all().delete()

    assert not erin.is_signed_in()


def test_the_admin_and_the_api_end_too(erin: Browser) -> None:
    erin.user.is_staff = erin.user.is_superuser = True
    erin.user.save()
    assert erin.client.get("/admin/").status_code == 200
    erin.wait(hours=1)

    assert erin.client.get("/admin/").status_code == 302
    assert erin.client.get("/api/v1/workspaces").status_code == 401


def test_a_part_of_a_page_leads_htmx_to_sign_in(erin: Browser) -> None:
    erin.wait(hours=1)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/workspaces/"}
    answer = erin.client.get("/workspaces/", headers=headers)

    assert answer.headers["HX-Redirect"] == "/accounts/sign-in/?next=/workspaces/"
    assert answer.content == b""


def test_a_form_that_comes_too_late_is_told_that_nothing_was_changed(erin: Browser) -> None:
    erin.wait(hours=1)
    answer = erin.client.post("/tokens/", {"token": "alto_sk_never_shown_again_000", "label": "x"})

    assert answer.status_code == 403
    assert "You are not signed in any more" in answer.text
    assert "Nothing was changed." in answer.text
    assert "alto_sk_never" not in answer.text


def test_use_is_written_at_most_once_a_minute(erin: Browser) -> None:
    erin.client.get("/")
    with CaptureQueriesContext(
        connection,
    ) as soon:
        erin.client.get("/")
    erin.wait(seconds=61)
    with CaptureQueriesContext(connection) as later:
        erin.client.get("/")

    assert [query["sql"] for query in soon if query["sql"].startswith("UPDATE")] == []
    written = [query["sql"] for query in later if query["sql"].startswith("UPDATE")]
    assert len(written) == 1
    assert '"last_used_at"' in written[0]


def test_the_check_is_one_query(erin: Browser) -> None:
    with CaptureQueriesContext(connection) as queries:
        erin.client.get("/accounts/session/back/")

    assert len([query for query in queries if "billing_usersession" in query["sql"]]) == 1


def test_a_visitor_without_a_session_costs_no_query(db: None, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get("/accounts/sign-in/")

    assert len(queries) == 0


# --- What is asked by a script -------------------------------------------------------------------------------------
def test_asking_how_long_is_left_is_no_use(erin: Browser) -> None:
    erin.wait(minutes=50)
    before = erin.row.last_used_at
    answer = erin.client.get("/accounts/session/")

    assert 540 < answer.json()["ends_in_seconds"] <= 600
    assert answer.json()["person"] == str(erin.user.pk)
    assert answer.headers["Cache-Control"] == "no-store"
    assert erin.row.last_used_at == before


def test_asking_for_more_gives_an_hour(erin: Browser) -> None:
    erin.wait(minutes=59)
    answer = erin.client.post("/accounts/session/")

    assert 3590 < answer.json()["ends_in_seconds"] <= 3600
    assert erin.is_signed_in()


def test_asking_for_more_needs_a_csrf_token(erin: Browser) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = erin.client.cookies
    erin.wait(minutes=59)
    token = strict.get("/accounts/session/").json()["csrf_token"]

    assert strict.post("/accounts/session/").status_code == 403
    assert strict.post("/accounts/session/", headers={"X-CSRFToken": token}).status_code == 200


def test_near_the_greatest_age_more_cannot_be_had(erin: Browser) -> None:
    erin.wait(hours=11, minutes=58)
    UserSession.objects.update(last_used_at=timezone.now())
    answer = erin.client.post("/accounts/session/").json()

    assert not answer["can_be_prolonged"]
    assert answer["ends_in_seconds"] <= 120


def test_the_dead_are_told_nothing(erin: Browser) -> None:
    erin.wait(hours=1)
    nothing = {"person": "", "ends_in_seconds": 0, "can_be_prolonged": False, "csrf_token": ""}

    assert erin.client.get("/accounts/session/").json() == nothing
    assert erin.client.post("/accounts/session/").json() == nothing


# --- Sign-in and sign-out -------------------------------------------------------------------------------------------
def test_the_row_says_where_and_with_what_and_never_the_key(erin: Browser) -> None:
    row = erin.row

    assert (row.device, row.address, row.how) == ("Firefox on Linux", "127.0.0.1", "password")
    assert str(erin.client.session.session_key) not in repr(vars(row))
    assert "Gecko" not in repr(vars(row))


@pytest.mark.parametrize(
    ("text", "name"), [(IPHONE, "Safari on iOS"), ("", "Unknown browser"), ("x" * 9000, "Unknown browser")]
)
def test_a_device_is_named_in_a_few_words(text: str, name: str, signed_in: SignedIn) -> None:
    assert signed_in(user_agent=text).row.device == name


def test_signing_in_gives_a_visitors_session_a_new_id(signed_in: SignedIn, client: Client) -> None:
    signed_in()
    planted = client.session
    planted["chosen by"] = "somebody else"
    planted.save()
    client.cookies["sessionid"] = planted.session_key or ""
    sign_in(client, "erin")

    assert client.session.session_key != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()


def test_signing_in_again_gives_a_new_id_and_goes_on_with_the_row(erin: Browser) -> None:
    erin.wait(hours=2)
    UserSession.objects.update(last_used_at=timezone.now())
    key, row = erin.client.session.session_key, erin.row
    erin.client.force_login(erin.user, backend="django.contrib.auth.backends.ModelBackend")

    assert erin.client.session.session_key != key
    assert not Session.objects.filter(session_key=key).exists()
    assert erin.row.pk == row.pk
    assert timezone.now() - erin.row.signed_in_at < timedelta(minutes=1)
    assert AuditEntry.objects.latest("pk").verb == "session.renew"


def test_signing_out_ends_the_row_with_one_audit_row(erin: Browser) -> None:
    row = erin.row
    erin.client.post("/accounts/sign-out/")
    row.refresh_from_db()

    assert row.ended_at is not None
    assert ends() == []
    assert AuditEntry.objects.filter(verb="session.sign_out").count() == 1


def test_the_password_and_the_browsers_text_are_in_no_row(erin: Browser) -> None:
    told = repr(list(AuditEntry.objects.values())) + repr(list(UserSession.objects.values()))

    assert PASSWORD not in told
    assert FIREFOX not in told
