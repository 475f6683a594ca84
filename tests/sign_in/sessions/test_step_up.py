"""Before a change, a sign-in older than half an hour is renewed; the change waits, sealed, and goes on once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone

from billing.models import AltostratToken, AuditEntry, HeldForm, UserSession
from billing.services.actor import Actor, Door, granted_to
from billing.services.sign_in import pending_forms
from billing.services.tokens import manage as token_changes
from tests.sign_in.sessions.conftest import PASSWORD, Browser, SignedIn
from tests.tokens import FINANCE

pytestmark = pytest.mark.usefixtures("altostrat_url")


@pytest.fixture
def late(erin: Browser) -> Browser:
    """Signed in 31 minutes ago, and at work since."""
    erin.wait(minutes=31)
    return erin


def store(browser: Browser, label: str = "Finance", **more: Any) -> Any:
    """Sends the form that stores a token."""
    form = {"token": FINANCE, "label": label, "workspace_id": "", "form_id": str(uuid4()), "next": "/"}
    return browser.client.post("/tokens/", form, **more)


def held() -> UUID:
    return HeldForm.objects.latest("expires_at").pk


def confirm_password(browser: Browser, password: str = PASSWORD) -> Any:
    return browser.client.post(f"/accounts/confirm/{held()}/password/", {"password": password})


def labels() -> list[str]:
    return sorted(AltostratToken.objects.values_list("label", flat=True))


def test_a_fresh_sign_in_changes_at_once(erin: Browser) -> None:
    erin.wait(minutes=29)

    assert store(erin).headers["Location"] == "/"
    assert labels() == ["Finance"]


def test_a_late_one_is_asked_for_the_password_and_nothing_is_changed_yet(late: Browser) -> None:
    answer = store(late)

    assert answer.headers["Location"] == f"/accounts/confirm/{held()}/"
    assert labels() == []
    asked = late.client.get(answer.headers["Location"], follow=True)
    assert asked.redirect_chain == [(f"/accounts/confirm/{held()}/password/", 302)]
    assert "Is it still you?" in asked.text


def test_the_change_goes_on_where_it_was(late: Browser) -> None:
    store(late, label="Käse & Söhne")
    form_id = held()
    answer = confirm_password(late)

    assert answer.headers["Location"] == f"/accounts/confirm/{form_id}/"
    page = late.client.get(answer.headers["Location"]).text
    assert 'action="/tokens/"' in page
    assert FINANCE not in page
    done = late.client.post("/tokens/", {"held_form": str(form_id)})
    assert done.headers["Location"] == "/"
    assert labels() == ["Käse & Söhne"]


def test_sent_again_it_changes_nothing(late: Browser) -> None:
    store(late)
    form_id = held()
    confirm_password(late)
    late.client.post("/tokens/", {"held_form": str(form_id)})
    AltostratToken.objects.all().delete()
    again = late.client.post("/tokens/", {"held_form": str(form_id)})

    assert again.status_code == 410
    assert "Nothing was changed just now." in again.text
    assert labels() == []
    assert late.client.get(f"/accounts/confirm/{form_id}/").status_code == 410


def test_it_is_kept_sealed(late: Browser) -> None:
    store(late)

    assert FINANCE not in repr(HeldForm.objects.values())
    assert HeldForm.objects.get().envelope.startswith("v1:test:")


def test_without_the_renewal_it_is_not_sent_on(late: Browser) -> None:
    store(late)
    form_id = held()
    page = late.client.get(f"/accounts/confirm/{form_id}/")
    answer = late.client.post("/tokens/", {"held_form": str(form_id)})

    assert page.headers["Location"] == f"/accounts/confirm/{form_id}/password/"
    assert answer.headers["Location"] == f"/accounts/confirm/{form_id}/"
    assert labels() == []
    assert HeldForm.objects.filter(pk=form_id).exists()


def test_it_waits_for_ten_minutes_and_no_longer(late: Browser) -> None:
    store(late)
    form_id = held()
    confirm_password(late)
    HeldForm.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert late.client.post("/tokens/", {"held_form": str(form_id)}).status_code == 410
    assert labels() == []


def test_it_goes_nowhere_else(late: Browser) -> None:
    actor = Actor(late.user, Door.PAGE, granted_to(late.user))
    row, _ = token_changes.save(actor, text=FINANCE, label="Old", verify=False)
    late.client.post(f"/tokens/{row.pk}/forget/")
    form_id = held()
    confirm_password(late)

    assert late.client.post("/tokens/", {"held_form": str(form_id)}).status_code == 410
    assert labels() == ["Old"]
    late.client.post(f"/tokens/{row.pk}/forget/", {"held_form": str(form_id)})
    assert labels() == []


def test_nobody_else_can_send_it(late: Browser, signed_in: SignedIn) -> None:
    store(late)
    form_id = held()
    fay, elsewhere = signed_in("fay"), signed_in("erin")

    for browser in (fay, elsewhere):
        assert browser.client.get(f"/accounts/confirm/{form_id}/").status_code == 410
        assert browser.client.post("/tokens/", {"held_form": str(form_id)}).status_code == 410
    assert labels() == []


@pytest.mark.parametrize("name", ["", "not an id", "d56e35f9-c581-407d-9f98-9f1d161337d5"])
def test_an_id_that_is_none_changes_nothing(name: str, erin: Browser) -> None:
    assert store(erin).status_code == 302
    answer = erin.client.post("/tokens/", {"held_form": name, "token": FINANCE, "label": "Second"})

    assert answer.status_code == 410
    assert labels() == ["Finance"]


def test_a_wrong_password_confirms_nothing(late: Browser) -> None:
    store(late)
    answer = confirm_password(late, "wrong-password-text")

    assert answer.status_code == 422
    assert "This is not your password." in answer.text
    assert "wrong-password-text" not in answer.text
    assert not late.client.get(f"/accounts/confirm/{held()}/").content


def test_ten_wrong_passwords_close_that_door(late: Browser) -> None:
    store(late)
    for _ in range(10):
        answer = confirm_password(late, "wrong")

    assert answer.status_code == 429
    assert confirm_password(late).status_code == 429
    cache.clear()


def test_a_confirmed_sign_in_is_one_audit_row_and_a_new_session_id(late: Browser) -> None:
    key = late.client.session.session_key
    store(late)
    AuditEntry.objects.latest("pk")
    confirm_password(late)

    assert late.client.session.session_key != key
    assert AuditEntry.objects.filter(verb="session.renew").count() == 1
    assert AuditEntry.objects.filter(verb="session.sign_in").count() == 1
    assert UserSession.objects.count() == 1


def test_a_single_sign_on_is_renewed_at_the_provider(late: Browser) -> None:
    UserSession.objects.update(how="sso", issuer="https://id.example", subject="s-1")
    answer = store(late)

    page = late.client.get(answer.headers["Location"])
    goal = f"/accounts/sso/?step_up=1&amp;next=%2Faccounts%2Fconfirm%2F{held()}%2F"
    # No redirect: the browser would count it as the form's, which may lead to no other site.
    assert page.status_code == 200
    assert page.text.count(goal) == 2


def test_htmx_is_told_to_leave_the_page(late: Browser) -> None:
    answer = store(late, headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == f"/accounts/confirm/{held()}/"
    assert "Location" not in answer.headers


def test_reading_needs_no_fresh_sign_in(late: Browser) -> None:
    assert late.client.get("/tokens/").status_code == 200


def test_what_a_form_gets_wrong_is_told_after_the_renewal(late: Browser) -> None:
    late.client.post("/tokens/", {"token": "no token at all", "label": "x", "form_id": str(uuid4())})
    form_id = held()
    confirm_password(late)
    answer = late.client.post("/tokens/", {"held_form": str(form_id)})

    assert answer.status_code == 422
    assert "My tokens" in answer.text


@pytest.mark.parametrize("verb", ["renew", "default", "forget"])
def test_every_change_of_a_token_waits(verb: str, late: Browser) -> None:
    actor = Actor(late.user, Door.PAGE, granted_to(late.user))
    row, _ = token_changes.save(actor, text=FINANCE, label="Old", verify=False)
    answer = late.client.post(f"/tokens/{row.pk}/{verb}/", {"token": FINANCE})

    assert answer.headers["Location"] == f"/accounts/confirm/{held()}/"
    assert AltostratToken.objects.get().renewed_at == row.renewed_at


def test_only_the_newest_ten_wait(late: Browser) -> None:
    first = pending_forms.hold(late.row, path="/tokens/", body="")
    for _ in range(10):
        store(late)

    assert HeldForm.objects.count() == 10
    assert not HeldForm.objects.filter(pk=first).exists()


def test_the_wrong_vault_key_opens_nothing_and_breaks_nothing(late: Browser, settings: Any) -> None:
    store(late)
    form_id = held()
    settings.VAULT_KEYS = f"other:{'B' * 43}="

    assert late.client.get(f"/accounts/confirm/{form_id}/").status_code == 410
