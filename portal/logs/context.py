"""The request that the current thread works for."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from django.http import HttpRequest

NO_REQUEST: Final = "-"

current_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
