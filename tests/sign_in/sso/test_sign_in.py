"""Single sign-on with a provider that does not forge anything."""

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
from billing.sso import current_provider
from tests import html
from tests.clock import stopped_clock
from tests.sign_in.sso.conftest import finish, start
from tests.sign_in.sso.forging_provider import ForgingProvider

SignIn = Callable[..., Any]


def _roles(name: str = "ada") -> set[str]:
    return set(User.objects.get(username=name).groups.values_list("name", flat=True))


def test_new_person_gets_the_role_of_their_group(sso_sign_in: SignIn, client: Client) -> None:
    answer = sso_sign_in(next_url="/tokens/")

    assert answer.headers["Location"] == "/tokens/"
    assert client.get("/").status_code == 200
    assert _roles() == {"viewer"}
    entry = AuditEntry.objects.get(verb="session.sign_in")
    assert (entry.outcome, entry.actor_name, entry.detail) == ("succeeded", "ada", "single sign-on")


@pytest.mark.parametrize(
    ("name", "full_name"),
    [
        ("Ada  King Lovelace", "Ada King Lovelace"),
        ("Ada", "Ada"),
        ("Ada\x00", ""),
        ("a" * 151, ""),
        (7, ""),
        (" ", ""),
    ],
)
def test_full_name_comes_from_the_provider(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider, name: object, full_name: str
) -> None:
    forger.claims = {"name": name}
    sso_sign_in()
    assert User.objects.get(username="ada").get_full_name() == full_name

    forger.claims = {}
    client.cookies.clear()
    sso_sign_in()
    assert User.objects.get(username="ada").get_full_name() == full_name


def test_sign_in_uses_state_nonce_and_pkce(sso_sign_in: SignIn, forger: ForgingProvider) -> None:
    client = Client()
    asked = start(client)
    forger.nonce = asked["nonce"]
    finish(client, code="a-code", state=asked["state"])

    verifier = forger.forms[0]["code_verifier"][0]
    digest = hashlib.sha256(verifier.encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://testserver/accounts/sso/callback/"
    assert len(asked["nonce"]) >= 20
    assert len(asked["state"]) >= 20


def test_sign_in_changes_the_session_key(sso_sign_in: SignIn, client: Client) -> None:
    session = client.session
    session["anything"] = 1
    session.save()
    client.cookies["sessionid"] = before = str(session.session_key)
    sso_sign_in()

    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_session_contains_no_token_in_clear(sso_sign_in: SignIn, client: Client) -> None:
    sso_sign_in()

    kept = str(dict(client.session))
    assert re.search(r"eyJ[\w-]+\.", kept) is None
    assert "'ada'" not in kept


def test_person_is_found_by_subject_and_not_by_name_or_email(
    sso_sign_in: SignIn, forger: ForgingProvider
) -> None:
    local = User.objects.create_user("ada", email="ada@example.com", password="a long pass phrase")
    forger.claims = {"email": "ada@example.com", "email_verified": True}
    sso_sign_in()

    identity = Identity.objects.get()
    assert identity.user != local
    assert identity.user.username == "ada-2"
    assert not local.groups.exists()


def test_person_is_found_after_their_name_changes(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider
) -> None:
    sso_sign_in()
    client.post("/accounts/sign-out/")
    forger.claims = {"preferred_username": "ada.lovelace"}
    sso_sign_in()

    assert User.objects.count() == 1


def test_roles_are_replaced_by_those_of_the_current_groups(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider
) -> None:
    sso_sign_in()
    client.post("/accounts/sign-out/")
    forger.claims = {"groups": ["editors", "bosses", "chess"]}
    sso_sign_in()

    assert _roles() == {"editor", "admin"}
    assert AuditEntry.objects.filter(verb="staff.change", detail="roles admin, editor, from groups").exists()


def test_groups_that_gave_a_role_are_recorded(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider
) -> None:
    forger.claims = {"groups": ["staff", "choir"]}
    sso_sign_in()
    assert User.objects.get(username="ada").role_sources == {"viewer": ["staff"]}
    assert html.facts(client.get("/account/"))["Viewer"].startswith("From the group staff ")

    client.post("/accounts/sign-out/")
    forger.claims = {"groups": ["staff", "bosses"]}
    sso_sign_in()

    assert User.objects.get(username="ada").role_sources == {"admin": ["bosses"], "viewer": ["staff"]}


def test_no_account_is_created_for_a_person_without_a_role(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider
) -> None:
    forger.claims = {"groups": ["chess"]}
    answer = sso_sign_in()

    assert answer.status_code == 403
    assert html.texts(answer, "h1") == ["Your account has no role here"]
    assert not User.objects.exists()
    assert client.get("/").status_code == 302
    detail = "single sign-on: no group gives a role: OIDC_ROLE_MAP has no role for the group"
    assert AuditEntry.objects.get().detail == detail


OVERAGE = {
    "_claim_names": {"groups": "src1"},
    "_claim_sources": {"src1": {"endpoint": "https://graph.example/x"}},
}


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"groups": None, **OVERAGE}, "the claim groups is not a list of strings"),
        (OVERAGE, "the person has too many groups for the id_token, which refers to another API for groups"),
        (
            {"hasgroups": True},
            "the person has too many groups for the id_token, which refers to another API for groups",
        ),
        ({"roles": ["staff"]}, "the id_token has no claim groups"),
        ({"hasgroups": ["true"]}, "the id_token has no claim groups"),
        ({"groups": []}, "the claim groups is empty"),
        ({"groups": ""}, "the claim groups is empty"),
        ({"groups": {"staff": True}}, "the claim groups is not a list of strings"),
        ({"groups": [{"id": 1}, "chess"]}, "the claim groups is not a list of strings"),
        ({"groups": 7}, "the claim groups is not a list of strings"),
        ({"groups": ["chess", "Staff"]}, "OIDC_ROLE_MAP has none of the 2 groups"),
    ],
)
def test_log_and_audit_state_why_there_is_no_role(
    claims: dict[str, object],
    reason: str,
    sso_sign_in: SignIn,
    forger: ForgingProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    forger.claims, forger.omitted = claims, () if "groups" in claims else ("groups",)
    answer = sso_sign_in()

    assert html.texts(answer, "h1") == ["Your account has no role here"]
    assert AuditEntry.objects.get().detail == f"single sign-on: no group gives a role: {reason}"
    assert f"single sign-on refused: no group gives a role: {reason}" in caplog.text
    assert "chess" not in caplog.text + answer.text


@pytest.mark.parametrize(
    "path",
    [
        "resource_access.billing.example.roles",
        r"resource_access.billing\.example.roles",
        "https://billing.example/claims/groups",
        "a.b.c",
    ],
)
def test_name_in_the_path_of_the_claim_may_contain_dots(
    path: str, sso_sign_in: SignIn, forger: ForgingProvider, settings: Settings
) -> None:
    settings.OIDC_GROUPS_CLAIM = path
    forger.claims = {
        "resource_access": {"billing.example": {"roles": ["editors"]}, "billing": {"example": {"roles": []}}},
        "https://billing.example/claims/groups": "editors",
        "a": {"b.c": ["editors"], "b": {"c": ["bosses"]}},
        "groups": ["bosses"],
    }
    sso_sign_in()

    assert _roles() == {"editor"}


def test_dot_after_a_backslash_does_not_separate(
    sso_sign_in: SignIn, forger: ForgingProvider, settings: Settings
) -> None:
    settings.OIDC_GROUPS_CLAIM = r"a\.b"
    forger.claims = {"a": {"b": ["bosses"]}}

    assert sso_sign_in().status_code == 403
    assert AuditEntry.objects.get().detail.endswith(r"the id_token has no claim a\.b")


def test_person_without_groups_loses_roles_and_sessions(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider
) -> None:
    sso_sign_in()
    forger.claims = {"groups": []}
    other_browser = Client()
    asked = start(other_browser)
    forger.nonce = asked["nonce"]
    answer = finish(other_browser, code="a-code", state=asked["state"])

    assert answer.status_code == 403
    assert other_browser.get("/").status_code == 302
    assert client.get("/").status_code == 302
    assert _roles() == set()
    assert AuditEntry.objects.get(outcome="refused").actor_name == "ada"


def test_deactivated_person_cannot_sign_in(sso_sign_in: SignIn, client: Client) -> None:
    sso_sign_in()
    client.post("/accounts/sign-out/")
    User.objects.update(is_active=False)
    answer = sso_sign_in()

    assert answer.status_code == 403
    assert html.texts(answer, "h1") == ["Your account is deactivated here"]
    assert client.get("/").status_code == 302
    assert AuditEntry.objects.get(outcome="refused").detail == "single sign-on: deactivated here"


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["staff"]}}),
        ("https://example.com/groups", {"https://example.com/groups": ["staff"]}),
        ("groups", {"groups": "staff"}),
    ],
)
def test_groups_are_read_from_the_configured_claim(
    claim: str, claims: dict[str, Any], sso_sign_in: SignIn, forger: ForgingProvider, settings: Settings
) -> None:
    settings.OIDC_GROUPS_CLAIM = claim
    forger.claims = claims
    sso_sign_in()

    assert _roles() == {"viewer"}


@pytest.mark.parametrize("groups", [None, 7, {"staff": 1}, [["staff"]], [None, 7], True])
def test_malformed_groups_give_no_role(groups: Any, sso_sign_in: SignIn, forger: ForgingProvider) -> None:
    forger.claims = {"groups": groups}

    assert sso_sign_in().status_code == 403


def test_sign_in_never_redirects_to_another_site(sso_sign_in: SignIn) -> None:
    assert sso_sign_in(next_url="https://evil.example/").headers["Location"] == "/"


def test_person_who_is_signed_in_is_redirected(sso_sign_in: SignIn, client: Client) -> None:
    sso_sign_in()

    assert client.get("/accounts/sso/?next=/tokens/").headers["Location"] == "/tokens/"


def test_button_has_the_configured_label(client: Client, forger: ForgingProvider, settings: Settings) -> None:
    settings.OIDC_LABEL = "Sign in with Example <Ltd>"
    button = html.one(client.get("/accounts/sign-in/?next=/tokens/"), ".gate a.btn")

    assert html.text(button) == "Sign in with Example <Ltd>"
    assert button.attributes["href"] == "/accounts/sso/?next=%2Ftokens%2F"


def test_button_is_shown_if_passwords_are_disabled(
    client: Client, forger: ForgingProvider, settings: Settings
) -> None:
    settings.LOCAL_LOGIN = False

    assert html.texts(client.get("/accounts/sign-in/"), ".gate a.btn") == ["Sign in with SSO"]


@pytest.mark.parametrize("address", ["/accounts/sso/", "/accounts/sso/callback/?state=a&code=b"])
def test_urls_do_not_exist_without_an_issuer(address: str, db: None, client: Client) -> None:
    assert client.get(address).status_code == 404
    assert "/accounts/sso/" not in client.get("/accounts/sign-in/").text


def test_page_says_that_the_provider_is_unavailable_and_discovery_is_retried_later(
    client: Client, forger: ForgingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = stopped_clock(monkeypatch, current_provider)
    forger.status["/.well-known/openid-configuration"] = 500
    answer = client.get("/accounts/sso/")
    client.get("/accounts/sso/")

    assert answer.status_code == 503
    assert html.texts(answer, "h1") == ["The sign-in service is unavailable"]
    assert len(forger.requested) == 1, "the second request did not fetch the document again"
    forger.status.clear()
    clock.now += current_provider.RETRY_SECONDS
    assert client.get("/accounts/sso/").status_code == 302


def test_only_the_newest_eight_tabs_can_finish(client: Client, forger: ForgingProvider) -> None:
    asked = [start(client) for _ in range(12)]

    kept = {name for name, cookie in client.cookies.items() if name.startswith("sso_") and cookie.value}
    assert kept == {f"sso_{row['state']}" for row in asked[-8:]}
    forger.nonce = asked[-1]["nonce"]
    assert finish(client, code="a-code", state=asked[-1]["state"]).status_code == 302


def test_all_tabs_that_started_together_can_finish(client: Client, forger: ForgingProvider) -> None:
    asked = [
        start(client, next_url) for next_url in ("/tokens/", "/", "/workspaces/", "/tokens/?a", "/tokens/?b")
    ]
    urls = []
    for row in reversed(asked):
        forger.nonce = row["nonce"]
        urls.append(finish(client, code="a-code", state=row["state"]).headers["Location"])

    assert urls == ["/tokens/?b", "/tokens/?a", "/workspaces/", "/", "/tokens/"]
    assert client.get("/").status_code == 200


def test_cookie_is_sealed(client: Client, forger: ForgingProvider) -> None:
    asked = start(client)
    cookie = client.cookies[f"sso_{asked['state']}"]

    assert asked["nonce"] not in cookie.value
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/accounts/sso/"
