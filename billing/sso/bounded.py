"""Requests to the provider with limits: a deadline for the whole call, a maximum size, no proxy and no redirect.

They use the Altostrat client's sockets and HTTP parser: docs/decisions/0006-a-deadline-in-the-sockets.md.
"""

from __future__ import annotations

import io
import ssl
from functools import lru_cache
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError

from billing.altostrat.http import bodies
from billing.altostrat.http.deadlines import deadline
from billing.altostrat.http.framing import MalformedAnswer
from billing.altostrat.http.pools import StrictAdapter, verifying_context

CONNECT_READ_SECONDS: Final = (3.0, 5.0)
DEADLINE_SECONDS: Final = 8.0
MAX_ANSWER_BYTES: Final = 1024 * 1024


class Unusable(requests.RequestException):
    """The answer was truncated, too long, too slow, not HTTP, or a redirect."""


class BoundedAdapter(StrictAdapter):
    """An adapter that reads the whole answer within the limits, even if the caller passes other options."""

    def __init__(self) -> None:
        super().__init__(connections=1, tls=_tls_context())

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        # A code is redeemed once: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
        with deadline(DEADLINE_SECONDS, may_retry=request.method == "GET"):
            try:
                response = super().send(request, stream=True, timeout=CONNECT_READ_SECONDS)
                try:
                    body = bodies.read(response.raw, MAX_ANSWER_BYTES)
                finally:
                    response.close()
            except (MalformedAnswer, HTTPError, OSError) as error:
                raise Unusable(type(error).__name__) from None
        if 300 <= response.status_code < 400:
            # The client secret goes only to the endpoints of the discovery document.
            raise Unusable("redirect")
        response.raw = io.BytesIO(body)
        return response


def bind(session: requests.Session) -> None:
    """Apply the limits to a session, and ignore the proxies and .netrc of the environment."""
    session.trust_env = False
    session.headers["Accept-Encoding"] = "gzip"
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter())


def get_json(url: str) -> Any:
    """Return the JSON of an answer. Raise requests.RequestException, also for an answer that is not JSON."""
    with requests.Session() as session:
        bind(session)
        response = session.get(url, headers={"Accept": "application/json"})
        if response.status_code != 200:
            raise requests.RequestException(f"status {response.status_code}")
        return response.json()


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    # A company's provider often has a certificate of the company, which the machine trusts but certifi does not.
    context = verifying_context()
    context.load_default_certs()
    return context
