"""The description of a failure for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """The author of a response: the value of the Portal-Origin header."""

    ALTOSTRAT = "altostrat"
    PORTAL = "portal"


class Remedy(StrEnum):
    """The action that the page offers."""

    NONE = ""
    RETRY = "retry"
    STORE_TOKEN = "store-token"
    RENEW_TOKEN = "renew-token"


@dataclass(frozen=True, slots=True)
class Failure:
    """`title` and the sentences are for people, `type` and `code` for programs."""

    status: int
    type: str
    code: str
    title: str
    what_failed: str
    what_to_do: str
    changed: str = "Nothing was changed."
    remedy: Remedy = Remedy.NONE
    origin: Origin = Origin.PORTAL
    retry_after_seconds: int | None = None
    upstream_request_id: str | None = None
    upstream_message: str | None = None
    upstream_status: int | None = None
    doc_url: str | None = None
