"""The permissions of pages, and refused requests. tests/access has who may open which page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern

from billing.models import AuditEntry
from billing.pages import urls
from billing.pages.frame.access import PUBLIC, Access
from billing.roles import Permission
from tests.html import text
from tests.pages.addresses import DOCUMENTED

VIEWS = [row for row in urls.urlpatterns if isinstance(row, URLPattern)]


@pytest.mark.parametrize("row", VIEWS, ids=lambda row: str(row.name))
def test_every_page_declares_its_permission(row: URLPattern) -> None:
    needs = getattr(row.callback, "needs", None)

    assert isinstance(needs, Access | Permission), f"{row.name}: add @page(…) from billing.pages.frame.access"


def test_every_url_is_checked() -> None:
    assert len(VIEWS) == len(urls.urlpatterns)


def test_only_sign_in_pages_are_public() -> None:
    public = {row.name for row in VIEWS if getattr(row.callback, "needs", None) is PUBLIC}

    sso = {"sso", "sso-callback", "sso-back-channel-logout"}
    assert public == {"sign-in", "sign-out", "session-status", *sso}


def test_anonymous_request_is_redirected_to_the_sign_in_page(db: None, client: Client) -> None:
    answer = client.get(DOCUMENTED)

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/accounts/sign-in/?next={DOCUMENTED}"


def test_htmx_is_redirected_when_the_session_has_ended(db: None, client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{DOCUMENTED}"}
    answer = client.get(DOCUMENTED, headers=headers)

    assert answer.headers["HX-Redirect"] == f"/accounts/sign-in/?next={DOCUMENTED}"
    assert answer.content == b""


@pytest.mark.parametrize("address", ["/", DOCUMENTED])
def test_person_without_a_role_is_signed_out(address: str, mallory: Client) -> None:
    answer = mallory.get(address, follow=True)

    assert answer.redirect_chain == [(f"/accounts/sign-in/?next={address}", 302)]
    assert "your account no longer has a role here" in text(answer)


def test_refusal_is_audited_once_a_minute(bob: Client) -> None:
    for _ in range(3):
        assert bob.get("/people/").status_code == 403
    bob.get("/audit/")

    # The minute may change during the test.
    entries = set(AuditEntry.objects.filter(verb="access.refused").values_list("detail", "outcome", "role"))
    assert entries == {("people:manage", "refused", "viewer"), ("audit:read", "refused", "viewer")}
    assert AuditEntry.objects.filter(verb="access.refused", detail="people:manage").count() < 3


def test_read_only_page_refuses_post(alice: Client) -> None:
    answer = alice.post(DOCUMENTED)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert "Nothing was changed." in answer.text


def test_sign_out_needs_post(alice: Client) -> None:
    assert alice.get("/accounts/sign-out/").status_code == 405


@pytest.mark.parametrize("address", ["/", "/tokens/", "/workspaces/", DOCUMENTED])
def test_pages_are_not_cached(address: str, alice: Client) -> None:
    assert alice.get(address).headers["Cache-Control"] == "no-store"
