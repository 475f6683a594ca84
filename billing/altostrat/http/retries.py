"""The retries of a request: urllib3's Retry, aware of the deadline.

Only a read (a GET, or a preview) is retried, at most twice: if there was no response (no connection, or one that was
lost before the response headers), and on 429, 502, 503 and 504. It is not retried after a read timeout, which has used
most of the deadline; after a TLS failure; or if the body ends early, as the headers have been processed by then. Writes
are never retried, even if no connection was made, because Altostrat documents no idempotency key.

A request is not retried if the pause would be longer than half of the remaining time. The caller then gets the last
response with its Retry-After, and the person decides.
"""

from __future__ import annotations

import random
import ssl
import time
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final

from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import MaxRetryError, ReadTimeoutError, ResponseError, SSLError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from billing.altostrat.http import retry_after
from billing.altostrat.http.deadlines import count_attempt, may_retry, note_rate_limit, seconds_left

_RETRIES: Final = 2
_FIRST_PAUSE_SECONDS: Final = 0.2
_MAX_DRAINED_BYTES: Final = 64 * 1024


class ReadRetry(Retry):
    """The retry policy. urllib3 creates a new one for each attempt with `new`."""

    # urllib3 would also retry these if they have a Retry-After. `read_retry` has the complete list.
    RETRY_AFTER_STATUS_CODES = frozenset()

    _pause_seconds = 0.0

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> ReadRetry:
        """Return the policy for the next attempt. Raise `error` or MaxRetryError if there is none."""
        if error is not None and not (self._is_method_retryable(method or "") and _is_temporary(error)):
            raise error
        following = super().increment(method, url, response, error, _pool, _stacktrace)
        following._pause_seconds = self._pause_before(following, response)
        if following._pause_seconds > seconds_left() / 2:
            if error is not None:
                raise error
            raise MaxRetryError(_pool, url, ResponseError("no time left"))  # type: ignore[arg-type]
        if response is not None:
            if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                note_rate_limit(retry_after.seconds_of(response.headers.get("Retry-After")))
            _avoid_draining(response)
        count_attempt(following._pause_seconds)
        return following

    def _is_method_retryable(self, method: str) -> bool:
        # The HTTP method does not decide, because the preview of an invoice is a POST that changes nothing.
        return may_retry()

    def get_backoff_time(self) -> float:
        """Return an exponential backoff with a random factor between a half and one."""
        return _FIRST_PAUSE_SECONDS * 2.0 ** (len(self.history) - 1) * random.uniform(0.5, 1.0)  # noqa: S311

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        time.sleep(self._pause_seconds)

    @staticmethod
    def _pause_before(following: ReadRetry, response: BaseHTTPResponse | None) -> float:
        requested = None if response is None else retry_after.seconds_of(response.headers.get("Retry-After"))
        return max(following.get_backoff_time(), requested or 0)


def read_retry() -> ReadRetry:
    return ReadRetry(
        total=_RETRIES,
        redirect=0,
        allowed_methods=None,  # `_is_method_retryable` decides
        status_forcelist=frozenset({429, 502, 503, 504}),
        raise_on_status=False,
        raise_on_redirect=False,
    )


def _is_temporary(error: Exception) -> bool:
    causes: tuple[Any, ...] = (error, *error.args)
    return not any(
        isinstance(cause, (ReadTimeoutError, TimeoutError, SSLError, ssl.SSLError)) for cause in causes
    )


def _avoid_draining(response: BaseHTTPResponse) -> None:
    # urllib3 reads the rest of a discarded response to reuse its connection. For a long response, that is not worth it.
    remaining = getattr(response, "length_remaining", None)
    if remaining is None or remaining > _MAX_DRAINED_BYTES:
        response.close()
