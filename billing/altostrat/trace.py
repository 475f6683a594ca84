"""The trace that a request belongs to: https://www.w3.org/TR/trace-context/#traceparent-header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final

_VALID: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)

_NONE: Final[Mapping[str, str]] = {}

current_parent: ContextVar[str | None] = ContextVar("traceparent", default=None)


def parent_of(header: str) -> str | None:
    """Return the header if it is valid, otherwise None, because a trace that cannot be read is not continued."""
    return header if _VALID.fullmatch(header) else None


def trace_id() -> str | None:
    parent = current_parent.get()
    return None if parent is None else parent[3:35]


def headers() -> Mapping[str, str]:
    """Return the headers with which a call continues the trace."""
    parent = current_parent.get()
    return _NONE if parent is None else {"traceparent": parent}
