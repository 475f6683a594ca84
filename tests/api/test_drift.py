"""Contract drift: responses that no longer fit the contract are relayed, found, counted and logged once a day."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from billing.altostrat.operations.operation import Operation
from billing.api.routes import ROUTES
from billing.models import ContractDrift
from billing.roles import Permission
from billing.services.contract_drift import comparison, findings, watch
from billing.services.contract_drift.findings import Finding, Kind
from billing.services.people import keys
from billing.services.storage import connections
from tests.api.conftest import EXAMPLE, failing
from tests.api.in_process import Program
from tests.clock import stopped_clock
from tests.contract import CONTRACT
from tests.services.cast import actor_called
from tests.tokens import FINANCE

BY_NAME: dict[str, Operation[object]] = {route.operation.name: route.operation for route in ROUTES}
ACCOUNT: dict[str, Any] = CONTRACT["components"]["examples"]["BillingAccount"]["value"]
INVOICE: dict[str, Any] = CONTRACT["components"]["examples"]["Invoice"]["value"]
SUBSCRIPTION: dict[str, Any] = CONTRACT["components"]["examples"]["Subscription"]["value"]


def find(name: str, document: Any) -> set[tuple[str, str]]:
    found = comparison.find(BY_NAME[name], json.dumps(document).encode())
    return {(finding.path, finding.kind.value) for finding in found}


@pytest.mark.parametrize("name", BY_NAME)
def test_documented_examples_fit(name: str) -> None:
    operation = BY_NAME[name]
    responses = CONTRACT["paths"][operation.path_template][operation.method.lower()]["responses"]
    success = next(row for status, row in responses.items() if status.startswith("2"))
    examples = success.get("content", {}).get("application/json", {}).get("examples", {})

    for reference in examples.values():
        example = CONTRACT["components"]["examples"][reference["$ref"].rpartition("/")[2]]["value"]
        optional = {("account_holder_type", "missing"), ("account_type", "missing")}
        assert find(name, example) - optional == set()


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"risk_level": "low"}, ("risk_level", "new")),
        ({"currency": "jpy"}, ("currency", "value")),
        ({"name": 7}, ("name", "type")),
        ({"name": None}, ("name", "type")),
        ({"address": "Main Street"}, ("address", "type")),
        ({"address": {**ACCOUNT["address"], "city": ["x"]}}, ("address.city", "type")),
        ({"address": {**ACCOUNT["address"], "secret@example.com": 1}}, ("address.?", "new")),
    ],
)
def test_a_difference_is_found_without_its_value(changed: dict[str, Any], finding: tuple[str, str]) -> None:
    assert find("retrieve_billing_account", {**ACCOUNT, **changed}) == {finding}


def test_a_missing_field_is_found_in_lists() -> None:
    rows = [{name: value for name, value in ACCOUNT.items() if name != "email"}] * 3

    assert find("list_billing_accounts", {"data": rows, "has_more": False}) == {("data[].email", "missing")}
    assert find("list_billing_accounts", rows) == {("", "type")}


def test_what_the_contract_leaves_open_is_no_difference() -> None:
    nullable = {name: value for name, value in ACCOUNT.items() if name not in ("phone", "description")}
    short = {name: value for name, value in ACCOUNT["address"].items() if name not in ("line2", "state")}
    unverified = {name: value for name, value in INVOICE.items() if name != "number"} | {"invoice_pdf": 7}

    assert find("retrieve_billing_account", {**nullable, "address": []}) == set()
    assert find("retrieve_billing_account", {**ACCOUNT, "address": short}) == set()
    assert find("list_invoices", {"data": [unverified], "has_more": True}) == set()
    assert find("retrieve_subscription", {**SUBSCRIPTION, "metadata": {"any": {"thing": 1}}}) == set()


def test_keys_of_a_map_are_not_named() -> None:
    quantities = {"maria@example.com": {"price_id": "p", "quantity": "many", "interval": "month"}}

    assert find("retrieve_subscription", {**SUBSCRIPTION, "product_quantities": quantities}) == {
        ("product_quantities.*.quantity", "type")
    }


@pytest.mark.django_db
def test_findings_are_counted_and_logged_once_a_day(caplog: pytest.LogCaptureFixture) -> None:
    found = {Finding("address.city", Kind.TYPE), Finding("", Kind.TYPE)}

    with caplog.at_level(logging.WARNING):
        findings.record("retrieve_billing_account", found)
        findings.record("retrieve_billing_account", found)
    assert sorted(caplog.messages) == [
        "contract drift: retrieve_billing_account: other type: address.city",
        "contract drift: retrieve_billing_account: other type: body",
    ]
    assert [row.count for row in findings.all_findings()] == [2, 2]

    caplog.clear()
    ContractDrift.objects.filter(path="").update(logged_on=timezone.now().date() - timedelta(days=1))
    with caplog.at_level(logging.WARNING):
        findings.record("retrieve_billing_account", found)
    assert caplog.messages == ["contract drift: retrieve_billing_account: other type: body"]


@pytest.mark.django_db
def test_the_list_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "_MAX_ROWS", 1)
    findings.record("list_invoices", [Finding("a", Kind.NEW)])

    findings.record("list_invoices", [Finding("a", Kind.NEW), Finding("b", Kind.NEW)])

    assert [(row.path, row.count) for row in findings.all_findings()] == [("a", 2)]


@pytest.mark.django_db
def test_the_command_lists_and_clears(capsys: pytest.CaptureFixture[str]) -> None:
    findings.record("list_invoices", [Finding("data[].fee", Kind.NEW)])

    call_command("contract_drift")
    call_command("contract_drift", "--clear")
    call_command("contract_drift")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("list_invoices: new field: data[].fee; 1 times, last ")
    assert lines[1:] == ["1 differences.", "Deleted 1 rows.", "All compared responses fit the contract."]


def test_one_response_a_minute_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = stopped_clock(monkeypatch, watch)
    compared: list[bytes] = []
    monkeypatch.setattr(watch, "start", lambda operation, body: compared.append(body))
    monkeypatch.setattr(watch, "_due", {})
    operation, other = BY_NAME["retrieve_billing_account"], BY_NAME["list_invoices"]

    for body in (b"1", b"2"):
        watch.watch(operation, body)
    watch.watch(other, b"3")
    clock.now += watch.INTERVAL_SECONDS
    watch.watch(operation, b"4")

    assert compared == [b"1", b"3", b"4"]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Watch responses as a server does, and return those that it compares, by operation. Without threads."""
    bodies: dict[str, bytes] = {}
    monkeypatch.setattr(watch, "is_on", True)
    monkeypatch.setattr(watch, "_due", {})
    monkeypatch.setattr(watch, "start", lambda operation, body: bodies.update({operation.name: body}))
    monkeypatch.setattr(connections, "close", lambda: None)
    return bodies


@pytest.mark.django_db
@pytest.mark.parametrize("is_program", [True, False], ids=["API", "page"])
def test_a_response_that_differs_is_used_and_found(
    is_program: bool, altostrat_url: str, static_files: None, compared: dict[str, bytes]
) -> None:
    alice = actor_called("alice", token=FINANCE)
    if is_program:
        _, key = keys.issue(alice, name="ERP", scopes=[Permission.BILLING_READ])
        answer = Client(headers={"Authorization": f"Bearer {key}"}).get(f"/api/v1/{failing('future')}")
        assert answer.headers["Portal-Origin"] == "altostrat"
    else:
        browser = Client()
        browser.force_login(alice.user)
        answer = browser.get(f"/{failing('future')}/")

    assert answer.status_code == 200
    watch.check(BY_NAME["retrieve_billing_account"], compared["retrieve_billing_account"])
    found = {(row.operation, row.kind) for row in findings.all_findings()}
    assert ("retrieve_billing_account", "new") in found


def test_a_replayed_answer_is_not_compared_again(program: Program, compared: dict[str, bytes]) -> None:
    first = program.send(EXAMPLE, "PATCH", {"description": "New"}, idempotency_key="k")
    assert first.content in compared.values()
    watch._due.clear()
    compared.clear()

    answer = program.send(EXAMPLE, "PATCH", {"description": "New"}, idempotency_key="k")

    assert answer.headers["Idempotency-Replayed"] == "true"
    assert compared == {}


def test_commands_compare_nothing() -> None:
    assert not watch.is_on, "Only portal.start does it."


def test_the_comparison_runs_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = Event()
    monkeypatch.setattr(watch, "check", lambda operation, body: compared.set())

    watch.start(BY_NAME["list_invoices"], b"{}")

    assert compared.wait(20)
