"""When a call is made again: urllib3's Retry, taught about the deadline.

Only a read (a GET, or a preview) is repeated, at most twice: when no answer came (no connection, or one that was
lost before the head), and on 429, 502, 503 and 504. Not after waiting in vain for an answer, as that has cost most
of the deadline already, not on a connection that is not trusted, and not when the body breaks off, as the head has
been acted on by then. Writes are never repeated, not even when no connection was made: no idempotency key is
documented.

A pause longer than half of what is left of the deadline is not made: the answer at hand is then handed out,
with its Retry-After, and the person decides.
"""

from __future__ import annotations

import random
import ssl
import time
from types import TracebackType
from typing import Any, Final

from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import MaxRetryError, ReadTimeoutError, ResponseError, SSLError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from billing.altostrat.http import retry_after
from billing.altostrat.http.deadlines import count_attempt, may_repeat, seconds_left

_RETRIES: Final = 2
_FIRST_PAUSE_SECONDS: Final = 0.2
_MAX_DRAINED_BYTES: Final = 64 * 1024


class ReadRetry(Retry):
    """A policy as above. urllib3 makes a new one for each attempt, through `new`."""

    # Answers that urllib3 would repeat for their Retry-After alone: none, `read_retry` names them all.
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
        """The policy for the next attempt. Raises `error`, or MaxRetryError, when there is to be none."""
        if error is not None and not (self._is_method_retryable(method or "") and _may_pass(error)):
            raise error
        following = super().increment(method, url, response, error, _pool, _stacktrace)
        following._pause_seconds = self._pause_before(following, response)
        if following._pause_seconds > seconds_left() / 2:
            if error is not None:
                raise error
            raise MaxRetryError(_pool, url, ResponseError("no time left"))  # type: ignore[arg-type]
        if response is not None:
            _spare_the_drain(response)
        count_attempt()
        return following

    def _is_method_retryable(self, method: str) -> bool:
        # By what the call does, not by its method: the preview of an invoice is a POST that changes nothing.
        return may_repeat()

    def get_backoff_time(self) -> float:
        """Doubles with each attempt; between half of it and all of it, by chance."""
        return _FIRST_PAUSE_SECONDS * 2.0 ** (len(self.history) - 1) * random.uniform(0.5, 1.0)  # noqa: S311

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        time.sleep(self._pause_seconds)

    @staticmethod
    def _pause_before(following: ReadRetry, response: BaseHTTPResponse | None) -> float:
        asked_for = None if response is None else retry_after.seconds_of(response.headers.get("Retry-After"))
        return max(following.get_backoff_time(), asked_for or 0)


def read_retry() -> ReadRetry:
    """The policy that every call starts with."""
    return ReadRetry(
        total=_RETRIES,
        redirect=0,
        allowed_methods=None,  # `_is_method_retryable` decides
        status_forcelist=frozenset({429, 502, 503, 504}),
        raise_on_status=False,
        raise_on_redirect=False,
    )


def _may_pass(error: Exception) -> bool:
    causes: tuple[Any, ...] = (error, *error.args)
    return not any(
        isinstance(cause, (ReadTimeoutError, TimeoutError, SSLError, ssl.SSLError)) for cause in causes
    )


def _spare_the_drain(response: BaseHTTPResponse) -> None:
    # urllib3 reads the rest of an answer that is not wanted, to reuse its connection. Of a long one, it is
    # not worth it.
    remaining = getattr(response, "length_remaining", None)
    if remaining is None or remaining > _MAX_DRAINED_BYTES:
        response.close()
