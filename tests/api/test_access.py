"""Who gets in, and what exists."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller
from tests.api.test_failures import assert_ours
from tests.plugins.processes import Portal


def prefix_of(key: str) -> str:
    """What names a key in commands, and may be known."""
    return key.rpartition("_")[0]


@pytest.mark.parametrize("path", [EXAMPLE, "workspaces", "no/such/path", ""])
def test_no_key_gets_401_and_a_challenge_everywhere(anonymous: Caller, path: str) -> None:
    answer = anonymous.get(path)

    assert_ours(answer, 401, "unauthenticated")
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
def test_a_wrong_header_gets_401(anonymous: Caller, keys: dict[str, str], header: str) -> None:
    sent = header.format(key=keys["alice"]).encode("latin-1")

    assert_ours(anonymous.get(EXAMPLE, headers={"Authorization": sent}), 401, "unauthenticated")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_has_no_case(anonymous: Caller, keys: dict[str, str], scheme: str) -> None:
    assert anonymous.get(EXAMPLE, headers={"Authorization": f"{scheme} {keys['alice']}"}).status_code == 200


def test_a_key_in_the_address_is_no_key(anonymous: Caller, keys: dict[str, str]) -> None:
    assert_ours(anonymous.get(EXAMPLE, params={"access_token": keys["alice"]}), 401, "unauthenticated")


@pytest.mark.parametrize("name", ["X-Forwarded-User", "Remote-User", "X_Forwarded_User", "X-Remote-User"])
def test_a_header_that_names_a_user_changes_nothing(anonymous: Caller, name: str) -> None:
    assert anonymous.get(EXAMPLE, headers={name: "alice"}).status_code == 401


def test_a_revoked_key_is_refused_at_once(portal: Portal, call: Callable[[str], Caller]) -> None:
    key = portal.key("alice", "billing:read")
    assert call(key).get(EXAMPLE).status_code == 200

    portal.manage("revoke_key", prefix_of(key))

    assert_ours(call(key).get(EXAMPLE), 401, "unauthenticated")


_THREE_ENDED_KEYS = """
from django.utils import timezone
from billing.models import User
from billing.roles import Permission, Role
from billing.services.people import keys, staff
staff.set_up(username='oscar', role=Role.VIEWER)
issued = [
    keys.issue(staff.acting_from_command_line(name), name='ended', scopes=[Permission.BILLING_READ])
    for name in ('alice', 'alice', 'oscar')
]
keys.revoke_as_operator(prefix=issued[0][0].prefix)
issued[1][0].expires_at = timezone.now()
issued[1][0].save()
User.objects.filter(username='oscar').update(is_active=False)
print('keys:', *(key for row, key in issued))
"""


def test_every_wrong_key_gets_the_same_answer(portal: Portal) -> None:
    revoked, expired, orphaned = (
        portal.manage("shell", "-c", _THREE_ENDED_KEYS).partition("keys: ")[2].split()
    )

    wrong = (revoked, expired, orphaned, "abp_00000000_never", "x", None)
    answers = [Caller(portal.url, key).get(EXAMPLE) for key in wrong]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["message"] for answer in answers}) == 1
    assert len({frozenset(answer.headers) for answer in answers}) == 1


def test_a_key_without_the_scope_is_forbidden(portal: Portal, call: Callable[[str], Caller]) -> None:
    writing_only = portal.key("alice", "billing:write")

    answer = call(writing_only).get(EXAMPLE)

    assert_ours(answer, 403, "forbidden")
    assert "billing:read" in answer.json()["message"]


def test_the_key_of_somebody_without_a_role_is_forbidden(call: Callable[[str], Caller]) -> None:
    assert_ours(call("mallory").get(EXAMPLE), 403, "forbidden")


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
def test_what_is_not_a_route_is_an_unknown_route(alice: Caller, path: str) -> None:
    assert_ours(alice.get(path), 404, "unknown_route")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_named_as_such(alice: Caller, method: str) -> None:
    answer = alice.get(EXAMPLE, method=method)

    assert_ours(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("query", [{"limit": "1"}, {"expand[]": "x"}, {"": "1"}])
def test_an_unknown_query_key_is_named(alice: Caller, query: dict[str, str]) -> None:
    answer = alice.get(EXAMPLE, params=query)

    assert_ours(answer, 400, "invalid_parameter")
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
def test_a_malformed_id_is_named(alice: Caller, path: str, name: str) -> None:
    answer = alice.get(path)

    assert_ours(answer, 400, "invalid_parameter")
    assert name in answer.json()["message"]


def test_a_chunked_body_is_refused(alice: Caller) -> None:
    assert_ours(alice.get(EXAMPLE, data=iter([b"x"])), 411, "length_required")


def test_a_bad_key_beside_a_good_session_is_refused(portal: Portal) -> None:
    from tests.api.test_passthrough import signed_in

    browser = signed_in(portal, "alice")

    answer = browser.get(
        f"{portal.url}/api/v1/{EXAMPLE}", headers={"Authorization": "Bearer abp_wrong"}, timeout=10
    )
    assert_ours(answer, 401, "unauthenticated")


def test_no_key_stands_in_the_log(portal: Portal, alice: Caller, keys: dict[str, str]) -> None:
    alice.get(EXAMPLE)

    assert keys["alice"] not in portal.log
    assert keys["alice"].rpartition("_")[2] not in portal.log


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/v2/workspaces", "/api/docs/nothing"])
def test_an_unknown_address_outside_v1_is_refused_alike(
    portal: Portal, keys: dict[str, str], path: str
) -> None:
    key = {"Authorization": f"Bearer {keys['alice']}"}

    assert_ours(requests.get(portal.url + path, timeout=5, allow_redirects=False), 401, "unauthenticated")
    assert_ours(
        requests.get(portal.url + path, headers=key, timeout=5, allow_redirects=False), 404, "unknown_route"
    )


_ABSENT_OWNER = """
from datetime import timedelta
from django.utils import timezone
from billing.models import Identity
from billing.roles import Permission, Role
from billing.services.people import keys, staff
user, _ = staff.set_up(username='absent', role=Role.VIEWER)
_, key = keys.issue(staff.acting_from_command_line('absent'), name='k', scopes=[Permission.BILLING_READ])
long_ago = timezone.now() - timedelta(days=31)
Identity.objects.create(user=user, issuer='https://id.example', subject='1', last_sign_in_at=long_ago)
print('key:', key)
"""


def test_the_key_of_an_owner_who_is_long_away_says_what_to_do(portal: Portal) -> None:
    key = portal.manage("shell", "-c", _ABSENT_OWNER).partition("key: ")[2].strip()

    answer = Caller(portal.url, key).get(EXAMPLE)

    assert_ours(answer, 401, "owner_sign_in_too_old")
    assert "The owner signs in to the portal" in answer.json()["message"]
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="altostrat-billing-portal"'
