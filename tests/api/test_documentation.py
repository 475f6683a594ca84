"""The schema says what the API does, and the page shows it under the portal's own content policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from playwright.sync_api import Page, expect

from billing.api.codes import CODES
from billing.api.routes import ROUTES
from tests.api.conftest import EXAMPLE, Caller, failing
from tests.plugins.processes import ROOT, Portal

pytestmark = pytest.mark.sqlite_only


@pytest.fixture(scope="module")
def document(portal: Portal) -> dict[str, Any]:
    """The schema as it is served."""
    answer = requests.get(f"{portal.url}/api/schema/", timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    return dict(answer.json())


@pytest.fixture(scope="module")
def fits(document: dict[str, Any]) -> Callable[[requests.Response], None]:
    """Raises unless request and answer are as the schema says."""
    openapi = OpenAPI.from_dict(document)

    def check(answer: requests.Response) -> None:
        sent = RequestsOpenAPIRequest(answer.request)
        openapi.validate_request(sent)
        openapi.validate_response(sent, RequestsOpenAPIResponse(answer))

    return check


def test_drf_spectacular_warns_of_nothing(portal: Portal) -> None:
    assert portal.manage("spectacular", "--validate", "--fail-on-warn").startswith("openapi: 3.1")


def test_the_schema_has_the_routes_and_nothing_else(document: dict[str, Any]) -> None:
    described = {(path, method) for path, item in document["paths"].items() for method in item}

    assert described == {(f"/api/v1{route.path_template}", route.method.lower()) for route in ROUTES}


def test_the_schema_explains_every_code(document: dict[str, Any]) -> None:
    told = document["components"]["schemas"]["PortalError"]["properties"]["code"]

    assert told["enum"] == list(CODES)
    assert all(row.meaning in told["description"] for row in CODES.values())


def test_both_ways_to_come_in_are_in_the_schema(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]

    assert (schemes["portalKey"]["type"], schemes["portalKey"]["scheme"]) == ("http", "bearer")
    assert (schemes["browserSession"]["in"], schemes["browserSession"]["name"]) == ("cookie", "sessionid")


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = {
        part.split('"')[0] for part in str(document).replace("'", '"').split("#/components/schemas/")[1:]
    }

    assert names <= set(document["components"]["schemas"])


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
def test_a_success_fits_the_schema(
    alice: Caller, fits: Callable[[requests.Response], None], path: str
) -> None:
    fits(alice.get(path))


@pytest.mark.parametrize(
    "name",
    [
        "unauthorized",
        "forbidden",
        "missing",
        "invalid",
        "ratelimited",
        "error500",
        "unavailable",
        "noanswer",
        "slow",
    ],
)
def test_a_failure_fits_the_schema(
    alice: Caller, fits: Callable[[requests.Response], None], name: str
) -> None:
    fits(alice.get(failing(name)))


def test_the_guide_lists_every_code_with_its_status() -> None:
    listed = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)

    assert [(int(status), code) for status, code in listed] == [
        (row.status, code) for code, row in CODES.items()
    ]


def test_the_guide_lists_every_route_with_its_scope() -> None:
    listed = re.findall(
        r"^\| `/api/v1(/\S+)` \| `(\S+)` \|", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE
    )

    assert listed == [(route.path_template, route.permission.value) for route in ROUTES]


@pytest.mark.parametrize("address", ["/api/schema/", "/api/docs/"])
def test_the_description_is_only_read(portal: Portal, address: str) -> None:
    assert requests.head(f"{portal.url}{address}", timeout=20).status_code == 200
    assert requests.post(f"{portal.url}{address}", timeout=20).headers["Allow"] == "GET, HEAD"


def test_the_page_has_the_policy_of_all_pages_and_no_more(portal: Portal) -> None:
    page, other = (
        requests.get(f"{portal.url}{address}", timeout=20).headers["Content-Security-Policy"]
        for address in ("/api/docs/", "/accounts/sign-in/")
    )

    assert set(page.split("; ")) == set(other.split("; "))


def test_the_page_shows_codes_and_operations(
    portal: Portal, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    page.goto(f"{portal.url}/api/docs/#altostrat_timeout")

    expect(page.locator(".opblock")).to_have_count(len(ROUTES))
    expect(page.locator("tr:target")).to_contain_text("504")
    assert axe(page) == []


def test_a_key_can_be_tried_out_on_the_page(portal: Portal, page: Page, keys: dict[str, str]) -> None:
    page.goto(f"{portal.url}/api/docs/")
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container", has_text="portalKey").get_by_label("Value").fill(keys["alice"])
    page.locator(".auth-container", has_text="portalKey").get_by_role("button", name="Apply").click()
    page.locator(".btn-done").last.click()

    page.get_by_text("Retrieve a billing account").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    answer = page.locator(".live-responses-table")
    expect(answer).to_contain_text("ACME Corp Billing")
    expect(answer).to_contain_text("portal-origin: altostrat")
