"""JSON as RFC 8259 and common sense have it, and nothing beyond.

`json.loads` by itself accepts NaN, takes the last of two equal keys, and fails with other errors than its own
on deep nesting and on huge integers. Money must not pass through a float, so fractions become Decimal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn

MAX_DEPTH: Final = 64
# Ten million bytes of "[],[],..." would otherwise become hundreds of megabytes of empty lists.
MAX_VALUES: Final = 500_000
_MAX_DIGITS: Final = 64
_MAX_EXPONENT: Final = 400

Container = dict[str, object] | list[object]

_FORBIDDEN: Final = re.compile("[\x00\ud800-\udfff]")


class MalformedJson(ValueError):
    """Not the JSON we accept. The text says why, and quotes nothing of the document."""


def parse(body: bytes) -> object:
    """The document in `body`: dict, list, str, int, Decimal, bool or None.

    Raises MalformedJson on anything that is not UTF-8, on NaN and Infinity, duplicate keys, nesting beyond 64
    levels, more than half a million values, numbers beyond 64 digits, and strings with NUL or half a
    surrogate pair.
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
    # Without these, there is neither depth nor an escaped character to be checked.
    if opened > MAX_DEPTH or b"\\u" in body:
        _check(document)
    return document


def _check(document: object) -> None:
    # Level by level, not by recursion: the bound is then ours and not the interpreter's.
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
            raise MalformedJson("a character that is none")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise MalformedJson("a key occurs twice")
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
