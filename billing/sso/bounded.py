"""Calls to the provider that end: one deadline for all of a call, a longest answer, no proxy and no redirect.

The sockets and the strict reading are the Altostrat client's: docs/decisions/0006-a-deadline-in-the-sockets.md.
"""

from __future__ import annotations

import io
import ssl
from functools import lru_cache
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError

from billing.altostrat.http import bodies
from billing.altostrat.http.connections import StrictAdapter, verifying_context
from billing.altostrat.http.deadlines import deadline
from billing.altostrat.http.framing import MalformedAnswer

CONNECT_READ_SECONDS: Final = (3.0, 5.0)
DEADLINE_SECONDS: Final = 8.0
LONGEST_ANSWER_BYTES: Final = 1024 * 1024


class Unusable(requests.RequestException):
    """An answer that broke off, was too long or too slow, was no HTTP, or sent us elsewhere."""


class BoundedAdapter(StrictAdapter):
    """Reads the whole answer at once, within the bounds, whatever the caller asked for."""

    def __init__(self) -> None:
        super().__init__(connections=1, tls=_trust())

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        with deadline(DEADLINE_SECONDS):
            try:
                response = super().send(request, stream=True, timeout=CONNECT_READ_SECONDS)
                try:
                    body = bodies.read(response.raw, LONGEST_ANSWER_BYTES)
                finally:
                    response.close()
            except (MalformedAnswer, HTTPError, OSError) as error:
                raise Unusable(type(error).__name__) from None
        if 300 <= response.status_code < 400:
            # The provider's programs are where it announced them: nobody else gets our secret.
            raise Unusable("redirect")
        response.raw = io.BytesIO(body)
        return response


def bind(session: requests.Session) -> None:
    """Puts the bounds on a session: the environment's proxies and .netrc do not count."""
    session.trust_env = False
    session.headers["Accept-Encoding"] = "gzip"
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter())


def get_json(url: str) -> Any:
    """What a GET brings. Raises requests.RequestException; an answer that is no JSON is one, too."""
    with requests.Session() as session:
        bind(session)
        response = session.get(url, headers={"Accept": "application/json"})
        if response.status_code != 200:
            raise requests.RequestException(f"status {response.status_code}")
        return response.json()


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    # Besides certifi's authorities the machine's own: a company's provider often has a certificate of the company.
    context = verifying_context()
    context.load_default_certs()
    return context
