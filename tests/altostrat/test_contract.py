"""Every operation matches Altostrat's contract."""

from __future__ import annotations

from typing import Any

import pytest

from billing.altostrat import operations
from billing.altostrat.operations.operation import Operation
from tests.contract import CONTRACT

OPERATIONS: list[Operation[Any]] = list(operations.all_operations())
DESCRIBED = {
    row["operationId"]: (method.upper(), path, row)
    for path, methods in CONTRACT["paths"].items()
    for method, row in methods.items()
    if method != "parameters"
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda row: row.name)
def test_an_operation_matches_the_contract(operation: Operation[Any]) -> None:
    method, path, row = DESCRIBED[operation.name]
    named = [
        CONTRACT["components"]["parameters"][p["$ref"].split("/")[-1]] for p in row.get("parameters", ())
    ]

    assert (operation.method, operation.path_template) == (method, path)
    assert operation.query == {parameter["name"] for parameter in named}


def test_every_operation_of_the_contract_except_api_keys_exists() -> None:
    missing = set(DESCRIBED) - {operation.name for operation in OPERATIONS}

    assert missing == {"list_api_keys", "create_api_key", "rotate_api_key"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda row: row.name)
def test_the_documented_example_is_read_completely(operation: Operation[Any]) -> None:
    responses = DESCRIBED[operation.name][2]["responses"]
    success = next(row for status, row in responses.items() if status.startswith("2"))
    content = success.get("content", {}).get("application/json")
    document = None
    if content:
        reference = next(iter(content["examples"].values()))["$ref"]
        document = CONTRACT["components"]["examples"][reference.split("/")[-1]]["value"]

    value = operation.parse(document)

    known = {"branding"}  # not relevant for billing
    items = getattr(value, "items", None) or (value,)
    leftovers = {name for item in items for name in getattr(item, "extra", {})} - known
    assert not leftovers


def test_only_get_and_the_preview_are_reads() -> None:
    assert {row.name for row in OPERATIONS if row.is_read and row.method != "GET"} == {"preview_invoice"}
