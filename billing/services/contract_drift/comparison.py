"""Finds how a response of Altostrat differs from its contract. No value leaves this module.

A finding has the path of a field and what is wrong with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from billing.altostrat.operations.operation import Operation
from billing.services.contract_drift import contract
from billing.services.contract_drift.findings import Finding, Kind

_JSON: Final = "application/json"
_MAX_ITEMS: Final = 20
_MAX_FINDINGS: Final = 50
# Other names could be values, such as addresses.
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", re.ASCII)
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def find(operation: Operation[object], body: bytes) -> frozenset[Finding]:
    """Return how a body differs from the documented response of the operation."""
    described = contract.described(operation)
    success = next(row for status, row in described["responses"].items() if status.startswith("2"))
    content = contract.resolved(success).get("content", {}).get(_JSON)
    if content is None or described.get("x-unverified"):
        return frozenset()
    try:
        document = json.loads(body)
    except ValueError:
        return frozenset()  # the client has refused it, or it is another 2xx
    findings: set[Finding] = set()
    for finding in _compared(content["schema"], document, ""):
        findings.add(finding)
        if len(findings) >= _MAX_FINDINGS:
            break
    return frozenset(findings)


def _compared(schema: dict[str, Any], value: Any, path: str) -> Iterator[Finding]:
    if schema.get("x-unverified"):
        return
    schema = contract.resolved(schema)
    if schema.get("x-unverified"):
        return
    if "anyOf" in schema:
        yield from _compared_with_one(schema["anyOf"], value, path)
        return
    if not _has_type(schema, value):
        yield Finding(path, Kind.TYPE)
    elif isinstance(value, dict):
        yield from _compared_fields(schema, value, path)
    elif isinstance(value, list):
        for item in value[:_MAX_ITEMS]:
            yield from _compared(schema.get("items", {}), item, f"{path}[]")
    elif "enum" in schema and value is not None and value not in schema["enum"]:
        yield Finding(path, Kind.VALUE)


def _compared_with_one(options: list[dict[str, Any]], value: Any, path: str) -> Iterator[Finding]:
    """Compare with the options that have the type of the value. One of them has to fit."""
    possible = [option for option in options if _has_type(contract.resolved(option), value)]
    results = [list(_compared(option, value, path)) for option in possible]
    if not results:
        yield Finding(path, Kind.TYPE)
    else:
        yield from min(results, key=len)


def _compared_fields(schema: dict[str, Any], value: dict[str, Any], path: str) -> Iterator[Finding]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    for name, field in known.items():
        if name in value:
            yield from _compared(field, value[name], _joined(path, name))
        elif others is None and not _may_be_missing(field):
            yield Finding(_joined(path, name), Kind.MISSING)
    for name in value.keys() - known.keys():
        if isinstance(others, dict):
            yield from _compared(others, value[name], _joined(path, "*"))
        elif others is None and known:
            yield Finding(_joined(path, name if _NAME.fullmatch(name) else "?"), Kind.NEW)


def _has_type(schema: dict[str, Any], value: Any) -> bool:
    if "type" not in schema:
        return True
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if isinstance(value, bool):
        return "boolean" in names
    if value == [] and "object" in names:
        return True  # PHP writes an empty map like an empty list
    return any(isinstance(value, _TYPES[name]) for name in names)


def _may_be_missing(field: dict[str, Any]) -> bool:
    """Return whether the contract leaves the field open: it is unverified, can be null or is deprecated."""
    if field.get("x-unverified") or field.get("deprecated"):
        return True
    schema = contract.resolved(field)
    return bool(schema.get("x-unverified")) or any(
        "null" in option.get("type", ()) for option in (schema, *schema.get("anyOf", ()))
    )


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
