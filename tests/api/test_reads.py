"""Every documented read is relayed, with checked query parameters, OPTIONS, ETag and 304."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from billing.api.routes import ROUTES
from tests.api.conftest import EXAMPLE, Caller
from tests.api.test_failures import assert_portal_error
from tests.api.test_owners import IDS
from tests.plugins.processes import Portal, Sandbox

READS = {route.operation.name: route.operation for route in ROUTES if route.operation.method == "GET"}
INVOICES = f"{EXAMPLE}/invoices"


@pytest.mark.parametrize("name", READS)
def test_every_read_is_relayed_unchanged(
    alice: Caller, direct: Callable[[str], requests.Response], name: str
) -> None:
    operation = READS[name]
    path = operation.path({key: IDS[key] for key in operation.parameters}).removeprefix("/")

    answer, expected = alice.get(path), direct(path)

    assert answer.status_code == expected.status_code
    assert answer.content == expected.content
    assert answer.headers["Portal-Origin"] == "altostrat"


@pytest.mark.parametrize(("name", "start"), [("usage.csv", b"organization"), ("usage.pdf", b"%PDF-")])
def test_files_keep_their_media_type(
    alice: Caller, direct: Callable[[str], requests.Response], name: str, start: bytes
) -> None:
    path = f"workspaces/ws_a1b2c3d4e5f6g7h8/organizations/{name}"

    answer = alice.get(path)

    assert answer.content.startswith(start)
    assert answer.headers["Content-Type"] == direct(path).headers["Content-Type"]


@pytest.mark.parametrize("query", ["limit=1", "limit=200", "limit=2&after={0}", "before={0}"])
def test_documented_query_parameters_are_relayed(
    alice: Caller, direct: Callable[[str], requests.Response], query: str
) -> None:
    path = f"{INVOICES}?{query.format(alice.get(INVOICES).json()['data'][1]['id'])}"

    answer = alice.get(path)

    assert answer.status_code == 200
    assert answer.content == direct(path).content


@pytest.mark.parametrize(
    ("query", "name"),
    [
        *((f"limit={value}", "limit") for value in ("", "0", "201", "-1", "1.5", "x", "%D9%A1", "9" * 5000)),
        *(
            ("after=", "after"),
            ("after=a%2Fb", "after"),
            ("before=%00", "before"),
            ("after=" + "a" * 256, "after"),
        ),
        *(("limit=1&limit=1", "limit"), ("page=2", "page"), ("Limit=1", "Limit")),
    ],
)
def test_other_query_parameters_are_named(alice: Caller, journal: Sandbox, query: str, name: str) -> None:
    answer = alice.get(f"{INVOICES}?{query}")

    assert_portal_error(answer, 400, "invalid_parameter")
    assert repr(name) in answer.json()["message"]
    assert journal.requests() == []


def test_options_lists_the_methods_without_a_call(alice: Caller, journal: Sandbox) -> None:
    answer = alice.get(f"{EXAMPLE}/trial-eligibility", method="OPTIONS")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "Content-Type" not in answer.headers
    assert journal.requests() == []


def test_a_read_with_its_etag_is_not_modified(alice: Caller) -> None:
    etag = alice.get(EXAMPLE).headers["ETag"]

    answer = alice.get(EXAMPLE, headers={"If-None-Match": etag})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert {"Content-Length", "Content-Type"}.isdisjoint(answer.headers)
    assert alice.get(EXAMPLE).status_code == 200  # on the same connection


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_form_of_if_none_match_is_understood(alice: Caller, form: str, method: str) -> None:
    etag = alice.get(EXAMPLE, method=method).headers["ETag"]

    answer = alice.get(EXAMPLE, method=method, headers={"If-None-Match": form.format(etag)})

    assert answer.status_code == 304


@pytest.mark.parametrize("value", ['"other"', "", "nonsense", 'W/"'])
def test_another_etag_returns_the_body(alice: Caller, value: str) -> None:
    assert alice.get(EXAMPLE, headers={"If-None-Match": value}).json()["id"] == IDS["billingAccountId"]


def test_the_etag_changes_with_the_body(alice: Caller, fresh_sandbox: Sandbox) -> None:
    etag = alice.get(EXAMPLE).headers["ETag"]
    fresh_sandbox.says(f"/{EXAMPLE}$", {"id": IDS["billingAccountId"], "name": "Other"})

    answer = alice.get(EXAMPLE, headers={"If-None-Match": etag})

    assert answer.status_code == 200
    assert answer.headers["ETag"] != etag


def test_a_304_still_needs_access(call: Callable[[str], Caller], alice: Caller) -> None:
    etag = alice.get(EXAMPLE).headers["ETag"]

    assert call("carol").get(EXAMPLE, headers={"If-None-Match": etag}).status_code == 404


def test_an_error_has_no_etag(alice: Caller) -> None:
    assert "ETag" not in alice.get("workspaces/ws_missing").headers


OVERRIDES: list[dict[str, Any]] = [
    {"method": "TRACE"},
    {"method": "CONNECTED"},
    *(
        {"headers": {name: "DELETE"}}
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
    ),
    {"params": {"_method": "DELETE"}},
    {"method": "POST", "data": {"_method": "DELETE"}},
    {
        "method": "POST",
        "data": "a=1&%5Fmethod=DELETE",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    },
]


@pytest.mark.parametrize("options", OVERRIDES, ids=str)
@pytest.mark.parametrize(
    "path", [f"/api/v1/{EXAMPLE}", "/api/v1/nowhere", "/", "/accounts/sign-in/", "/admin/"]
)
def test_trace_and_method_overrides_are_refused_everywhere(
    portal: Portal, journal: Sandbox, keys: dict[str, str], path: str, options: dict[str, Any]
) -> None:
    headers = {"Authorization": f"Bearer {keys['alice']}", **options.get("headers", {})}
    answer = requests.request(
        **{"method": "GET", **options, "headers": headers},
        url=portal.url + path,
        timeout=10,
        allow_redirects=False,
    )

    assert answer.status_code == 405
    assert answer.headers["Allow"]
    assert ("override" in answer.text) == (options.get("method") not in ("TRACE", "CONNECTED"))
    assert journal.requests() == []


@pytest.mark.parametrize(
    ("method", "query"), [("delete", ""), ("get", ""), ("Get", ""), ("GET", "?%5fmethod=DELETE")]
)
def test_disguised_methods_are_refused(
    portal: Portal, journal: Sandbox, keys: dict[str, str], method: str, query: str
) -> None:
    # Other clients write methods in capitals, and decode the query.
    connection = http.client.HTTPConnection(urlsplit(portal.url).netloc, timeout=10)
    headers = {"Authorization": f"Bearer {keys['alice']}"}
    connection.request(method, f"/api/v1/{EXAMPLE}{query}", headers=headers)
    answer = connection.getresponse()

    assert (answer.status, json.load(answer)["code"]) == (405, "method_not_allowed")
    assert journal.requests() == []
    connection.close()
