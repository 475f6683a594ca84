"""The exceptions of sockets, ssl, http.client, urllib3 and requests, told apart and left behind here.

They hold the request, and so the token, and their texts hold addresses and ids. A Breakdown holds none of
that.
"""

from __future__ import annotations

import http.client
import logging
import ssl
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from billing.altostrat.errors import AltostratError, DeadlinePassed, UnexpectedAnswer, Unreachable
from billing.altostrat.http.framing import MalformedAnswer
from billing.altostrat.reasons import Reason

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A call without an answer that can be used. `status` and `headers` are there when a head was read."""

    kind: type[AltostratError]
    reason: Reason
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


# The first row that fits any link of the chain of causes decides: the particular before the general.
_KINDS: Final[tuple[tuple[type[BaseException], type[AltostratError], Reason], ...]] = (
    (NameResolutionError, Unreachable, Reason.NAME_NOT_RESOLVED),
    (NewConnectionError, Unreachable, Reason.CONNECTION_FAILED),
    (ConnectTimeoutError, Unreachable, Reason.NOT_CONNECTED_IN_TIME),
    (ssl.SSLCertVerificationError, Unreachable, Reason.NOT_TRUSTED),
    (ssl.SSLError, Unreachable, Reason.TLS_FAILED),
    (SSLError, Unreachable, Reason.TLS_FAILED),
    (IncompleteRead, UnexpectedAnswer, Reason.BODY_CUT),
    (http.client.IncompleteRead, UnexpectedAnswer, Reason.BODY_CUT),
    (ReadTimeoutError, DeadlinePassed, Reason.READ_TIMEOUT),
    (TimeoutError, DeadlinePassed, Reason.READ_TIMEOUT),
    (http.client.RemoteDisconnected, Unreachable, Reason.CONNECTION_LOST),
    (ConnectionError, Unreachable, Reason.CONNECTION_LOST),
    (http.client.HTTPException, UnexpectedAnswer, Reason.HEAD_MALFORMED),
    (OSError, Unreachable, Reason.CONNECTION_LOST),
    (HTTPError, Unreachable, Reason.CONNECTION_LOST),
)


def breakdown_of(error: Exception, *, deadline_passed: bool) -> Breakdown:
    """What an exception from the wire means."""
    if isinstance(error, MalformedAnswer):
        return Breakdown(UnexpectedAnswer, error.reason)
    causes = list(_causes(error))
    for type_, kind, reason in _KINDS:
        if any(isinstance(cause, type_) for cause in causes):
            return Breakdown(kind, Reason.DEADLINE if deadline_passed and kind is DeadlinePassed else reason)
    return _unforeseen(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    # requests and urllib3 hand causes on as arguments, as `reason`, and in the usual way. requests' own
    # exceptions are OSErrors all alike, so they say nothing.
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        link = waiting.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        if not isinstance(link, requests.RequestException):
            yield link
        links = (*link.args, getattr(link, "reason", None), link.__cause__, link.__context__)
        waiting.extend(cause for cause in links if isinstance(cause, BaseException))


def _unforeseen(error: Exception) -> Breakdown:
    # The text of an exception, and the variables along its traceback, may hold the token: the place has to
    # do.
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{place[0].filename}:{place[0].lineno}" if place else "nowhere"
    _logger.error("An unforeseen %s at %s ended a call to Altostrat.", type(error).__name__, where)
    return Breakdown(Unreachable, Reason.INTERNAL)
