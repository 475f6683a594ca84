"""A person replaces their own password: with the present one, and other sessions end."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from pytest_django import Settings

from billing.models import AuditEntry
from tests.html import attributes, text
from tests.sign_in.sessions.conftest import PASSWORD, Browser, SignedIn

ADDRESS = "/account/password/"
NEW = "seven ducks swim slowly"


def change(browser: Browser, password: str = PASSWORD, new: str = NEW) -> Any:
    return browser.client.post(ADDRESS, {"password": password, "new_password": new})


def test_password_is_replaced_and_other_sessions_end(erin: Browser, signed_in: SignedIn) -> None:
    other, key = signed_in("erin"), erin.client.session.session_key
    assert attributes(erin.client.get("/account/"), f'a[href="{ADDRESS}"]', "href") == [ADDRESS]
    answer = change(erin)

    assert answer.headers["Location"] == "/account/"
    assert erin.is_signed_in()
    assert erin.client.session.session_key != key
    assert not other.is_signed_in()
    erin.user.refresh_from_db()
    assert erin.user.check_password(NEW)
    entry = AuditEntry.objects.get(verb="staff.change")
    assert (entry.actor_name, entry.detail) == ("erin", "own password")
    assert NEW not in str(list(AuditEntry.objects.values()))


def test_present_password_is_required(erin: Browser) -> None:
    answer = change(erin, password="wrong")

    assert answer.status_code == 422
    assert "Wrong password." in text(answer)
    assert change(erin, password="").status_code == 422
    erin.user.refresh_from_db()
    assert erin.user.check_password(PASSWORD)


def test_weak_password_is_refused(erin: Browser) -> None:
    for weak in ("short", "password1234", "altostrat1"):
        assert change(erin, new=weak).status_code == 422

    assert erin.is_signed_in()


def test_ten_wrong_passwords_lock_the_person_out(erin: Browser) -> None:
    answers = [change(erin, password="wrong").status_code for _ in range(11)]

    assert answers[:9] == [422] * 9
    assert answers[-1] == 429
    assert change(erin).status_code == 429
    cache.clear()


def test_people_without_a_password_have_no_such_page(erin: Browser, settings: Settings) -> None:
    settings.LOCAL_LOGIN = False

    assert erin.client.get(ADDRESS).status_code == 404
    assert ADDRESS not in erin.client.get("/account/").text
