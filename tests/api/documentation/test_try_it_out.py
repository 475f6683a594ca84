"""/api/docs/ sends every documented call under the content security policy, also writes."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.api.conftest import EXAMPLE, Caller, signed_in
from tests.api.writes.test_writes import SUBSCRIPTION
from tests.plugins.processes import Portal, Sandbox

pytestmark = pytest.mark.sqlite_only


def open_only(page: Page, portal: Portal, summary: str, key: str | None = None) -> Locator:
    """Open the form of an operation on a page without the others, which make each keystroke slow."""

    def shorten(route: Route) -> None:
        answer = route.fetch()
        document = answer.json()
        document["paths"] = {
            path: kept
            for path, methods in document["paths"].items()
            if (kept := {method: row for method, row in methods.items() if row.get("summary") == summary})
        }
        route.fulfill(response=answer, json=document)

    page.route("**/api/schema/*", shorten)
    return open_operation(page, portal, summary, key)


def open_operation(page: Page, portal: Portal, summary: str, key: str | None = None) -> Locator:
    """Open the form of an operation, with a portal key if given."""
    page.goto(f"{portal.url}/api/docs/")
    if key is not None:
        page.get_by_role("button", name="Authorize").click()
        container = page.locator(".auth-container", has_text="portalKey")
        container.get_by_label("Value").fill(key)
        container.get_by_role("button", name="Apply").click()
        page.locator(".btn-done").last.click()
    page.locator(".opblock-summary-control", has_text=summary).click()
    operation = page.locator(".opblock.is-open")
    operation.get_by_role("button", name="Try it out").click()
    return operation


def fill(operation: Locator, **headers: str) -> None:
    for name, value in headers.items():
        operation.locator(f"tr[data-param-name='{name.replace('_', '-')}'] input").fill(value)


def execute(operation: Locator) -> Locator:
    operation.get_by_role("button", name="Execute").click()
    return operation.locator(".live-responses-table")


def test_a_read(portal: Portal, page: Page, keys: dict[str, str]) -> None:
    operation = open_operation(page, portal, "Retrieve a billing account", keys["alice"])

    answer = execute(operation)

    expect(answer).to_contain_text("ACME Corp Billing")
    expect(answer).to_contain_text("portal-origin: altostrat")
    assert operation.get_by_role("note").count() == 0


def test_a_write_has_a_warning_and_a_new_key(
    portal: Portal, page: Page, editor: Caller, fresh_sandbox: Sandbox
) -> None:
    page.clock.install()
    operation = open_only(page, portal, "Change a subscription", editor.key)
    expect(operation.get_by_role("note")).to_contain_text("This writes to Altostrat.")
    fill(operation, Portal_Reason="Zürich moves, 50% less", Portal_Ticket="FIN-7")
    operation.locator("textarea").first.fill(json.dumps({"metadata": {"a": "b"}}))

    page.clock.pause_at(time.time() + 3600)
    with page.expect_response("**/subscriptions/*") as first:
        answer = execute(operation)
    expect(answer).to_contain_text("portal-change: ")
    with page.expect_response("**/subscriptions/*") as second:
        execute(operation)  # no time has passed, so it is the same write

    assert first.value.status == 200
    assert second.value.headers["idempotency-replayed"] == "true"
    (write,) = fresh_sandbox.writes()
    assert (write["path"], write["body"]) == (f"/{SUBSCRIPTION}", {"metadata": {"a": "b"}})
    change = editor.get(f"changes/{first.value.headers['portal-change']}").json()
    assert (change["reason"], change["ticket"]) == ("Zürich moves, 50% less", "FIN-7")


def test_a_write_without_a_body(portal: Portal, page: Page, editor: Caller, fresh_sandbox: Sandbox) -> None:
    operation = open_only(page, portal, "Detach a payment method", editor.key)
    fill(operation, Portal_Reason="Expired", Portal_Ticket="FIN-8")

    expect(execute(operation)).to_contain_text("portal-origin: altostrat")

    (write,) = fresh_sandbox.writes()
    assert (write["method"], write["path"]) == ("DELETE", f"/{EXAMPLE}/payment-methods/pm_a1b2c3d4e5f6g7h8")


def test_a_preview_with_the_session_of_the_browser(
    portal: Portal, page: Page, fresh_sandbox: Sandbox
) -> None:
    page.context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": portal.url}
            for cookie in signed_in(portal, "alice").cookies
        ]
    )
    operation = open_only(page, portal, "Preview an invoice")

    expect(execute(operation)).to_contain_text("portal-origin: altostrat")
    assert fresh_sandbox.writes() == []
    assert operation.get_by_role("note").count() == 0
