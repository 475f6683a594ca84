"""The query parameters of a request: those that Altostrat documents, each at most once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from rest_framework.request import Request

from billing.api.caller_errors import InvalidParameter

_MAX_LIMIT: Final = 200
# Altostrat's examples of cursors have other prefixes than its IDs.
CURSOR: Final = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)


def documented(request: Request, known: Collection[str]) -> Mapping[str, str]:
    """Return the query parameters. Raise InvalidParameter if one is unknown, repeated or has an invalid value."""
    if not request.META.get("QUERY_STRING"):
        return {}
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise InvalidParameter(f"The query parameter {name[:50]!r} occurs {len(values)} times.")
        if name not in known:
            raise InvalidParameter(f"The query parameter {name[:50]!r} is unknown.")
        if name == "limit":
            _require_limit(values[0])
        elif not CURSOR.fullmatch(values[0]):
            raise InvalidParameter(f"The query parameter {name!r} is not an ID.")
    return request.query_params.dict()


def _require_limit(text: str) -> None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(_MAX_LIMIT))
    if not (is_number and 1 <= int(text) <= _MAX_LIMIT):
        raise InvalidParameter(f"The query parameter 'limit' is not a number from 1 to {_MAX_LIMIT}.")
