"""The parts of Altostrat's contract that the API's schema repeats: texts, parameters and response schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from billing.altostrat.operations.operation import Operation
from billing.services.contract_drift.contract import described_at, document, resolved

# PHP writes an empty map like an empty list.
_EMPTY_MAP: Final = {"type": "array", "items": {}, "maxItems": 0}
_SCHEMA: Final = re.compile(r"#/components/schemas/(\w+)")


def request_schema(operation: Operation[object]) -> dict[str, Any] | None:
    """Return the schema of an operation's body, without references, and closed to fields that it does not document.

    None if the operation takes no body.
    """
    return _request_schema(operation.path_template, operation.method)


@cache
def _request_schema(path_template: str, method: str) -> dict[str, Any] | None:
    body = described_at(path_template, method).get("requestBody")
    return None if body is None else _strict(body["content"]["application/json"]["schema"])


def schemas(*roots: Any) -> dict[str, Any]:
    """Return the component schemas that `roots` refer to, directly or indirectly.

    They are relaxed to what Altostrat does not rule out, so that a generated client tolerates null in any field that is
    not required, an empty list instead of an empty map, and values that an enum does not list.
    """
    known = document()["components"]["schemas"]
    found: dict[str, Any] = {}
    pending = [name for root in roots for name in _names(root)]
    while pending:
        name = pending.pop()
        if name not in found and name in known:
            found[name] = _relaxed(known[name])
            pending.extend(_names(found[name]))
    return found


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(inner) for key, inner in resolved(schema).items() if not key.startswith("x-")}
    return {"additionalProperties": False, **strict} if "properties" in strict else strict


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        match = _SCHEMA.fullmatch(str(value.get("$ref", "")))
        if match:
            yield match[1]
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def _relaxed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_relaxed(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    relaxed = {key: _relaxed(inner) for key, inner in schema.items() if not str(key).startswith("x-")}
    if "enum" in relaxed:
        values = ", ".join(relaxed.pop("enum"))
        relaxed["description"] = (
            f"{relaxed.get('description', '')} Known values: {values}; expect others.".strip()
        )
    if "properties" in relaxed:
        required = relaxed.get("required", ())
        fields = relaxed["properties"].items()
        relaxed["properties"] = {
            name: field if name in required else _or_null(field) for name, field in fields
        }
    return relaxed


def _or_null(field: dict[str, Any]) -> dict[str, Any]:
    kind = resolved(field).get("type")
    if kind == "object" or (isinstance(kind, list) and "object" in kind):
        return {"anyOf": [field, {"type": "null"}, _EMPTY_MAP]}
    if "type" not in field:
        return {"anyOf": [field, {"type": "null"}]}
    return {**field, "type": [kind, "null"] if isinstance(kind, str) else kind}
