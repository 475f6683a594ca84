"""One process's way to Altostrat: a pool of connections, limits, and one deadline per call.

Thread-safe. To be made in the process that uses it, after any fork: connections must not be shared.

What bounds a call:

    deadline_seconds          all of it: waiting for a place, every attempt, the pauses between, the last byte.
                              What is left of it limits each socket operation, so a byte now and then, in the
                              head, the body or endless interim answers, ends at the deadline too
    connect_timeout_seconds   name resolution; each address; the TLS handshake
    read_timeout_seconds      silence between two bytes
    max_concurrent_calls      calls at a time; the next one waits a second at most, then fails. Choose it
                              below the number of worker threads: a slow Altostrat must leave some of them.
                              Each token has a share of these places, and writes have some to themselves: `places`
    max_body_bytes            of an answer, unpacked
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.response import BaseHTTPResponse

from billing.altostrat.http import bodies
from billing.altostrat.http.base_url import BaseUrl
from billing.altostrat.http.breakdowns import Breakdown, breakdown_of
from billing.altostrat.http.connections import StrictAdapter, verifying_context
from billing.altostrat.http.deadlines import RunningCall, deadline
from billing.altostrat.http.slots import Places

_PLACE_WAIT_SECONDS: Final = 1.0
# An error is a few hundred bytes; what is larger is somebody's error page.
_MAX_ERROR_BODY_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """How to reach Altostrat. Raises ValueError, naming the setting, for what cannot be meant."""

    base_url: str
    connect_timeout_seconds: float = 3.0
    read_timeout_seconds: float = 10.0
    deadline_seconds: float = 15.0
    max_body_bytes: int = 10 * 1024 * 1024
    max_concurrent_calls: int = 32
    ca_bundle: str | None = None
    version: str = "0"

    def __post_init__(self) -> None:
        BaseUrl.parse(self.base_url)
        for setting, number in (
            ("ALTOSTRAT_CONNECT_TIMEOUT", self.connect_timeout_seconds),
            ("ALTOSTRAT_READ_TIMEOUT", self.read_timeout_seconds),
            ("ALTOSTRAT_DEADLINE", self.deadline_seconds),
            ("ALTOSTRAT_MAX_BODY_BYTES", self.max_body_bytes),
            ("max_concurrent_calls", self.max_concurrent_calls),
        ):
            if not 0 < number < math.inf:
                raise ValueError(f"{setting} must be a number above zero.")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is sound HTTP. Of an error answer, `body` is whole or, when it cannot be had, empty."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went, and how many requests it took (0: none was sent)."""

    result: Reply | Breakdown
    attempts: int


class Transport:
    """Sends requests to one origin. It knows no token and no operation."""

    def __init__(self, config: TransportConfig) -> None:
        """Raises ValueError when the CA bundle cannot be read."""
        self._config = config
        self._base = BaseUrl.parse(config.base_url)
        self._places = Places(config.max_concurrent_calls)
        self._adapter = StrictAdapter(config.max_concurrent_calls, self._tls_context())

    @property
    def origin(self) -> str:
        """Scheme, host and, unless it is the default one, port: "https://v1.api.altostrat.io"."""
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
        is_for_write: bool = False,
    ) -> Outcome:
        """One call; retries included when it `is_read`, which changes nothing. `path` begins with a slash, and follows
        the base URL's own path. `share` is whose share of the places a read counts on, unless it `is_for_write`.

        Nothing is raised for a call that fails. The exceptions of the layers below hold the request, and so
        the token, in their tracebacks; they end here.
        """
        url = self._base.origin + self._base.path + path
        with deadline(self._config.deadline_seconds, is_read=is_read) as call:
            seconds = min(_PLACE_WAIT_SECONDS, self._config.deadline_seconds)
            place = self._places.taken(share, is_for_write=is_for_write or not is_read, wait_seconds=seconds)
            with place as refusal:
                if refusal is not None:
                    return Outcome(refusal, attempts=0)
                result = self._exchange(_prepared(method, url, headers, body), call)
            return Outcome(result, call.attempts)

    def close(self) -> None:
        """Closes idle connections; those in use are closed when their call ends."""
        self._adapter.close()

    def _tls_context(self) -> ssl.SSLContext | None:
        if not self.origin.startswith("https:"):
            return None
        try:
            return verifying_context(self._config.ca_bundle)
        except OSError:
            raise ValueError("ca_bundle is not a readable file of certificates.") from None

    def _exchange(self, request: requests.PreparedRequest, call: RunningCall) -> Reply | Breakdown:
        timeouts = (self._config.connect_timeout_seconds, self._config.read_timeout_seconds)
        try:
            response = self._adapter.send(request, stream=True, timeout=timeouts)
        except Exception as error:  # noqa: BLE001 - see `breakdown_of`, which logs what it does not know
            return breakdown_of(error, deadline_passed=call.seconds_left() <= 0)
        try:
            return self._read(response, call)
        finally:
            _let_go(response.raw)

    def _read(self, response: requests.Response, call: RunningCall) -> Reply | Breakdown:
        status, headers = response.status_code, response.headers
        limit = self._config.max_body_bytes
        try:
            if status >= 400:
                return Reply(status, headers, _error_body(response.raw, limit))
            return Reply(status, headers, bodies.read(response.raw, limit))
        except Exception as error:  # noqa: BLE001 - as above
            broken = breakdown_of(error, deadline_passed=call.seconds_left() <= 0)
            return Breakdown(broken.kind, broken.reason, status, headers)


def _prepared(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> requests.PreparedRequest:
    # Not through Request.prepare: nothing here needs normalising, and nothing is to be added.
    request = requests.PreparedRequest()
    request.method = method
    request.url = url
    request.headers = CaseInsensitiveDict(headers)
    request.body = body
    return request


def _error_body(raw: BaseHTTPResponse, limit: int) -> bytes:
    # The status has been said already, and decides. A body that is missing or too long takes nothing away
    # from it, while half of one would be passed on as if it were whole.
    try:
        return bodies.read(raw, min(limit, _MAX_ERROR_BODY_BYTES))
    except Exception:  # noqa: BLE001 - whatever it is, the answer stands
        return b""


def _let_go(raw: BaseHTTPResponse) -> None:
    # After a body that was read to its end, the connection is in the pool already, and this does nothing to
    # it.
    raw.close()
    raw.release_conn()
