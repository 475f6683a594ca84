"""The body of a request, checked against the documented schema of its operation, and the headers that sign a change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

from django.conf import settings
from jsonschema import Draft202012Validator, ValidationError
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from billing.altostrat.operations.operation import Operation
from billing.altostrat.strict_json import MalformedJson, parse
from billing.api.caller_errors import InvalidFields, InvalidIdempotencyKey, UnusableHeader
from billing.api.headers import JSON
from billing.api.openapi import contract
from billing.services.changes import Signature

_MAX_LENGTHS: Final = {"reason": 1000, "ticket": 100}
# What was sent is repeated up to this length.
_MAX_SENT: Final = 100
MAX_ERRORS: Final = 100
_UNKNOWN: Final = "additionalProperties"
_NO_FIELDS: Final = {"type": "object", "additionalProperties": False}
_LIMITS: Final = {
    "maxLength": "at most {} characters",
    "minLength": "at least {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "maxProperties": "at most {} entries",
    "minProperties": "at least {} entry",
    "minItems": "at least {} entry",
    "format": "the format {}",
}
# A percent sign that encodes nothing is refused: "100%25" would be ambiguous if it were accepted.
_ENCODED: Final = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
KEY: Final = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,255}")
# By name of the operation.
_validators: Final[dict[str, Draft202012Validator]] = {}


def read(request: Request, operation: Operation[object]) -> tuple[dict[str, Any] | None, frozenset[str]]:
    """Return the body of a request, None if the operation takes none, and the names of its undocumented fields.

    Raise UnsupportedMediaType, MalformedJson, or InvalidFields with all errors, at most MAX_ERRORS. Undocumented
    fields are errors unless the operator allows them.
    """
    content: bytes = request.body
    schema = contract.request_schema(operation)
    if not content and schema is None:
        return None, frozenset()
    if content and not _is_json(request):
        raise UnsupportedMediaType(request.content_type)
    document = _parsed(content)
    validator = _validators.get(operation.name)
    if validator is None:
        checker = Draft202012Validator.FORMAT_CHECKER
        validator = Draft202012Validator(schema or _NO_FIELDS, format_checker=checker)
        _validators[operation.name] = validator
    unknown: list[ValidationError] = []
    errors = validator.iter_errors(document)
    if schema is not None and settings.API_ALLOW_UNKNOWN_FIELDS:
        errors = _without_unknown(errors, unknown)
    described = (entry for error in errors for entry in _described(error))
    if entries := list(islice(described, MAX_ERRORS)):
        raise InvalidFields(entries)
    undocumented = frozenset(_dotted(path) for error in unknown for path, _ in _unknown_fields(error))
    return document if schema else None, undocumented


def _without_unknown(
    errors: Iterator[ValidationError], unknown: list[ValidationError]
) -> Iterator[ValidationError]:
    """Yield the errors except those of undocumented fields, which are added to `unknown`."""
    for error in errors:
        if error.validator == _UNKNOWN:
            unknown.append(error)
        else:
            yield error


def signature(request: Request) -> Signature:
    """Return reason and ticket from the headers. Raise UnusableHeader."""
    texts = {name: _header(request, name) for name in _MAX_LENGTHS}
    return Signature(**texts, send_anyway=True)


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key. Raise InvalidIdempotencyKey. Two headers arrive joined by a comma."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not KEY.fullmatch(key):
        raise InvalidIdempotencyKey
    return key


def _is_json(request: Request) -> bool:
    media_type = request.content_type.partition(";")[0].strip().lower()
    return media_type == JSON and "HTTP_CONTENT_ENCODING" not in request.META


def _parsed(content: bytes) -> Any:
    parse(content)
    document = json.loads(content)
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        raise MalformedJson("a number too large") from None
    return document


def _described(error: ValidationError) -> Iterator[dict[str, Any]]:
    """Yield the field, its limit and what was sent, for each field of an error."""
    path = [str(name) for name in error.absolute_path]
    match error.validator:
        case "required":
            # jsonschema reports each missing field by itself, and names it only in the message.
            name = next(name for name in error.validator_value if error.message.startswith(repr(name)))
            yield _entry([*path, name], "required", None)
        case "additionalProperties":
            for unknown, sent in _unknown_fields(error):
                yield _entry(unknown, "not documented", sent)
        case "oneOf" if not isinstance(error.instance, dict):
            pass  # the error of its type says it
        case "oneOf":
            names = sorted({name for option in error.validator_value for name in option["required"]})
            limit = f"one kind of change: {', '.join(names)} (metadata may accompany product_quantities)"
            yield _entry(path, limit, sorted(error.instance))
        case _:
            yield _entry(path, _limit(error), error.instance)


def _unknown_fields(error: ValidationError) -> Iterator[tuple[list[str], Any]]:
    """Yield the path and the value of each undocumented field in an object."""
    known = error.schema.get("properties", {})
    for name, sent in error.instance.items():
        if name not in known:
            yield [*map(str, error.absolute_path), name], sent


def _dotted(path: list[str]) -> str:
    return ".".join(path)


def _limit(error: ValidationError) -> str:
    value = error.validator_value
    if error.validator == "type":
        return f"type {' or '.join([value] if isinstance(value, str) else value)}"
    if error.validator == "enum":
        return f"one of {', '.join(map(str, value))}"
    return _LIMITS.get(str(error.validator), "the documented schema").format(value)


def _entry(path: list[str], limit: str, sent: Any) -> dict[str, Any]:
    text = json.dumps(sent, ensure_ascii=False)
    return {
        "field": _dotted(path)[:_MAX_SENT] or "body",
        "limit": limit,
        "sent": sent if len(text) <= _MAX_SENT else f"{text[:_MAX_SENT]}…",
    }


def _header(request: Request, name: str) -> str:
    """Return the header's text, in which characters outside ASCII are URL-encoded: the server does not pass others."""
    raw = request.META.get(f"HTTP_PORTAL_{name.upper()}")
    if raw is None:
        return ""
    try:
        text = unquote(raw, errors="strict").strip() if _ENCODED.fullmatch(raw) else None
    except UnicodeError:
        text = None
    if text is None:
        raise UnusableHeader(f"Portal-{name.title()} is not URL-encoded UTF-8.")
    if not text or not text.isprintable():
        raise UnusableHeader(f"Portal-{name.title()} is empty or not printable.")
    if len(text) > _MAX_LENGTHS[name]:
        raise UnusableHeader(f"Portal-{name.title()} has more than {_MAX_LENGTHS[name]} characters.")
    return text
