"""A change needs a sign-in of the last half hour. Until then its form waits, sealed, and is sent once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone

from billing.models import AltostratToken, AuditEntry, PendingForm, UserSession
from billing.services.actor import Actor, Door, granted_to
from billing.services.sign_in import pending_forms
from billing.services.tokens import manage as token_changes
from tests import html
from tests.sign_in.sessions.conftest import PASSWORD, Browser, SignedIn
from tests.tokens import FINANCE

pytestmark = pytest.mark.usefixtures("altostrat_url")


@pytest.fixture
def late(erin: Browser) -> Browser:
    """Return a browser that signed in 31 minutes ago."""
    erin.wait(minutes=31)
    return erin


def store(browser: Browser, label: str = "Finance", **more: Any) -> Any:
    """Send the form that stores a token."""
    form = {"token": FINANCE, "label": label, "workspace_id": "", "form_id": str(uuid4()), "next": "/"}
    return browser.client.post("/tokens/", form, **more)


def pending_id() -> UUID:
    return PendingForm.objects.latest("expires_at").pk


def confirm_password(browser: Browser, password: str = PASSWORD) -> Any:
    return browser.client.post(f"/accounts/confirm/{pending_id()}/password/", {"password": password})


def send(browser: Browser, form_id: object, path: str = "/tokens/") -> Any:
    """Send the pending form, as the page does after the sign-in."""
    return browser.client.post(path, {"pending_form": str(form_id)})


def labels() -> list[str]:
    return sorted(AltostratToken.objects.values_list("label", flat=True))


def test_fresh_sign_in_changes_immediately(erin: Browser) -> None:
    erin.wait(minutes=29)

    assert store(erin).headers["Location"] == "/"
    assert labels() == ["Finance"]


def test_late_change_asks_for_the_password_first(late: Browser) -> None:
    answer = store(late)

    assert answer.headers["Location"] == f"/accounts/confirm/{pending_id()}/"
    assert labels() == []
    page = late.client.get(answer.headers["Location"], follow=True)
    assert page.redirect_chain == [(f"/accounts/confirm/{pending_id()}/password/", 302)]
    assert html.texts(page, "h1") == ["Confirm it's you"]


def test_change_continues_after_the_password(late: Browser) -> None:
    store(late, label="Käse & Söhne")
    form_id = pending_id()
    answer = confirm_password(late)

    assert answer.headers["Location"] == f"/accounts/confirm/{form_id}/"
    page = late.client.get(answer.headers["Location"])
    assert html.attributes(page, "form[data-send-now]", "action") == ["/tokens/"]
    assert FINANCE not in page.text
    assert send(late, form_id).headers["Location"] == "/"
    assert labels() == ["Käse & Söhne"]


def test_form_sent_twice_changes_nothing_the_second_time(late: Browser) -> None:
    store(late)
    form_id = pending_id()
    confirm_password(late)
    send(late, form_id)
    AltostratToken.objects.all().delete()
    again = send(late, form_id)

    assert again.status_code == 410
    assert "Nothing was changed now." in html.text(again)
    assert labels() == []
    assert late.client.get(f"/accounts/confirm/{form_id}/").status_code == 410


def test_pending_form_is_sealed(late: Browser) -> None:
    store(late)

    assert FINANCE not in repr(PendingForm.objects.values())
    assert PendingForm.objects.get().envelope.startswith("v1:test:")


def test_pending_form_is_not_sent_without_the_sign_in(late: Browser) -> None:
    store(late)
    form_id = pending_id()
    page = late.client.get(f"/accounts/confirm/{form_id}/")
    answer = send(late, form_id)

    assert page.headers["Location"] == f"/accounts/confirm/{form_id}/password/"
    assert answer.headers["Location"] == f"/accounts/confirm/{form_id}/"
    assert labels() == []
    assert PendingForm.objects.filter(pk=form_id).exists()


def test_pending_form_expires_after_ten_minutes(late: Browser) -> None:
    store(late)
    form_id = pending_id()
    confirm_password(late)
    PendingForm.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert send(late, form_id).status_code == 410
    assert labels() == []


def test_pending_form_is_not_sent_to_another_path(late: Browser) -> None:
    actor = Actor(late.user, Door.PAGE, granted_to(late.user))
    row, _ = token_changes.save(actor, text=FINANCE, label="Old", verify=False)
    late.client.post(f"/tokens/{row.pk}/delete/")
    form_id = pending_id()
    confirm_password(late)

    assert send(late, form_id).status_code == 410
    assert labels() == ["Old"]
    send(late, form_id, path=f"/tokens/{row.pk}/delete/")
    assert labels() == []


def test_other_sessions_cannot_send_a_pending_form(late: Browser, signed_in: SignedIn) -> None:
    store(late)
    form_id = pending_id()
    another_person, another_browser = signed_in("fay"), signed_in("erin")

    for browser in (another_person, another_browser):
        assert browser.client.get(f"/accounts/confirm/{form_id}/").status_code == 410
        assert send(browser, form_id).status_code == 410
    assert labels() == []


@pytest.mark.parametrize("form_id", ["", "not an id", "d56e35f9-c581-407d-9f98-9f1d161337d5"])
def test_unknown_id_changes_nothing(form_id: str, erin: Browser) -> None:
    assert store(erin).status_code == 302
    answer = erin.client.post("/tokens/", {"pending_form": form_id, "token": FINANCE, "label": "Second"})

    assert answer.status_code == 410
    assert labels() == ["Finance"]


def test_wrong_password_confirms_nothing(late: Browser) -> None:
    store(late)
    answer = confirm_password(late, "wrong-password-text")

    assert answer.status_code == 422
    assert html.field_error(answer, "password") == "Wrong password. Passwords are case-sensitive."
    assert "wrong-password-text" not in answer.text
    assert not late.client.get(f"/accounts/confirm/{pending_id()}/").content


def test_ten_wrong_passwords_lock_the_person_out(late: Browser) -> None:
    store(late)
    for _ in range(10):
        answer = confirm_password(late, "wrong")

    assert answer.status_code == 429
    assert confirm_password(late).status_code == 429
    cache.clear()


def test_confirmation_leaves_one_audit_row_and_changes_the_session_key(late: Browser) -> None:
    key = late.client.session.session_key
    store(late)
    confirm_password(late)

    assert late.client.session.session_key != key
    assert AuditEntry.objects.filter(verb="session.renew").count() == 1
    assert AuditEntry.objects.filter(verb="session.sign_in").count() == 1
    assert UserSession.objects.count() == 1


def test_single_sign_on_is_confirmed_at_the_provider(late: Browser) -> None:
    UserSession.objects.update(how="sso")
    page = late.client.get(store(late).headers["Location"])

    # Not a redirect: the browser would count it as the form's, which may not lead to another site.
    assert page.status_code == 200
    url = f"/accounts/sso/?step_up=1&next=%2Faccounts%2Fconfirm%2F{pending_id()}%2F"
    assert html.attributes(page, "meta[http-equiv=refresh]", "content") == [f"0; url={url}"]
    assert html.attributes(page, "main .btn", "href") == [url]


def test_htmx_leaves_the_page(late: Browser) -> None:
    answer = store(late, headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == f"/accounts/confirm/{pending_id()}/"
    assert "Location" not in answer.headers


def test_reading_needs_no_fresh_sign_in(late: Browser) -> None:
    assert late.client.get("/tokens/").status_code == 200


def test_invalid_form_shows_its_errors_after_the_confirmation(late: Browser) -> None:
    late.client.post("/tokens/", {"token": "no token at all", "label": "x", "form_id": str(uuid4())})
    form_id = pending_id()
    confirm_password(late)
    answer = send(late, form_id)

    assert answer.status_code == 422
    assert html.texts(answer, "h1") == ["My tokens"]


@pytest.mark.parametrize("verb", ["renew", "default", "delete"])
def test_every_change_of_a_token_waits(verb: str, late: Browser) -> None:
    actor = Actor(late.user, Door.PAGE, granted_to(late.user))
    row, _ = token_changes.save(actor, text=FINANCE, label="Old", verify=False)
    answer = late.client.post(f"/tokens/{row.pk}/{verb}/", {"token": FINANCE})

    assert answer.headers["Location"] == f"/accounts/confirm/{pending_id()}/"
    assert AltostratToken.objects.get().renewed_at == row.renewed_at


def test_only_the_newest_ten_forms_wait(late: Browser) -> None:
    first = pending_forms.save(late.row, path="/tokens/", body="")
    for _ in range(10):
        store(late)

    assert PendingForm.objects.count() == 10
    assert not PendingForm.objects.filter(pk=first).exists()


def test_form_sealed_with_another_vault_key_is_not_found(late: Browser, settings: Any) -> None:
    store(late)
    form_id = pending_id()
    settings.VAULT_KEYS = f"other:{'B' * 43}="

    assert late.client.get(f"/accounts/confirm/{form_id}/").status_code == 410
