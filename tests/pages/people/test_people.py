"""People, My account, and what each role sees."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import AltostratToken, AuditEntry, PortalKey, User
from billing.roles import Permission, Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys
from tests import html
from tests.pages.conftest import client_of


@pytest.fixture
def ada(db: None, static_files: None, altostrat_url: str) -> Client:
    """Return an administrator."""
    return client_of("ada", Role.ADMIN, None)


@pytest.fixture
def otto(db: None, static_files: None, altostrat_url: str) -> Client:
    """Return an auditor."""
    return client_of("otto", Role.AUDITOR, None)


def person(name: str) -> User:
    return User.objects.get(username=name)


def test_pages_never_show_the_tokens_of_a_person(ada: Client, alice: Client) -> None:
    token = AltostratToken.objects.get()
    pages = ada.get("/people/").text + ada.get(f"/people/{person('alice').pk}/").text

    assert "alice" in pages
    assert token.created_at.strftime("%b %Y") in pages
    for secret in (token.label, token.masked, token.envelope):
        assert secret not in pages


def test_people_can_be_searched(ada: Client, alice: Client) -> None:
    links = html.attributes(ada.get("/people/?q=ALI"), ".row-main a", "href")

    assert links == [f"/people/{person('alice').pk}/"]
    assert html.texts(ada.get("/people/?q=ALI&role=auditor"), ".nothing-title") == ["No matches"]


@pytest.mark.parametrize("query", ["?role=emperor", "?state=x", "?after=%00", "?q=" + "x" * 200, "?q=%00"])
def test_invalid_filter_is_ignored(ada: Client, query: str) -> None:
    assert ada.get(f"/people/{query}").status_code == 200


def test_person_is_deactivated_and_reactivated_after_confirmation(ada: Client, alice: Client) -> None:
    url = f"/people/{person('alice').pk}/deactivate/"

    assert "Their stored Altostrat token is no longer used." in html.text(ada.get(url))
    assert person("alice").is_active
    deactivated = ada.post(url, follow=True)
    assert html.alerts(deactivated) == [
        "alice is deactivated. Their sessions, keys and tokens no longer work."
    ]
    assert alice.get("/").status_code == 302
    reactivated = ada.post(url.replace("deactivate", "activate"), follow=True)
    assert html.alerts(reactivated) == ["alice is reactivated and can sign in again."]
    assert person("alice").is_active


def test_nobody_can_deactivate_themselves(ada: Client) -> None:
    own = f"/people/{person('ada').pk}/"

    assert "Deactivate" not in html.text(ada.get(own))
    answer = ada.post(f"{own}deactivate/", follow=True)
    assert html.alerts(answer) == [
        "Nothing was changed. You can't deactivate yourself. Ask another administrator."
    ]
    assert person("ada").is_active
    assert AuditEntry.objects.get(verb="staff.deactivate").outcome == "refused"


def test_only_a_key_of_the_person_in_the_url_is_revoked(ada: Client, alice: Client, bob: Client) -> None:
    owner = person("alice")
    actor = Actor(owner, Door.COMMAND, granted_to(owner))
    row, _ = keys.issue(actor, name="ERP", scopes=[Permission.BILLING_READ])

    assert ada.post(f"/people/{person('bob').pk}/keys/{row.pk}/revoke/").status_code == 404
    url = f"/people/{owner.pk}/keys/{row.pk}/revoke/"
    assert html.texts(ada.get(url), "h1") == ["Revoke “ERP” of alice?"]
    assert html.alerts(ada.post(url, follow=True)) == ["The key “ERP” was revoked and no longer works."]
    assert PortalKey.objects.get().revoked_at is not None


@pytest.mark.parametrize("path", ["", "deactivate/", "activate/", "keys/1/revoke/"])
def test_unknown_person_is_not_found(ada: Client, path: str) -> None:
    assert ada.get(f"/people/4711/{path}").status_code == 404


def test_my_account_shows_permissions_and_where_roles_come_from(alice: Client) -> None:
    assert html.facts(alice.get("/account/"))["Editor"] == "Set by an operator of this portal"
    User.objects.filter(username="alice").update(role_sources={"editor": ["finance & co"]})
    page = alice.get("/account/")

    assert html.facts(page)["Editor"].startswith("From the group finance & co ")
    assert html.texts(page, ".lead") == ["Role: Editor. You can read billing data and change billing data."]


def test_auditor_sees_the_audit_and_no_billing_data(otto: Client) -> None:
    home, account = otto.get("/"), otto.get("/account/")

    assert html.texts(account, ".lead") == ["Role: Auditor. You can read the audit log."]
    links = {*html.attributes(home, "a", "href"), *html.attributes(account, "a", "href")}
    assert "/audit/" in links
    assert not links & {"/workspaces/", "/tokens/", "/keys/", "/people/"}


def test_viewer_sees_neither_people_nor_audit(bob: Client) -> None:
    assert not {"/people/", "/audit/"} & {*html.attributes(bob.get("/"), "a", "href")}


def test_audit_is_filtered_by_the_url(otto: Client, alice: Client) -> None:
    alice.post("/keys/", {})

    assert "session.sign_in" in otto.get("/audit/?verb=session&person=ali&outcome=succeeded").text
    assert "No matches" in html.text(otto.get("/audit/?verb=nothing"))


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=-1", "?before=²", f"?before={'9' * 30}", "?outcome=x"]
)
def test_invalid_filter_of_the_audit_is_ignored(otto: Client, query: str) -> None:
    assert "session.sign_in" in otto.get(f"/audit/{query}").text


def test_names_are_escaped(ada: Client, alice: Client) -> None:
    User.objects.filter(username="alice").update(first_name="<script>x</script>")
    page = ada.get("/people/")

    assert "<script>x</script>" not in page.text
    assert "<script>x</script>" in html.rows(page)[1][0]
