"""Everything that can go wrong with a call to Altostrat. Each entry point maps these errors to its own responses.

    AltostratError              method, path template, status, upstream request id; no token, no body
      Overloaded                the portal's limit of concurrent calls is reached; nothing was sent
        ShareTaken              the limit for this token is reached
        CircuitOpen             Altostrat did not answer the last calls
      Unreachable               no response: refused, reset, DNS, TLS, connect timeout
      DeadlinePassed            the time for the call is over; a request may have been sent
      UnexpectedAnswer          a response that is not the documented HTTP and JSON
      Refused                   an error status; carries the body for callers that relay it
        TokenRejected           401
        NotAllowed              403
        NotFound                404
        Conflict                409
        Invalid                 422
        RateLimited             429, `retry_after_seconds`
        Unavailable             503, `retry_after_seconds`
        TimedOut                408 or 499: a gateway did not wait for the response
        Broken                  any other 5xx

Any other 4xx is a plain Refused. Both 409 and 422 mean that a business rule refuses the request; Altostrat's
documentation does not say which rule uses which.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from billing.altostrat.failure_reasons import FailureReason

_NO_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


class AltostratError(Exception):
    """A failed call. `request_id` is the one in Altostrat's response, if any."""

    def __init__(
        self,
        method: str,
        path_template: str,
        status: int | None = None,
        request_id: str | None = None,
        reason: FailureReason | None = None,
    ) -> None:
        super().__init__(method, path_template, status, request_id, reason)
        self.method = method
        self.path_template = path_template
        self.status = status
        self.request_id = request_id
        self.reason = reason

    def __str__(self) -> str:
        details = (
            f"status {self.status}" if self.status is not None else "",
            str(self.reason) if self.reason is not None else "",
            f"upstream request {self.request_id}" if self.request_id else "",
        )
        text = "; ".join(detail for detail in details if detail)
        return (
            f"{self.method} {self.path_template}: {text}" if text else f"{self.method} {self.path_template}"
        )


class Overloaded(AltostratError):
    """This process has too many calls in flight. Nothing was sent."""

    retry_after_seconds: int = 1


class ShareTaken(Overloaded):
    """This process has too many calls with this token in flight. Nothing was sent."""

    retry_after_seconds: int = 5


class CircuitOpen(Overloaded):
    """Altostrat did not answer the last calls with this token. Nothing was sent."""

    retry_after_seconds: int = 5


class Unreachable(AltostratError):
    """There was no response. A write may or may not have happened."""


class DeadlinePassed(AltostratError):
    """The deadline passed. A write may or may not have happened, unless the reason is NO_TIME_LEFT."""


class UnexpectedAnswer(AltostratError):
    """The response cannot be trusted. A write may or may not have happened."""


class Refused(AltostratError):
    """Altostrat responded with an error status.

    `body` and `content_type` are as received. Both are empty if there was no body, if it was too large or cut off, or
    if it repeated the token. `message`, `code` and `doc_url` come from the body, or are None; `fields` maps field names
    to messages. All of this is text from upstream: escape it when showing it, and never log it. `has_document` says
    whether the body is a JSON object, as Altostrat's are: the error page of a proxy is none.
    """

    has_document = False
    body: bytes = b""
    content_type: str = ""
    message: str | None = None
    code: str | None = None
    doc_url: str | None = None
    fields: Mapping[str, tuple[str, ...]] = _NO_FIELDS


class TokenRejected(Refused):
    """401: the Altostrat token is wrong, expired or revoked. Unrelated to the portal's own sign-in."""


class NotAllowed(Refused):
    """403: the token is valid but lacks the permission."""


class NotFound(Refused):
    """404: the object does not exist, or the token cannot access it."""


class Conflict(Refused):
    """409: a business rule refuses the request."""


class Invalid(Refused):
    """422: a business rule or the validation of a field refuses the request."""


class RateLimited(Refused):
    """429. `retry_after_seconds` is None without a valid Retry-After header."""

    retry_after_seconds: int | None = None

    @classmethod
    def before_sending(cls, retry_after_seconds: int) -> RateLimited:
        """Return the error for a call that the portal did not send because it would exceed the rate limit."""
        error = cls("GET", "/", 429, None, FailureReason.BUDGET_SPENT)
        error.retry_after_seconds = retry_after_seconds
        return error


class Unavailable(Refused):
    """503. `retry_after_seconds` is None without a valid Retry-After header."""

    retry_after_seconds: int | None = None


class TimedOut(Refused):
    """408 or 499: a gateway stopped waiting for the response. Altostrat has not refused the request."""


class Broken(Refused):
    """Any other 5xx."""


_NEVER_SENT: Final = frozenset(
    {
        FailureReason.CONNECTION_FAILED,
        FailureReason.NAME_NOT_RESOLVED,
        FailureReason.NOT_CONNECTED_IN_TIME,
        FailureReason.NOT_TRUSTED,
        FailureReason.NO_TIME_LEFT,
    }
)


def nothing_was_sent(error: AltostratError) -> bool:
    """Return whether the request never left the portal, so that it cannot have changed anything."""
    return (
        isinstance(error, Overloaded)
        or error.reason is FailureReason.BUDGET_SPENT
        or error.reason in _NEVER_SENT
    )


# With these, Altostrat has decided against the request. Other statuses may come from a proxy that did not wait for the
# end of a write (408, 499), or describe something else than the write (406, 424).
_REFUSALS: Final = frozenset(
    {400, 401, 402, 403, 404, 405, 409, 410, 411, 412, 413, 414, 415, 422, 423, 428, 429, 431, 451}
)


def may_have_happened(error: AltostratError) -> bool:
    """Return whether the outcome of a write is unknown: it was sent, but Altostrat neither confirmed nor refused it."""
    if nothing_was_sent(error):
        return False
    return not (isinstance(error, Refused) and error.has_document and error.status in _REFUSALS)
