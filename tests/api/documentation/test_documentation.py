"""The schema and the guide describe the API, and the page shows them under the portal's content security policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from playwright.sync_api import Page, expect

from billing.altostrat.identifiers import InvalidIdentifier, checked
from billing.api.codes import CODES
from billing.api.routes import ROUTES
from tests.api.conftest import EXAMPLE, Caller, failing
from tests.contract import CONTRACT
from tests.plugins.processes import ROOT, Portal, Sandbox

pytestmark = pytest.mark.sqlite_only


@pytest.fixture(scope="module")
def document(portal: Portal) -> dict[str, Any]:
    answer = requests.get(f"{portal.url}/api/schema/", timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    return dict(answer.json())


@pytest.fixture(scope="module")
def validate(document: dict[str, Any]) -> Callable[[requests.Response], None]:
    """Return a function that raises unless request and response match the schema."""
    openapi = OpenAPI.from_dict(document)

    def check(answer: requests.Response) -> None:
        sent = RequestsOpenAPIRequest(answer.request)
        openapi.validate_request(sent)
        openapi.validate_response(sent, RequestsOpenAPIResponse(answer))

    return check


def test_drf_spectacular_has_no_warnings(portal: Portal) -> None:
    assert portal.manage("spectacular", "--validate", "--fail-on-warn").startswith("openapi: 3.1")


def test_the_schema_has_exactly_the_documented_reads_and_writes(document: dict[str, Any]) -> None:
    described = {(path, method) for path, item in document["paths"].items() for method in item}

    own = {("/api/v1/changes/{change_id}", "get")}
    assert described - own == {
        (f"/api/v1{path}", method)
        for path, methods in CONTRACT["paths"].items()
        for method in {"get"} & set(methods)
        if path.startswith("/workspaces")
    } | {
        (f"/api/v1{path}", method)
        for path, methods in CONTRACT["paths"].items()
        for method in {"post", "put", "patch", "delete"} & set(methods)
        if path.startswith("/workspaces/{workspaceId}/billing-accounts")
    }


def test_every_relayed_operation_has_the_parameters_and_the_body_of_the_contract(
    document: dict[str, Any],
) -> None:
    for route in ROUTES:
        path, method = route.path_template, route.operation.method.lower()
        documented = CONTRACT["paths"][path]
        wanted = documented[method]
        described = document["paths"][f"/api/v1{path}"][method]
        parameters = [*documented.get("parameters", ()), *wanted.get("parameters", ())]
        assert {
            (row["name"], row["in"], row.get("required", False))
            for row in described.get("parameters", ())
            if row["in"] != "header"
        } == {
            (row["name"], row["in"], row["required"])
            for row in (_target(CONTRACT, parameter) for parameter in parameters)
        }, f"{method} {path}"
        assert ("requestBody" in described) == ("requestBody" in wanted), f"{method} {path}"
        # A write may be accepted without an outcome, or be a change that was sent before.
        more = set() if route.operation.is_read else {"200", "202"}
        assert _success(described).keys() == _success(wanted).keys() | more, f"{method} {path}"


def _success(operation: dict[str, Any]) -> dict[str, Any]:
    return {status: row for status, row in operation["responses"].items() if status.startswith("2")}


def _target(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Return `value`, or what it refers to."""
    found: Any = document
    for name in value.get("$ref", "").split("/")[1:]:
        found = found[name]
    return found if "$ref" in value else value


def test_every_response_has_headers_and_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for path, method, operation in _operations(document):
        for status, reference in operation["responses"].items():
            response = _target(document, reference)
            assert {"X-Request-ID", "Portal-Origin"} <= response["headers"].keys(), (
                f"{method} {path} {status}"
            )
            assert ("content" in response) == (status not in ("202", "204", "304")), (
                f"{method} {path} {status}"
            )
            for media_type, content in response.get("content", {}).items():
                examples = [row["value"] for row in content.get("examples", {}).values()]
                examples += [row["example"] for row in (content, content["schema"]) if "example" in row]
                assert examples, f"{method} {path} {status} {media_type}"
                validator = Draft202012Validator({**content["schema"], "components": document["components"]})
                assert not [error.message for example in examples for error in validator.iter_errors(example)]


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_the_schema_has_the_pattern_of_each_id(document: dict[str, Any]) -> None:
    for _, _, operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            schema, name = parameter["schema"], parameter["name"]
            if "pattern" in schema:
                assert re.fullmatch(schema["pattern"], schema["example"]), name
            if parameter["in"] != "path" or name == "change_id":
                continue
            with pytest.raises(InvalidIdentifier):
                checked(name, "x", schema["pattern"].removeprefix("^").partition("[")[0])
            assert not re.search(schema["pattern"], schema["example"] + "/")


def test_the_schema_describes_every_code(document: dict[str, Any]) -> None:
    code = document["components"]["schemas"]["PortalError"]["properties"]["code"]

    assert code["enum"] == list(CODES)
    assert all(row.meaning in code["description"] for row in CODES.values())


def test_the_schema_has_both_authentication_schemes(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]

    assert (schemes["portalKey"]["type"], schemes["portalKey"]["scheme"]) == ("http", "bearer")
    assert (schemes["browserSession"]["in"], schemes["browserSession"]["name"]) == ("cookie", "sessionid")


def test_a_browser_session_is_only_described_for_reads(document: dict[str, Any]) -> None:
    for route in ROUTES:
        described = document["paths"][f"/api/v1{route.path_template}"][route.operation.method.lower()]
        names = {name for row in described["security"] for name in row}
        assert names == {"portalKey", *(["browserSession"] if route.operation.is_read else [])}


def test_every_reference_has_a_target(document: dict[str, Any]) -> None:
    for target in _references(document):
        _target(document, {"$ref": target})


def _references(value: Any) -> Iterator[str]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        yield value["$ref"]
    for child in children:
        yield from _references(child)


@pytest.mark.parametrize(
    "path",
    [
        "workspaces",
        "workspaces/ws_a1b2c3d4e5f6g7h8",
        "workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts",
        EXAMPLE,
        "workspaces/ws_a1b2c3d4e5f6g7h8/members",
        "workspaces/ws_a1b2c3d4e5f6g7h8/organizations",
        "workspaces/ws_a1b2c3d4e5f6g7h8/organizations/org_aBcDeFg123456789/parent",
        "workspaces/ws_a1b2c3d4e5f6g7h8/organizations/org_aBcDeFg123456789/limits",
        f"{EXAMPLE}/subscriptions",
        f"{EXAMPLE}/trial-eligibility",
        f"{EXAMPLE}/invoices?limit=2",
        f"{EXAMPLE}/payment-methods",
        failing("sparse"),
        failing("nulls"),
        failing("future"),
    ],
)
def test_a_success_matches_the_schema(
    alice: Caller, validate: Callable[[requests.Response], None], path: str
) -> None:
    validate(alice.get(path))


@pytest.mark.parametrize(
    "name",
    [
        "unauthorized",
        "forbidden",
        "missing",
        "invalid",
        "error500",
        "unavailable",
        "noanswer",
        "slow",
    ],
)
def test_an_error_matches_the_schema(
    alice: Caller, validate: Callable[[requests.Response], None], name: str
) -> None:
    validate(alice.get(failing(name)))


def test_a_429_matches_the_schema(limited: Caller, validate: Callable[[requests.Response], None]) -> None:
    validate(limited.get(failing("ratelimited")))


def test_a_write_and_its_change_match_the_schema(
    editor: Caller, validate: Callable[[requests.Response], None]
) -> None:
    answer = editor.get(EXAMPLE, method="PATCH", json={"description": "New"})
    validate(answer)
    validate(editor.get(f"changes/{answer.headers['Portal-Change']}"))


@pytest.mark.parametrize(
    ("path", "method", "body", "fault", "statuses"),
    [
        (f"{EXAMPLE}/payment-methods", "POST", None, None, [201, 200]),
        (EXAMPLE, "PATCH", {"description": "New"}, "close_after", [504, 200]),
        (EXAMPLE, "PATCH", {"description": "New"}, "status_after:202", [202, 200]),
    ],
)
def test_a_repeated_write_without_its_first_answer_matches_the_schema(
    editor: Caller,
    fresh_sandbox: Sandbox,
    validate: Callable[[requests.Response], None],
    path: str,
    method: str,
    body: Any,
    fault: str | None,
    statuses: list[int],
) -> None:
    if fault is not None:
        fresh_sandbox.fault(fault, method=method, document={"message": "Accepted."})

    headers = {"Idempotency-Key": f"{method}-{fault}"}
    answers = [editor.get(path, method=method, json=body, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == statuses
    for answer in answers:
        validate(answer)


@pytest.mark.parametrize(("path", "copies"), [("usage.csv", False), ("{organizationId}", True)])
def test_reads_have_the_conditions_that_they_understand(
    document: dict[str, Any], path: str, copies: bool
) -> None:
    read = document["paths"][f"/api/v1/workspaces/{{workspaceId}}/organizations/{path}"]["get"]

    names = {row["name"] for row in read["parameters"] if row["in"] == "header"}

    assert names == {"If-None-Match", *(["Cache-Control"] if copies else [])}


def test_the_guide_lists_every_code_with_its_status() -> None:
    assert [row[:2] for row in _table("status")] == [
        [str(row.status), f"`{code}`"] for code, row in CODES.items()
    ]


def _table(first_header: str) -> list[list[str]]:
    """Return the cells of the table in the guide whose first column has this header."""
    rows: list[list[str]] = []
    for line in (ROOT / "docs" / "api.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if cells and (rows or cells[0] == first_header):
            rows.append(cells)
        elif rows:
            break
    return rows[2:]  # without the headers and the line below them


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/"])
def test_the_documentation_is_read_only(portal: Portal, path: str) -> None:
    assert requests.head(f"{portal.url}{path}", timeout=20).status_code == 200
    assert requests.post(f"{portal.url}{path}", timeout=20).headers["Allow"] == "GET, HEAD"


def test_the_page_has_the_content_security_policy_of_other_pages(portal: Portal) -> None:
    page, other = (
        requests.get(f"{portal.url}{path}", timeout=20).headers["Content-Security-Policy"]
        for path in ("/api/docs/", "/accounts/sign-in/")
    )

    assert set(page.split("; ")) == set(other.split("; "))


def test_the_page_shows_codes_and_operations(
    portal: Portal, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    page.goto(f"{portal.url}/api/docs/#altostrat_timeout")

    expect(page.locator(".opblock")).to_have_count(len(ROUTES) + 1)
    expect(page.locator("tr:target")).to_contain_text("504")
    assert axe(page) == []


def test_documentation_in_dark_mode_has_the_background_of_the_portal(portal: Portal, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{portal.url}/api/docs/")
    page.locator(".opblock").first.wait_for(timeout=60_000)

    backgrounds = page.evaluate(
        """() => ["html", ".swagger-ui"].map(part => getComputedStyle(document.querySelector(part)).backgroundColor)"""
    )
    assert backgrounds == ["rgba(0, 0, 0, 0)"] * 2
