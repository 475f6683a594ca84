"""Altostrat's contract, as far as our own documentation repeats it: texts, parameters and the shapes of answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import yaml
from django.conf import settings

from billing.api.routes import Route

_CONTRACT: Final = "contract/altostrat/openapi.yaml"
_SCHEMA: Final = re.compile(r"#/components/schemas/(\w+)")


def operation(route: Route) -> dict[str, Any]:
    """The operation object behind a route, with the path's parameters among its own."""
    path = _contract()["paths"][route.path_template]
    found: dict[str, Any] = path[route.method.lower()]
    return {**found, "parameters": [*path.get("parameters", ()), *found.get("parameters", ())]}


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """`value`, or what its $ref leads to."""
    while "$ref" in value:
        reference = value["$ref"]
        value = _contract()
        for name in reference.removeprefix("#/").split("/"):
            value = value[name]
    return value


def schemas(*roots: Any) -> dict[str, Any]:
    """The component schemas that `roots` refer to, and those that these refer to in turn.

    They are opened for what Altostrat does not rule out, and a client generated from them must bear: null in any
    field that is not required, and further words where some are listed.
    """
    known = _contract()["components"]["schemas"]
    found: dict[str, Any] = {}
    waiting = [name for root in roots for name in _names(root)]
    while waiting:
        name = waiting.pop()
        if name not in found and name in known:
            found[name] = _opened(known[name])
            waiting.extend(_names(found[name]))
    return found


@cache
def _contract() -> dict[str, Any]:
    with (settings.BASE_DIR / _CONTRACT).open(encoding="utf-8") as file:
        document: dict[str, Any] = yaml.safe_load(file)
    return document


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


def _opened(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_opened(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    opened = {key: _opened(inner) for key, inner in schema.items() if not str(key).startswith("x-")}
    if "enum" in opened:
        words = ", ".join(opened.pop("enum"))
        opened["description"] = f"{opened.get('description', '')} Known: {words}; expect others.".strip()
    if "properties" in opened:
        required = opened.get("required", ())
        fields = opened["properties"].items()
        opened["properties"] = {
            name: field if name in required else _or_null(field) for name, field in fields
        }
    return opened


def _or_null(field: dict[str, Any]) -> dict[str, Any]:
    kind = field.get("type")
    if kind is None:
        return {"anyOf": [field, {"type": "null"}]}
    return {**field, "type": [kind, "null"] if isinstance(kind, str) else kind}
