"""People, my account, and the audit."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import AltostratToken, AuditEntry, PortalKey, User
from billing.roles import Permission, Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys
from tests.pages.conftest import client_of


@pytest.fixture
def ada(db: None, static_files: None, altostrat_url: str) -> Client:
    """Who manages people."""
    return client_of("ada", Role.ADMIN, None)


@pytest.fixture
def otto(db: None, static_files: None, altostrat_url: str) -> Client:
    """Who reads the audit, and nothing else."""
    return client_of("otto", Role.AUDITOR, None)


def person(name: str) -> User:
    return User.objects.get(username=name)


def test_it_lists_people_and_never_what_their_tokens_are(ada: Client, alice: Client) -> None:
    token = AltostratToken.objects.get()
    pages = ada.get("/people/").text + ada.get(f"/people/{person('alice').pk}/").text

    assert "alice" in pages
    assert token.created_at.strftime("%b %Y") in pages
    for secret in (token.label, token.masked, token.envelope):
        assert secret not in pages


def test_it_finds_people(ada: Client, alice: Client) -> None:
    assert "/people/" + str(person("alice").pk) in ada.get("/people/?q=ALI").text
    assert "Nobody fits" in ada.get("/people/?q=ALI&role=auditor").text


@pytest.mark.parametrize("query", ["?role=emperor", "?state=x", "?after=%00", "?q=" + "x" * 200, "?q=%00"])
def test_a_query_that_makes_no_sense_asks_for_nothing(ada: Client, query: str) -> None:
    assert ada.get(f"/people/{query}").status_code == 200


def test_it_asks_tells_the_consequences_and_deactivates(ada: Client, alice: Client) -> None:
    address = f"/people/{person('alice').pk}/deactivate/"

    assert "Their stored Altostrat token is used by nobody" in ada.get(address).text
    assert person("alice").is_active
    assert "alice is deactivated" in ada.post(address, follow=True).text
    assert alice.get("/").status_code == 302
    assert "may come in again" in ada.post(address.replace("deactivate", "activate"), follow=True).text
    assert person("alice").is_active


def test_one_does_not_deactivate_oneself(ada: Client) -> None:
    own = f"/people/{person('ada').pk}/"

    assert "deactivate/" not in ada.get(own).text
    assert "You cannot switch yourself off" in ada.post(f"{own}deactivate/", follow=True).text
    assert person("ada").is_active
    assert AuditEntry.objects.get(verb="staff.deactivate").outcome == "refused"


def test_it_revokes_a_key_of_the_person_in_the_address_only(ada: Client, alice: Client, bob: Client) -> None:
    owner = person("alice")
    actor = Actor(owner, Door.COMMAND, granted_to(owner))
    row, _ = keys.issue(actor, name="ERP", scopes=[Permission.BILLING_READ])

    assert ada.post(f"/people/{person('bob').pk}/keys/{row.pk}/revoke/").status_code == 404
    assert "is revoked" in ada.post(f"/people/{owner.pk}/keys/{row.pk}/revoke/", follow=True).text
    assert PortalKey.objects.get().revoked_at is not None


@pytest.mark.parametrize("act", ["", "deactivate/", "activate/", "keys/1/revoke/"])
def test_nobody_of_that_number_is_a_404(ada: Client, act: str) -> None:
    assert ada.get(f"/people/4711/{act}").status_code == 404


def test_my_account_says_what_i_may_do_and_why(alice: Client) -> None:
    assert "Set by an operator of this portal" in alice.get("/account/").text
    User.objects.filter(username="alice").update(role_sources={"editor": ["finance & co"]})
    page = alice.get("/account/").text

    assert "From the group <code>finance &amp; co</code>" in page
    assert "You may read billing data and change billing data, as editor." in page


def test_an_auditor_is_shown_the_audit_and_no_billing_data(otto: Client) -> None:
    pages = otto.get("/").text + otto.get("/account/").text

    assert "You may read the audit, as auditor." in pages
    assert 'href="/audit/"' in pages
    for closed in ("/workspaces/", "/tokens/", "/keys/", "/people/"):
        assert f'href="{closed}"' not in pages


def test_a_viewer_is_shown_neither_people_nor_audit(bob: Client) -> None:
    page = bob.get("/").text

    assert 'href="/people/"' not in page
    assert 'href="/audit/"' not in page


def test_the_audit_is_filtered_by_the_address(otto: Client, alice: Client) -> None:
    alice.post("/keys/", {})
    page = otto.get("/audit/?verb=session&person=ali&outcome=succeeded").text

    assert "session.sign_in" in page
    assert "No matches" in otto.get("/audit/?verb=nothing").text


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=-1", "?before=²", f"?before={'9' * 30}", "?outcome=x"]
)
def test_an_audit_query_that_makes_no_sense_asks_for_nothing(otto: Client, query: str) -> None:
    page = otto.get(f"/audit/{query}").text

    assert "session.sign_in" in page


def test_what_somebody_wrote_is_shown_as_text(ada: Client, alice: Client) -> None:
    User.objects.filter(username="alice").update(first_name="<script>x</script>")

    assert "<script>x</script>" not in ada.get("/people/").text
