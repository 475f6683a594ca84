"""How a page says what it needs, and how it refuses. Who may open which is tests/access's matter."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern

from billing.models import AuditEntry
from billing.pages import urls
from billing.pages.frame.access import PUBLIC, Access
from billing.roles import Permission
from tests.pages.addresses import DOCUMENTED

VIEWS = [row for row in urls.urlpatterns if isinstance(row, URLPattern)]


@pytest.mark.parametrize("row", VIEWS, ids=lambda row: str(row.name))
def test_every_page_says_what_it_needs(row: URLPattern) -> None:
    needs = getattr(row.callback, "needs", None)

    assert isinstance(needs, Access | Permission), (
        f"{row.name}: put @page(…) from billing.pages.frame.access on it"
    )


def test_the_rule_reaches_every_row() -> None:
    assert len(VIEWS) == len(urls.urlpatterns)


def test_only_signing_in_and_out_and_asking_whether_one_is_are_public() -> None:
    public = {row.name for row in VIEWS if getattr(row.callback, "needs", None) is PUBLIC}

    sso = {"sso", "sso-callback", "sso-back-channel-logout"}
    assert public == {"sign-in", "sign-out", "session-status", *sso}


def test_it_leads_a_stranger_to_the_sign_in_page_and_back(db: None, client: Client) -> None:
    answer = client.get(DOCUMENTED)

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/accounts/sign-in/?next={DOCUMENTED}"


def test_it_tells_htmx_to_leave_the_page_when_the_session_has_ended(db: None, client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{DOCUMENTED}"}
    answer = client.get(DOCUMENTED, headers=headers)

    assert answer.headers["HX-Redirect"] == f"/accounts/sign-in/?next={DOCUMENTED}"
    assert answer.content == b""


@pytest.mark.parametrize("address", ["/", DOCUMENTED])
def test_a_person_without_a_role_is_signed_out_and_told_why(address: str, mallory: Client) -> None:
    answer = mallory.get(address, follow=True)

    assert answer.redirect_chain == [(f"/accounts/sign-in/?next={address}", 302)]
    assert "no role in this portal any more" in answer.text


def test_the_audit_knows_of_a_refusal_once_a_minute(bob: Client) -> None:
    for _ in range(3):
        assert bob.get("/people/").status_code == 403
    bob.get("/audit/")

    # A minute may turn over on the way.
    entries = set(AuditEntry.objects.filter(verb="access.refused").values_list("detail", "outcome", "role"))
    assert entries == {("people:manage", "refused", "viewer"), ("audit:read", "refused", "viewer")}
    assert AuditEntry.objects.filter(verb="access.refused", detail="people:manage").count() < 3


def test_it_refuses_a_post_to_a_page_that_only_shows(alice: Client) -> None:
    answer = alice.post(DOCUMENTED)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert "Nothing was changed." in answer.text


def test_it_refuses_to_sign_out_by_a_link(alice: Client) -> None:
    assert alice.get("/accounts/sign-out/").status_code == 405


@pytest.mark.parametrize("address", ["/", "/tokens/", "/workspaces/", DOCUMENTED])
def test_no_cache_may_keep_a_page(address: str, alice: Client) -> None:
    assert alice.get(address).headers["Cache-Control"] == "no-store"
