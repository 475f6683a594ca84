"""A strict JSON parser on top of `json`, as in RFC 8259.

`json.loads` by itself accepts NaN and duplicate keys, and does not fail with its own error on deep nesting and huge
integers. Amounts must not pass through a float, so numbers with a fraction become Decimal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn

MAX_DEPTH: Final = 64
# Without this limit, ten million bytes of "[],[],..." would become hundreds of megabytes of empty lists.
MAX_VALUES: Final = 500_000
_MAX_DIGITS: Final = 64
_MAX_EXPONENT: Final = 400

Container = dict[str, object] | list[object]

_FORBIDDEN: Final = re.compile("[\x00\ud800-\udfff]")


class MalformedJson(ValueError):
    """The document is not strict JSON. The message does not quote it."""


def parse(body: bytes) -> object:
    """Return the document in `body`: a dict, list, str, int, Decimal, bool or None.

    Raise MalformedJson for another encoding than UTF-8, NaN and Infinity, duplicate keys, more than 64 levels of
    nesting, more than half a million values, numbers of more than 64 digits, and strings with NUL or a lone surrogate.
    """
    opened = body.count(b"[") + body.count(b"{")
    if opened + body.count(b",") > MAX_VALUES:
        raise MalformedJson("too many values")
    try:
        document = json.loads(
            body.decode("utf-8"),
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_unique,
        )
    except MalformedJson:
        raise
    except (ValueError, RecursionError):
        raise MalformedJson("not JSON in UTF-8") from None
    # Without these, the document cannot be nested too deeply and has no escaped characters.
    if opened > MAX_DEPTH or b"\\u" in body:
        _check(document)
    return document


def _check(document: object) -> None:
    # Level by level, because recursion would depend on the interpreter's limit.
    level = list(_containers([document]))
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _containers(outer)]
    if level:
        raise MalformedJson("nested too deeply")


def _containers(outer: Container) -> Iterator[Container]:
    members = (*outer, *outer.values()) if isinstance(outer, dict) else outer
    for member in members:
        if isinstance(member, (dict, list)):
            yield member
        elif isinstance(member, str) and _FORBIDDEN.search(member):
            raise MalformedJson("an invalid character")


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
