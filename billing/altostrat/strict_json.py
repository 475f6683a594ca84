"""A strict JSON parser on top of `json`, as in RFC 8259.

`json.loads` by itself accepts NaN and duplicate keys, and does not fail with its own error on deep nesting and huge
integers. Amounts must not pass through a float, so numbers with a fraction become Decimal.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn

MAX_DEPTH: Final = 64
# Without this limit, ten million bytes of "[],[],..." would become hundreds of megabytes of empty lists.
MAX_VALUES: Final = 500_000
_MAX_DIGITS: Final = 64
_MAX_EXPONENT: Final = 400

_FORBIDDEN: Final = re.compile("[\x00\ud800-\udfff]")
# Only these escapes stand for such a character, or for half of one that is allowed.
_SUSPECT: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_BRACES_AS_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_UNSTRUCTURED: Final = bytes(set(range(256)) - set(b'[]{}"'))


class MalformedJson(ValueError):
    """The document is not strict JSON. The message does not quote it."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise MalformedJson("a duplicate key")
    return document


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise MalformedJson("a number too long")
    return int(digits)


def _decimal(digits: str) -> Decimal:
    if len(digits) > _MAX_DIGITS:
        raise MalformedJson("a number too long")
    try:
        number = Decimal(digits)
    except InvalidOperation:
        raise MalformedJson("a number too large") from None
    if abs(number.adjusted()) > _MAX_EXPONENT:
        raise MalformedJson("a number too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise MalformedJson("NaN or Infinity")


_DECODER: Final = json.JSONDecoder(
    parse_int=_integer, parse_float=_decimal, parse_constant=_no_constant, object_pairs_hook=_unique
)


def parse(body: bytes) -> object:
    """Return the document in `body`: a dict, list, str, int, Decimal, bool or None.

    Raise MalformedJson for another encoding than UTF-8, NaN and Infinity, duplicate keys, more than 64 levels of
    nesting, more than half a million values, numbers of more than 64 digits, and strings with NUL or a lone surrogate.
    """
    opened = body.count(b"[") + body.count(b"{")
    if opened + body.count(b",") > MAX_VALUES:
        raise MalformedJson("too many values")
    try:
        document: object = _DECODER.decode(body.decode("utf-8"))
    except MalformedJson:
        raise
    except (ValueError, RecursionError):
        raise MalformedJson("not JSON in UTF-8") from None
    if opened > MAX_DEPTH and _is_too_deep(body):
        raise MalformedJson("nested too deeply")
    if _SUSPECT.search(body):
        _check_characters(document)
    return document


def _is_too_deep(body: bytes) -> bool:
    """Return whether a valid document has too many levels. A loop over its values would take longer than the parser."""
    without_escaped_quotes = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = without_escaped_quotes.translate(_BRACES_AS_BRACKETS, _UNSTRUCTURED)
    # Between two quotes is a string without brackets; of the others, every second part is a string.
    brackets = b"".join(marks.replace(b'""', b"").split(b'"')[::2])
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")  # the innermost level
    return bool(brackets)


def _check_characters(document: object) -> None:
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += (*value, *value.values())
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and _FORBIDDEN.search(value):
            raise MalformedJson("an invalid character")
