"""Altostrat's contract, which takes 4 MB and is loaded when it is first used."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import yaml
from django.conf import settings

from billing.altostrat.operations.operation import Operation

_FILE: Final = "contract/altostrat/openapi.yaml"


def described(operation: Operation[object]) -> dict[str, Any]:
    """Return the contract's description of an operation, including the parameters of its path."""
    return described_at(operation.path_template, operation.method)


def described_at(path_template: str, method: str) -> dict[str, Any]:
    path = document()["paths"][path_template]
    found: dict[str, Any] = path[method.lower()]
    return {**found, "parameters": [*path.get("parameters", ()), *found.get("parameters", ())]}


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """Return `value`, or the target of its $ref."""
    while "$ref" in value:
        reference = value["$ref"]
        value = document()
        for name in reference.removeprefix("#/").split("/"):
            value = value[name]
    return value


@cache
def document() -> dict[str, Any]:
    """Return the whole contract."""
    with (settings.BASE_DIR / _FILE).open(encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=yaml.CSafeLoader)
    return loaded
