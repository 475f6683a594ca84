"""Single sign-on with an honest provider."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, Identity, User
from billing.services.sign_in import identity_provider
from tests import html
from tests.sign_in.sso.conftest import come_back, leave
from tests.sign_in.sso.forging_provider import ForgingProvider, a_key

Dance = Callable[..., Any]


def _roles(name: str = "ada") -> set[str]:
    return set(User.objects.get(username=name).groups.values_list("name", flat=True))


def test_it_signs_a_new_person_in_with_the_role_of_their_group(dance: Dance, client: Client) -> None:
    answer = dance(goal="/tokens/")

    assert answer.headers["Location"] == "/tokens/"
    assert client.get("/").status_code == 200
    assert _roles() == {"viewer"}
    entry = AuditEntry.objects.get(verb="session.sign_in")
    assert (entry.outcome, entry.actor_name, entry.detail) == ("succeeded", "ada", "single sign-on")


def test_it_asks_with_state_nonce_and_pkce_and_proves_it(dance: Dance, forger: ForgingProvider) -> None:
    client = Client()
    asked = leave(client)
    forger.nonce = asked["nonce"]
    come_back(client, code="a-code", state=asked["state"])

    verifier = forger.forms[0]["code_verifier"][0]
    digest = hashlib.sha256(verifier.encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://testserver/accounts/sso/callback/"
    assert len(asked["nonce"]) >= 20
    assert len(asked["state"]) >= 20


def test_it_starts_a_new_session(dance: Dance, client: Client) -> None:
    session = client.session
    session["anything"] = 1
    session.save()
    client.cookies["sessionid"] = before = str(session.session_key)
    dance()

    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_it_keeps_no_token_in_clear(dance: Dance, client: Client) -> None:
    dance()

    kept = str(dict(client.session))
    assert re.search(r"eyJ[\w-]+\.", kept) is None
    assert "'ada'" not in kept


def test_it_knows_a_person_by_subject_and_never_by_name_or_mail(
    dance: Dance, forger: ForgingProvider
) -> None:
    local = User.objects.create_user("ada", email="ada@example.com", password="a long pass phrase")
    forger.claims = {"email": "ada@example.com", "email_verified": True}
    dance()

    identity = Identity.objects.get()
    assert identity.user != local
    assert identity.user.username == "ada-2"
    assert not local.groups.exists()


def test_it_finds_the_same_person_again_under_another_name(
    dance: Dance, client: Client, forger: ForgingProvider
) -> None:
    dance()
    client.post("/accounts/sign-out/")
    forger.claims = {"preferred_username": "ada.lovelace"}
    dance()

    assert User.objects.count() == 1


def test_it_replaces_the_roles_by_what_the_groups_give_now(
    dance: Dance, client: Client, forger: ForgingProvider
) -> None:
    dance()
    client.post("/accounts/sign-out/")
    forger.claims = {"groups": ["editors", "bosses", "chess"]}
    dance()

    assert _roles() == {"editor", "admin"}
    assert AuditEntry.objects.filter(verb="staff.change", detail="roles admin, editor, from groups").exists()


def test_it_keeps_which_groups_gave_a_role(dance: Dance, client: Client, forger: ForgingProvider) -> None:
    forger.claims = {"groups": ["staff", "choir"]}
    dance()
    assert User.objects.get(username="ada").role_sources == {"viewer": ["staff"]}
    assert "From the group <code>staff</code>" in client.get("/account/").text

    client.post("/accounts/sign-out/")
    forger.claims = {"groups": ["staff", "bosses"]}
    dance()

    assert User.objects.get(username="ada").role_sources == {"admin": ["bosses"], "viewer": ["staff"]}


def test_it_makes_no_account_for_a_stranger_without_a_role(
    dance: Dance, client: Client, forger: ForgingProvider
) -> None:
    forger.claims = {"groups": ["chess"]}
    answer = dance()

    assert answer.status_code == 403
    assert "Ask an administrator" in answer.text
    assert not User.objects.exists()
    assert client.get("/").status_code == 302
    assert AuditEntry.objects.get().detail == "single sign-on: no group gives a role"


def test_it_takes_roles_and_sessions_of_somebody_who_lost_every_group(
    dance: Dance, client: Client, forger: ForgingProvider
) -> None:
    dance()
    forger.claims = {"groups": []}
    elsewhere = Client()
    asked = leave(elsewhere)
    forger.nonce = asked["nonce"]
    answer = come_back(elsewhere, code="a-code", state=asked["state"])

    assert answer.status_code == 403
    assert elsewhere.get("/").status_code == 302
    assert client.get("/").status_code == 302
    assert _roles() == set()
    assert AuditEntry.objects.get(outcome="refused").actor_name == "ada"


def test_it_refuses_somebody_who_is_deactivated_here(dance: Dance, client: Client) -> None:
    dance()
    client.post("/accounts/sign-out/")
    User.objects.update(is_active=False)
    answer = dance()

    assert answer.status_code == 403
    assert html.texts(answer, "h1") == ["Your account is deactivated here"]
    assert client.get("/").status_code == 302
    assert AuditEntry.objects.get(outcome="refused").detail == "single sign-on: deactivated here"


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["staff"]}}),
        ("https://example.com/groups", {"https://example.com/groups": ["staff"]}),
        ("groups", {"groups": "staff"}),
    ],
)
def test_it_reads_groups_where_the_operator_says(
    claim: str, said: dict[str, Any], dance: Dance, forger: ForgingProvider, settings: Settings
) -> None:
    settings.OIDC_GROUPS_CLAIM = claim
    forger.claims = said
    dance()

    assert _roles() == {"viewer"}


@pytest.mark.parametrize("groups", [None, 7, {"staff": 1}, [["staff"]], [None, 7], True])
def test_it_gives_nothing_for_groups_of_another_shape(
    groups: Any, dance: Dance, forger: ForgingProvider
) -> None:
    forger.claims = {"groups": groups}

    assert dance().status_code == 403


def test_it_follows_a_rotation_of_keys(dance: Dance, client: Client, forger: ForgingProvider) -> None:
    dance()
    client.post("/accounts/sign-out/")
    forger.key = a_key("second")

    assert dance().status_code == 302
    assert forger.asked.count("/keys") == 2


def test_it_never_leads_to_another_site(dance: Dance) -> None:
    assert dance(goal="https://evil.example/").headers["Location"] == "/"


def test_it_passes_on_a_person_who_is_signed_in_already(dance: Dance, client: Client) -> None:
    dance()

    assert client.get("/accounts/sso/?next=/tokens/").headers["Location"] == "/tokens/"


def test_it_shows_the_button_with_the_operators_words(
    client: Client, forger: ForgingProvider, settings: Settings
) -> None:
    settings.OIDC_LABEL = "Go in with Example <Ltd>"
    page = client.get("/accounts/sign-in/?next=/tokens/").text

    assert "Go in with Example &lt;Ltd&gt;" in page
    assert 'href="/accounts/sso/?next=%2Ftokens%2F"' in page


def test_it_shows_the_button_where_local_sign_in_is_off(
    client: Client, forger: ForgingProvider, settings: Settings
) -> None:
    settings.LOCAL_LOGIN = False

    assert "Sign in with SSO" in client.get("/accounts/sign-in/").text


@pytest.mark.parametrize("address", ["/accounts/sso/", "/accounts/sso/callback/?state=a&code=b"])
def test_it_is_not_there_without_an_issuer(address: str, db: None, client: Client) -> None:
    assert client.get(address).status_code == 404
    assert "/accounts/sso/" not in client.get("/accounts/sign-in/").text


def test_it_says_calmly_that_the_provider_is_down_and_tries_again_later(
    client: Client, forger: ForgingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    forger.status["/.well-known/openid-configuration"] = 500
    answer = client.get("/accounts/sso/")
    client.get("/accounts/sso/")

    assert answer.status_code == 503
    assert html.texts(answer, "h1") == ["The sign-in service is unavailable"]
    assert len(forger.asked) == 1, "the second click was answered without asking again"
    forger.status.clear()
    monkeypatch.setattr(identity_provider.provider(), "_discover_at", 0.0)
    assert client.get("/accounts/sso/").status_code == 302


def test_it_keeps_only_so_many_tabs(client: Client, forger: ForgingProvider) -> None:
    asked = [leave(client) for _ in range(12)]

    kept = {name for name, cookie in client.cookies.items() if name.startswith("sso_") and cookie.value}
    assert kept == {f"sso_{row['state']}" for row in asked[-8:]}
    forger.nonce = asked[-1]["nonce"]
    assert come_back(client, code="a-code", state=asked[-1]["state"]).status_code == 302


def test_tabs_that_left_together_all_come_back(client: Client, forger: ForgingProvider) -> None:
    asked = [leave(client, goal) for goal in ("/tokens/", "/", "/workspaces/", "/tokens/?a", "/tokens/?b")]
    goals = []
    for row in reversed(asked):
        forger.nonce = row["nonce"]
        goals.append(come_back(client, code="a-code", state=row["state"]).headers["Location"])

    assert goals == ["/tokens/?b", "/tokens/?a", "/workspaces/", "/", "/tokens/"]
    assert client.get("/").status_code == 200


def test_the_note_in_the_cookie_can_be_read_by_us_alone(client: Client, forger: ForgingProvider) -> None:
    asked = leave(client)
    cookie = client.cookies[f"sso_{asked['state']}"]

    assert asked["nonce"] not in cookie.value
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/accounts/sso/"
