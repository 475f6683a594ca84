"""What can go wrong between the portal and Altostrat. One family, caught once at the border.

    AltostratError              method, path template, status, upstream request id; no token, no body
      Overloaded                our own limit of calls at a time is reached; nothing was sent
        ShareTaken              by calls with this very token
      Unreachable               no answer: refused, reset, DNS, TLS, not connected in time
      DeadlinePassed            our time is over; a request may have been sent
      UnexpectedAnswer          an answer that is not the HTTP and JSON we know
      Refused                   an answer that says no; carries the body for those who pass it on
        TokenRejected           401
        NotAllowed              403
        NotFound                404
        Conflict                409
        Invalid                 422, `fields`
        RateLimited             429, `retry_after_seconds`
        Unavailable             503, `retry_after_seconds`
        Broken                  any other 5xx

Any other 4xx is a plain Refused. 409 and 422 both mean "refused by a rule": the documentation prints no
status codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from billing.altostrat.reasons import Reason

_NO_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


class AltostratError(Exception):
    """A call that failed. `reason` is a sentence of ours, `request_id` is Altostrat's, if it gave one."""

    def __init__(
        self,
        method: str,
        path_template: str,
        status: int | None = None,
        request_id: str | None = None,
        reason: Reason | None = None,
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
    """Too many calls are under way in this process. Nothing was sent."""

    retry_after_seconds: int = 1


class ShareTaken(Overloaded):
    """As many calls with this token are under way in this process as may be. Nothing was sent."""

    retry_after_seconds: int = 5


class Unreachable(AltostratError):
    """There was no answer. A write that ends so may or may not have happened."""


class DeadlinePassed(AltostratError):
    """Our time is over. A write that ends so may or may not have happened."""


class UnexpectedAnswer(AltostratError):
    """An answer came, and it is not one that can be believed."""


class Refused(AltostratError):
    """Altostrat said no.

    `body` and `content_type` are as received, or both empty: when there was no body, when it was too large or
    broke off, and when it repeated the token. `message`, `code` and `doc_url` are what could be read from it,
    else None. All of them are upstream's text: escape before showing, and never log.
    """

    body: bytes = b""
    content_type: str = ""
    message: str | None = None
    code: str | None = None
    doc_url: str | None = None


class TokenRejected(Refused):
    """401: the token is wrong, expired or revoked. It says nothing about the portal's own sign-in."""


class NotAllowed(Refused):
    """403: the token is known and may not do this."""


class NotFound(Refused):
    """404: there is no such thing, or the token may not see it."""


class Conflict(Refused):
    """409: a rule speaks against it."""


class Invalid(Refused):
    """422: a rule speaks against it. `fields` maps field names to messages; often empty."""

    fields: Mapping[str, tuple[str, ...]] = _NO_FIELDS


class RateLimited(Refused):
    """429. `retry_after_seconds` is None when Altostrat gave no usable hint."""

    retry_after_seconds: int | None = None

    @classmethod
    def before_sending(cls, retry_after_seconds: int) -> RateLimited:
        """The portal holds a call back by itself, as Altostrat would refuse it. Nothing was sent."""
        error = cls("GET", "/", 429, None, Reason.BUDGET_SPENT)
        error.retry_after_seconds = retry_after_seconds
        return error


class Unavailable(Refused):
    """503. `retry_after_seconds` is None when Altostrat gave no usable hint."""

    retry_after_seconds: int | None = None


class Broken(Refused):
    """Any other 5xx."""


_NEVER_SENT: Final = frozenset(
    {Reason.CONNECTION_FAILED, Reason.NAME_NOT_RESOLVED, Reason.NOT_CONNECTED_IN_TIME, Reason.NOT_TRUSTED}
)


def nothing_was_sent(error: AltostratError) -> bool:
    """Whether the request of a call that failed never left, so that whatever it was to change stands as it was."""
    return isinstance(error, Overloaded) or error.reason is Reason.BUDGET_SPENT or error.reason in _NEVER_SENT


def may_have_happened(error: AltostratError) -> bool:
    """Whether a write that ended so is of unknown outcome: sent, and neither confirmed nor refused.

    A 4xx refuses; a 5xx says nothing of what was done before it.
    """
    if nothing_was_sent(error):
        return False
    return not isinstance(error, Refused) or isinstance(error, (Unavailable, Broken))
