"""The transport to Altostrat: a pool of connections, limits, and one deadline for a call and for its request.

Thread-safe. Create it in the process that uses it, after any fork, because connections must not be shared.

These settings limit a call:

    deadline_seconds          the whole call: waiting for a slot, every attempt, the pauses in between, the last byte.
                              The remaining time limits each socket operation, so an upstream that sends a byte now
                              and then cannot exceed it. The deadline of the request, see `deadlines`, may be sooner
    connect_timeout_seconds   name resolution; the connection to each address; the TLS handshake
    read_timeout_seconds      the time between two bytes
    max_concurrent_calls      slots for calls. Without a free slot, a call fails after a second. Choose fewer than there
                              are worker threads, so that a slow Altostrat leaves some of them free. Each token has a
                              share of the slots, and some are reserved for writes: see `slots`
    has_circuits              whether calls fail unsent while Altostrat does not answer: see `circuits`
    max_body_bytes            the body of a response, decompressed
    max_file_bytes            the same for a file that is read in pieces
"""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from billing.altostrat.errors import DeadlinePassed
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http import bodies, retry_after
from billing.altostrat.http.base_url import BaseUrl
from billing.altostrat.http.bodies import Reply
from billing.altostrat.http.call_failures import CallFailure, classify
from billing.altostrat.http.circuits import Call, Circuits
from billing.altostrat.http.connections import Response
from billing.altostrat.http.deadlines import RunningCall, deadline, note_rate_limit
from billing.altostrat.http.pools import OriginPool, verifying_context
from billing.altostrat.http.slots import Slot, Slots
from billing.altostrat.http.streams import Stream

_SLOT_WAIT_SECONDS: Final = 1.0
# A write is not sent if less of the deadline is left.
_LEAST_SHARE_FOR_WRITES: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """How to reach Altostrat. Raises ValueError, naming the setting, for an invalid value."""

    base_url: str
    connect_timeout_seconds: float = 3.0
    read_timeout_seconds: float = 10.0
    deadline_seconds: float = 15.0
    max_body_bytes: int = 10 * 1024 * 1024
    max_file_bytes: int = 100 * 1024 * 1024
    max_concurrent_calls: int = 64
    has_circuits: bool = True
    ca_bundle: str | None = None
    version: str = "0"

    def __post_init__(self) -> None:
        BaseUrl.parse(self.base_url)
        for setting, number in (
            ("ALTOSTRAT_CONNECT_TIMEOUT", self.connect_timeout_seconds),
            ("ALTOSTRAT_READ_TIMEOUT", self.read_timeout_seconds),
            ("ALTOSTRAT_DEADLINE", self.deadline_seconds),
            ("ALTOSTRAT_MAX_BODY_BYTES", self.max_body_bytes),
            ("ALTOSTRAT_MAX_FILE_BYTES", self.max_file_bytes),
            ("max_concurrent_calls", self.max_concurrent_calls),
        ):
            if not 0 < number < math.inf:
                raise ValueError(f"{setting} must be a positive number.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a call and the number of requests sent for it."""

    result: Reply | Stream | CallFailure
    attempts: int


class Transport:
    """A pool of connections to one origin. It knows neither tokens nor operations."""

    def __init__(self, config: TransportConfig) -> None:
        """Raise ValueError if the CA bundle cannot be read."""
        self._config = config
        self._base = BaseUrl.parse(config.base_url)
        self._slots = Slots(config.max_concurrent_calls)
        self.circuits = Circuits()
        self._pool = OriginPool(
            self._base.origin,
            config.max_concurrent_calls,
            self._tls_context(),
            connect_seconds=config.connect_timeout_seconds,
            read_seconds=config.read_timeout_seconds,
        )

    @property
    def origin(self) -> str:
        """The origin of the base URL, such as "https://v1.api.altostrat.io"."""
        return self._base.origin

    @property
    def user_agent(self) -> str:
        return f"altostrat-billing-portal/{self._config.version}"

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        is_read: bool = True,
        share: str = "",
        target: str = "",
        is_for_write: bool = False,
        on_rate_limit: Callable[[int | None], None] | None = None,
    ) -> Outcome:
        """Send a request, with retries if it `is_read`. `path` begins with a slash and is appended to the base URL.

        A read counts against the limit of its `share`, unless it `is_for_write`, which gives it the slots of writes.
        The circuits are those of `share` and of `target`, what it is about. `on_rate_limit` is called with the
        seconds to wait, if known, at each 429, also if the request is retried.

        A failed call does not raise. The exceptions of the layers below have the request, and so the token, in their
        tracebacks, and must not leave this module.
        """
        with deadline(self._config.deadline_seconds, may_retry=is_read, on_rate_limit=on_rate_limit) as call:
            circuit = self._begin(share, target, call)
            if isinstance(circuit, CallFailure):
                return Outcome(circuit, attempts=0)
            result: Reply | CallFailure | None = None
            try:
                slot = self._slot(share, is_for_write=is_for_write or not is_read)
                if isinstance(slot, CallFailure):
                    return Outcome(slot, attempts=0)
                with slot:
                    call.resumed_at = time.monotonic()
                    if not self._has_time(call):
                        return Outcome(CallFailure(DeadlinePassed, FailureReason.NO_TIME_LEFT), attempts=0)
                    result = self._exchange(call, method, path, headers, body)
                return Outcome(result, call.attempts)
            finally:
                if circuit is not None:
                    self.circuits.end(circuit, result)

    def waiting(self, share: str, target: str, since: float) -> AbstractContextManager[None]:
        """Count the caller within the block, who waits for a read of others since then, as another call."""
        return self.circuits.waiting(share, target, since)

    def refuses(self, share: str, target: str) -> bool:
        """Return whether `send` would fail at once, because Altostrat did not answer the last calls."""
        return self._config.has_circuits and self.circuits.refuses(share, target)

    def open(
        self,
        path: str,
        headers: Mapping[str, str],
        *,
        share: str = "",
        target: str = "",
        on_rate_limit: Callable[[int | None], None] | None = None,
    ) -> Outcome:
        """Send a GET as `send` does. The result of a success is a Stream, which the caller has to close."""
        call = deadline(self._config.deadline_seconds, on_rate_limit=on_rate_limit, is_file=True)
        circuit = self._begin(share, target, call)
        if isinstance(circuit, CallFailure):
            return Outcome(circuit, attempts=0)
        with call, ExitStack() as held:
            if circuit is not None:
                held.callback(lambda: self.circuits.end(circuit, call.result))
            slot = self._slot(share, is_for_write=False)
            if isinstance(slot, CallFailure):
                return Outcome(slot, attempts=0)
            held.enter_context(slot)
            if not self._has_time(call):
                return Outcome(CallFailure(DeadlinePassed, FailureReason.NO_TIME_LEFT), attempts=0)
            response = self._sent(call, "GET", path, headers)
            if isinstance(response, CallFailure):
                call.result = response
                return Outcome(response, call.attempts)
            held.callback(response.discard)
            if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                call.result = refused = self._read(response, call)
                return Outcome(refused, call.attempts)
            call.result = Reply(response.status, response.headers, b"")
            stream = Stream(response, call, self._config.max_file_bytes, held.pop_all().close)
            return Outcome(stream, call.attempts)

    def close(self) -> None:
        """Close idle connections. Those in use are closed at the end of their call."""
        self._pool.close()

    def _tls_context(self) -> ssl.SSLContext | None:
        if not self.origin.startswith("https:"):
            return None
        try:
            return verifying_context(self._config.ca_bundle)
        except OSError:
            raise ValueError("ca_bundle is not a readable file of certificates.") from None

    def _begin(self, share: str, target: str, call: RunningCall) -> Call | CallFailure | None:
        return self.circuits.begin(share, target, call) if share and self._config.has_circuits else None

    def _slot(self, share: str, *, is_for_write: bool) -> Slot | CallFailure:
        seconds = min(_SLOT_WAIT_SECONDS, self._config.deadline_seconds)
        return self._slots.acquire(share, is_for_write=is_for_write, wait_seconds=seconds)

    def _has_time(self, call: RunningCall) -> bool:
        # A write that is sent shortly before the deadline would often end with an unknown outcome.
        share_needed = 0 if call.may_retry else _LEAST_SHARE_FOR_WRITES
        return call.seconds_left() > share_needed * self._config.deadline_seconds

    def _exchange(
        self, call: RunningCall, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Reply | CallFailure:
        response = self._sent(call, method, path, headers, body)
        if isinstance(response, CallFailure):
            return response
        try:
            return self._read(response, call)
        finally:
            response.discard()

    def _sent(
        self, call: RunningCall, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Response | CallFailure:
        try:
            return self._pool.send(method, self._base.path + path, headers, body)
        except Exception as error:  # noqa: BLE001 - `classify` logs unexpected ones
            return classify(error, deadline_passed=call.seconds_left() <= 0)

    def _read(self, response: Response, call: RunningCall) -> Reply | CallFailure:
        status, headers = response.status, response.headers
        limit = self._config.max_body_bytes
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            note_rate_limit(retry_after.seconds_of(headers.get("Retry-After")))
        try:
            if status >= 400:
                return Reply(status, headers, bodies.read_error(response, limit))
            return Reply(status, headers, bodies.read(response, limit))
        except Exception as error:  # noqa: BLE001 - as above
            failure = classify(error, deadline_passed=call.seconds_left() <= 0)
            return CallFailure(failure.kind, failure.reason, status, headers)
