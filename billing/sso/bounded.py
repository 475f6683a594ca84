"""Calls to the provider that end: timeouts, a deadline and a longest answer; no proxy, no redirect."""

from __future__ import annotations

import io
import time
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter

CONNECT_READ_SECONDS: Final = (3.0, 5.0)
DEADLINE_SECONDS: Final = 10.0
LONGEST_ANSWER_BYTES: Final = 1024 * 1024


class AnswerTooLong(requests.RequestException):
    """More bytes, or more seconds, than an answer of a provider needs."""


class Redirected(requests.RequestException):
    """The provider's programs are where it announced them; an answer that sends us elsewhere is not followed."""


class BoundedAdapter(HTTPAdapter):
    """Reads the whole answer at once, within the bounds, whatever the caller asked for."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.update(stream=True, timeout=CONNECT_READ_SECONDS)
        deadline = time.monotonic() + DEADLINE_SECONDS
        response = super().send(request, **kwargs)
        try:
            body = _read(response, deadline)
        finally:
            response.close()
        if 300 <= response.status_code < 400:
            raise Redirected("The provider's answer is a redirect.")
        response.raw = io.BytesIO(body)
        return response


def bind(session: requests.Session) -> None:
    """Puts the bounds on a session: the environment's proxies and .netrc do not count."""
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter(max_retries=0))


def get_json(url: str) -> Any:
    """What a GET brings. Raises requests.RequestException; a redirect or an answer that is no JSON is one, too."""
    with requests.Session() as session:
        bind(session)
        response = session.get(url, headers={"Accept": "application/json"})
        if response.status_code != 200:
            raise requests.RequestException(f"status {response.status_code}")
        return response.json()


def _read(response: requests.Response, deadline: float) -> bytes:
    pieces: list[bytes] = []
    length = 0
    # read1 returns with what is there: an answer that drips meets the deadline, not only the timeout.
    while piece := response.raw.read1(65_536, decode_content=True):
        length += len(piece)
        if length > LONGEST_ANSWER_BYTES or time.monotonic() > deadline:
            raise AnswerTooLong("The provider's answer is too long or too slow.")
        pieces.append(piece)
    return b"".join(pieces)
