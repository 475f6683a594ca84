"""Authentication, permissions and routes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller, signed_in
from tests.api.test_failures import assert_portal_error
from tests.plugins.processes import Portal

INVALID = 'Bearer realm="altostrat-billing-portal", error="invalid_token"'


def prefix_of(key: str) -> str:
    """Return the public part of a key, which commands use to name it."""
    return key.rpartition("_")[0]


@pytest.mark.parametrize("path", [EXAMPLE, "workspaces", "no/such/path", ""])
def test_every_path_returns_401_with_a_challenge_without_a_key(anonymous: Caller, path: str) -> None:
    answer = anonymous.get(path)

    assert_portal_error(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="altostrat-billing-portal"'


@pytest.mark.parametrize(
    "header",
    [
        *("", "Bearer", "Bearer ", "Bearer abp_wrong", "Bearer \xe9", "Basic YTpi"),
        *(
            "Token {key}",
            "{key}",
            "Bearer {key} {key}",
            "Bearer {key}, Bearer {key}",
            "Bearer\t{key}",
            "Bearer {key},",
        ),
    ],
)
def test_a_malformed_authorization_header_returns_401(
    anonymous: Caller, keys: dict[str, str], header: str
) -> None:
    sent = header.format(key=keys["alice"]).encode("latin-1")

    answer = anonymous.get(EXAMPLE, headers={"Authorization": sent})

    assert_portal_error(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == INVALID


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_authentication_scheme_is_case_insensitive(
    anonymous: Caller, keys: dict[str, str], scheme: str
) -> None:
    assert anonymous.get(EXAMPLE, headers={"Authorization": f"{scheme} {keys['alice']}"}).status_code == 200


def test_a_key_in_the_query_is_ignored(anonymous: Caller, keys: dict[str, str]) -> None:
    assert_portal_error(
        anonymous.get(EXAMPLE, params={"access_token": keys["alice"]}), 401, "unauthenticated"
    )


@pytest.mark.parametrize("name", ["X-Forwarded-User", "Remote-User", "X_Forwarded_User", "X-Remote-User"])
def test_headers_that_name_a_user_are_ignored(anonymous: Caller, name: str) -> None:
    assert anonymous.get(EXAMPLE, headers={name: "alice"}).status_code == 401


def test_a_revoked_key_is_refused_within_a_second(portal: Portal, call: Callable[[str], Caller]) -> None:
    key = portal.key("alice", "billing:read")
    assert call(key).get(EXAMPLE).status_code == 200

    portal.manage("revoke_key", prefix_of(key))  # in another process
    time.sleep(1)

    assert_portal_error(call(key).get(EXAMPLE), 401, "unauthenticated")


_THREE_ENDED_KEYS = """
from django.utils import timezone
from billing.models import User
from billing.roles import Permission, Role
from billing.services.people import keys, staff
staff.create_or_change(username='oscar', role=Role.VIEWER)
issued = [
    keys.issue(staff.actor_for_command(name), name='ended', scopes=[Permission.BILLING_READ])
    for name in ('alice', 'alice', 'oscar')
]
keys.revoke_as_operator(prefix=issued[0][0].prefix)
issued[1][0].expires_at = timezone.now()
issued[1][0].save()
User.objects.filter(username='oscar').update(is_active=False)
print('keys:', *(key for row, key in issued))
"""


def test_the_response_does_not_reveal_why_a_key_is_refused(
    portal: Portal, call: Callable[[str], Caller]
) -> None:
    revoked, expired, orphaned = (
        portal.manage("shell", "-c", _THREE_ENDED_KEYS).partition("keys: ")[2].split()
    )

    invalid = (revoked, orphaned, "abp_00000000_never", "x", None)
    answers = [Caller(portal.url, key).get(EXAMPLE) for key in invalid]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["message"] for answer in answers}) == 1
    assert len({frozenset(answer.headers) for answer in answers}) == 1
    assert_portal_error(call(expired).get(EXAMPLE), 401, "key_expired")


def test_the_holder_of_a_key_learns_which_limit_refuses_a_call(
    portal: Portal, call: Callable[[str], Caller]
) -> None:
    issue = ("issue_key", "--user", "alice", "--name", "limited", "--scope", "billing:read", "billing:write")
    elsewhere = portal.manage(*issue, "--network", "198.51.100.0/24").strip()
    reading = portal.manage(*issue, "--network", "127.0.0.0/8", "--read-only").strip()

    assert_portal_error(call(elsewhere).get(EXAMPLE), 403, "key_network")
    assert call(reading).get(EXAMPLE).status_code == 200
    assert_portal_error(call(reading).get(EXAMPLE, method="DELETE"), 403, "key_read_only")


def test_a_key_without_the_scope_is_forbidden(portal: Portal, call: Callable[[str], Caller]) -> None:
    write_only = portal.key("alice", "billing:write")

    answer = call(write_only).get(EXAMPLE)

    assert_portal_error(answer, 403, "key_scope")
    assert "billing:read" in answer.json()["message"]
    challenge = 'Bearer realm="altostrat-billing-portal", error="insufficient_scope", scope="billing:read"'
    assert answer.headers["WWW-Authenticate"] == challenge


def test_a_key_whose_owner_has_no_role_is_forbidden(call: Callable[[str], Caller]) -> None:
    assert_portal_error(call("mallory").get(EXAMPLE), 403, "forbidden")


@pytest.mark.parametrize(
    "path",
    [
        *("", "workspaces/", "workspace", f"{EXAMPLE}/", f"{EXAMPLE}/coupons", "api/keys"),
        *(
            "workspaces//billing-accounts",
            "workspaces/ws_a%2Fb",
            "workspaces/ws_a/../ws_b/coupons",
            "%2e%2e/v1",
        ),
    ],
)
def test_an_unknown_path_is_an_unknown_route(alice: Caller, path: str) -> None:
    assert_portal_error(alice.get(path), 404, "unknown_route")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_another_method_is_not_allowed(alice: Caller, method: str) -> None:
    answer = alice.get(f"{EXAMPLE}/trial-eligibility", method=method)

    assert_portal_error(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("query", [{"limit": "1"}, {"expand[]": "x"}, {"": "1"}])
def test_the_error_names_an_unknown_query_parameter(alice: Caller, query: dict[str, str]) -> None:
    answer = alice.get(EXAMPLE, params=query)

    assert_portal_error(answer, 400, "invalid_parameter")
    assert repr(next(iter(query))) in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("workspaces/acme", "workspaceId"),
        ("workspaces/ws_", "workspaceId"),
        ("workspaces/ws_%00", "workspaceId"),
        ("workspaces/ws_a%3Fx=1", "workspaceId"),
        ("workspaces/ws_a/billing-accounts/sub_1", "billingAccountId"),
        ("workspaces/ws_a/billing-accounts/cus_%E2%80%AE", "billingAccountId"),
        ("workspaces/ws_a/billing-accounts/cus_" + "a" * 300, "billingAccountId"),
    ],
)
def test_the_error_names_a_malformed_id(alice: Caller, path: str, name: str) -> None:
    answer = alice.get(path)

    assert_portal_error(answer, 400, "invalid_parameter")
    assert name in answer.json()["message"]


def test_a_chunked_body_is_refused(alice: Caller) -> None:
    assert_portal_error(alice.get(EXAMPLE, data=iter([b"x"])), 411, "length_required")


def test_an_invalid_key_is_refused_despite_a_valid_session(portal: Portal) -> None:
    browser = signed_in(portal, "alice")

    answer = browser.get(
        f"{portal.url}/api/v1/{EXAMPLE}", headers={"Authorization": "Bearer abp_wrong"}, timeout=10
    )
    assert_portal_error(answer, 401, "unauthenticated")


def test_the_log_contains_no_key(portal: Portal, alice: Caller, keys: dict[str, str]) -> None:
    alice.get(EXAMPLE)

    assert keys["alice"] not in portal.log
    assert keys["alice"].rpartition("_")[2] not in portal.log


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/v2/workspaces", "/api/docs/nothing"])
def test_unknown_paths_outside_v1_return_the_same_errors(
    portal: Portal, keys: dict[str, str], path: str
) -> None:
    key = {"Authorization": f"Bearer {keys['alice']}"}

    assert_portal_error(
        requests.get(portal.url + path, timeout=5, allow_redirects=False), 401, "unauthenticated"
    )
    assert_portal_error(
        requests.get(portal.url + path, headers=key, timeout=5, allow_redirects=False), 404, "unknown_route"
    )


_ABSENT_OWNER = """
from datetime import timedelta
from django.utils import timezone
from billing.models import Identity
from billing.roles import Permission, Role
from billing.services.people import keys, staff
user, _ = staff.create_or_change(username='absent', role=Role.VIEWER)
_, key = keys.issue(staff.actor_for_command('absent'), name='k', scopes=[Permission.BILLING_READ])
long_ago = timezone.now() - timedelta(days=31)
Identity.objects.create(user=user, issuer='https://id.example', subject='1', last_sign_in_at=long_ago)
print('key:', key)
"""


def test_the_error_for_an_owner_who_has_not_signed_in_recently_says_what_to_do(portal: Portal) -> None:
    key = portal.manage("shell", "-c", _ABSENT_OWNER).partition("key: ")[2].strip()

    answer = Caller(portal.url, key).get(EXAMPLE)

    assert_portal_error(answer, 401, "owner_sign_in_too_old")
    assert "After the owner signs in to the portal" in answer.json()["message"]
    assert answer.headers["WWW-Authenticate"] == INVALID
