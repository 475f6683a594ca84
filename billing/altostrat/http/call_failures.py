"""The failures that replace the exceptions of sockets, ssl, http.client and urllib3.

These exceptions contain the request, and so the token, and their texts contain URLs and ids. A CallFailure contains
none of these.
"""

from __future__ import annotations

import http.client
import logging
import ssl
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

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
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.framing import MalformedAnswer

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallFailure:
    """A call without a usable response. `status` and `headers` are set if the response headers were read."""

    kind: type[AltostratError]
    reason: FailureReason
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


# The first row that matches any exception in the chain of causes decides, so specific types come first.
_KINDS: Final[tuple[tuple[type[BaseException], type[AltostratError], FailureReason], ...]] = (
    (NameResolutionError, Unreachable, FailureReason.NAME_NOT_RESOLVED),
    (NewConnectionError, Unreachable, FailureReason.CONNECTION_FAILED),
    (ConnectTimeoutError, Unreachable, FailureReason.NOT_CONNECTED_IN_TIME),
    (ssl.SSLCertVerificationError, Unreachable, FailureReason.NOT_TRUSTED),
    (ssl.SSLError, Unreachable, FailureReason.TLS_FAILED),
    (SSLError, Unreachable, FailureReason.TLS_FAILED),
    (IncompleteRead, UnexpectedAnswer, FailureReason.BODY_CUT),
    (http.client.IncompleteRead, UnexpectedAnswer, FailureReason.BODY_CUT),
    (ReadTimeoutError, DeadlinePassed, FailureReason.READ_TIMEOUT),
    (TimeoutError, DeadlinePassed, FailureReason.READ_TIMEOUT),
    (http.client.RemoteDisconnected, Unreachable, FailureReason.CONNECTION_LOST),
    (ConnectionError, Unreachable, FailureReason.CONNECTION_LOST),
    (http.client.HTTPException, UnexpectedAnswer, FailureReason.HEAD_MALFORMED),
    (OSError, Unreachable, FailureReason.CONNECTION_LOST),
    (HTTPError, Unreachable, FailureReason.CONNECTION_LOST),
)


def classify(error: Exception, *, deadline_passed: bool) -> CallFailure:
    if isinstance(error, MalformedAnswer):
        return CallFailure(UnexpectedAnswer, error.reason)
    causes = list(_causes(error))
    for type_, kind, reason in _KINDS:
        if any(isinstance(cause, type_) for cause in causes):
            return CallFailure(
                kind, FailureReason.DEADLINE if deadline_passed and kind is DeadlinePassed else reason
            )
    return _unexpected(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    # urllib3 passes a cause as an argument, as `reason`, or by chaining.
    seen: set[int] = set()
    pending = [error]
    while pending:
        cause = pending.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        candidates = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        pending.extend(one for one in candidates if isinstance(one, BaseException))


def _unexpected(error: Exception) -> CallFailure:
    # The text of an exception and the variables in its traceback may contain the token, so only the line is logged.
    frames = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{frames[0].filename}:{frames[0].lineno}" if frames else "unknown"
    _logger.error("A call to Altostrat failed with an unexpected %s at %s.", type(error).__name__, where)
    return CallFailure(Unreachable, FailureReason.INTERNAL)
