"""Pages that were refused a moment ago because too many wait: the same request gets the same answer, at little cost.

A refusal costs the process more than half as much as a page, because session, person and token have to be found first.
When Altostrat hangs for many people who reload their pages, these refusals would slow down everybody else. So until
`Retry-After` has passed, the same page for the same session is refused before all that.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from billing.failures import Failure
from billing.pages.frame.errors import overloaded

_SECONDS: Final = 1.0
_MOST: Final = 4096


class BusyPages:
    """The refusals of the last second, by digests of session and address. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._refused: dict[bytes, tuple[float, Failure]] = {}

    def add(self, request: HttpRequest, failure: Failure) -> None:
        key, now = _key(request), self._clock()
        if key is None:
            return
        with self._lock:
            if len(self._refused) >= _MOST:
                self._refused = {one: row for one, row in self._refused.items() if row[0] > now}
            if len(self._refused) < _MOST:
                self._refused[key] = (now + _SECONDS, failure)

    def find(self, request: HttpRequest) -> Failure | None:
        """Return why this request was refused within the last second; None if it was not."""
        if not self._refused or (key := _key(request)) is None:
            return None
        with self._lock:
            until, failure = self._refused.get(key, (0.0, None))
            if failure is not None and until <= self._clock():
                del self._refused[key]
                return None
            return failure


busy_pages: Final = BusyPages()


class BusyPagesMiddleware:
    """Middleware that refuses a page again that was refused within the last second."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        failure = busy_pages.find(request)
        if failure is None:
            return self.get_response(request)
        response = overloaded(request, failure)
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        return response


def _key(request: HttpRequest) -> bytes | None:
    """Return the digest of a GET with a session; None for other requests, which are never refused here."""
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if request.method != "GET" or not session:
        return None
    parts = (session, request.get_full_path(), request.headers.get("HX-Request", ""))
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).digest()
