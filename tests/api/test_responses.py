"""Properties of all responses, whichever part of the portal creates them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import requests

from tests import html
from tests.api.conftest import EXAMPLE, Caller, failing
from tests.api.test_failures import assert_portal_error
from tests.plugins.processes import Portal

POLICY = "default-src 'none'; frame-ancestors 'none'"


def raw(portal: Portal, target: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """Return status and body for exactly this request target, which other clients would normalize."""
    with closing(http.client.HTTPConnection(urlsplit(portal.url).netloc, timeout=10)) as connection:
        connection.request(method, target, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("workspaces", {}, 200),
        ("workspaces?limit=1", {}, 400),
        ("workspaces", {"headers": {"Authorization": "Bearer abp_wrong"}}, 401),
        (failing("forbidden"), {}, 403),
        ("nowhere", {}, 404),
        ("workspaces", {"method": "DELETE"}, 405),
        ("workspaces", {"data": iter([b"x"])}, 411),
        ("workspaces", {"data": b"x" * 3_000_000}, 413),
        (failing("unauthorized"), {}, 424),
        (failing("error500"), {}, 502),
        (failing("unavailable"), {}, 503),
        (failing("slow"), {}, 504),
    ],
)
def test_every_response_has_the_common_headers(
    alice: Caller, path: str, options: dict[str, object], status: int
) -> None:
    answer = alice.get(path, **options)  # type: ignore[arg-type]

    assert answer.status_code == status
    _assert_common_headers(answer)


def test_a_429_has_the_common_headers(limited: Caller) -> None:
    answer = limited.get(failing("ratelimited"))

    assert answer.status_code == 429
    _assert_common_headers(answer)


def _assert_common_headers(answer: requests.Response) -> None:
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Portal-Origin"] in {"altostrat", "portal"}
    assert answer.headers["X-Request-ID"]
    assert {"Vary", "Set-Cookie", "Content-Encoding"}.isdisjoint(answer.headers)


@pytest.mark.parametrize("key", [{}, {"Authorization": "Bearer abp_x"}])
def test_the_error_for_an_unknown_host_says_so_and_does_not_link_to_it(
    portal: Portal, key: dict[str, str]
) -> None:
    headers = {"Host": "evil.example", **key}
    answer = requests.get(f"{portal.url}/api/v1/workspaces", headers=headers, timeout=5)

    assert_portal_error(answer, 400, "bad_request")
    assert "Check the host" in answer.json()["message"]
    assert answer.json()["doc_url"] == "/api/docs/#bad_request"
    assert "evil" not in answer.text


def test_an_error_links_to_its_documentation(alice: Caller) -> None:
    link = alice.get("nowhere").json()["doc_url"]

    url, _, anchor = link.partition("#")
    assert html.one(requests.get(url, timeout=10), f"#{anchor}")


def test_two_thousand_query_parameters_are_a_bad_request(alice: Caller) -> None:
    assert alice.get("workspaces?" + "a&" * 1900).json()["code"] == "bad_request"


def test_the_error_names_a_repeated_query_parameter(alice: Caller) -> None:
    assert "'limit' occurs 2 times" in alice.get("workspaces?limit=1&limit=2").json()["message"]


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1",
        "/api/v1/",
        "/api/v1//workspaces",
        "/api/v1/workspaces//",
        "/api/v1/./workspaces",
        "/api/v1/../v1/workspaces",
        "/api/v1/workspaces/.",
        "/api/v1/workspaces/..",
        "/api/v1/workspaces/%2e%2e",
        "/api/v1/workspaces%5cws_a1b2c3d4e5f6g7h8",
        "/api/v1/Workspaces",
        "/api/v1/workspaces%0A",
        "/api/v1/workspaces.json",
        "/api/v1/workspaces;a=b",
    ],
)
def test_variants_of_a_path_are_unknown_routes(portal: Portal, keys: dict[str, str], target: str) -> None:
    status, body = raw(portal, target, Authorization=f"Bearer {keys['alice']}")

    assert (status, json.loads(body)["code"]) == (404, "unknown_route")


@pytest.mark.parametrize(
    ("encoded", "plain"),
    [
        ("workspaces%2Fws_a1b2c3d4e5f6g7h8", "workspaces/ws_a1b2c3d4e5f6g7h8"),
        (
            "workspaces%2Fws_b2c3d4e5f6g7h8i9%2fbilling-accounts",
            "workspaces/ws_b2c3d4e5f6g7h8i9/billing-accounts",
        ),
        ("workspaces/ws_a1b2c3d4e5f6g7h8%2F..%2Fws_b2c3d4e5f6g7h8i9", "nowhere"),
    ],
)
def test_encoded_slash_is_a_slash_and_gives_no_other_access(
    portal: Portal, keys: dict[str, str], encoded: str, plain: str
) -> None:
    """WSGI servers decode the path, so Django routes both alike."""
    headers = {"Authorization": f"Bearer {keys['alice']}"}
    (status, body), (expected, plain_body) = (
        raw(portal, f"/api/v1/{path}", **headers) for path in (encoded, plain)
    )

    assert status == expected
    if status == 200:
        assert body == plain_body


@pytest.mark.parametrize(
    "target", ["/api/v1/workspaces", "/api/v1/workspaces/", "/api/v1/workspaces%2F..", "/api/v1/x"]
)
def test_unauthenticated_callers_cannot_discover_routes(portal: Portal, target: str) -> None:
    assert raw(portal, target, method="POST")[0] == 401


def test_head_does_not_break_the_next_request_on_a_connection(portal: Portal, keys: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {keys['alice']}"}

    with closing(http.client.HTTPConnection(urlsplit(portal.url).netloc, timeout=10)) as connection:
        bodies = []
        for method in ("HEAD", "GET"):
            connection.request(method, f"/api/v1/{EXAMPLE}", headers=headers)
            bodies.append(connection.getresponse().read()[:1])

    assert bodies == [b"", b"{"]


def test_altostrats_request_id_differs_from_the_portals(alice: Caller) -> None:
    answer = alice.get(failing("missing"))

    assert answer.headers["Altostrat-Request-Id"].startswith("req_")
    assert answer.headers["X-Request-ID"] != answer.headers["Altostrat-Request-Id"]


def test_there_is_no_altostrat_request_id_without_a_call_to_altostrat(call: Callable[[str], Caller]) -> None:
    assert "Altostrat-Request-Id" not in call("bob").get(EXAMPLE).headers
