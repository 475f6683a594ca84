"""One call of an operation, its reply, and how the sandbox says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from billing.sandbox.state import State, Token

Document = dict[str, Any]

_DOCS: Final = "https://docs.altostrat.io/errors"


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler gets. `workspace` and `account` are those of the path, and exist."""

    state: State
    token: Token
    ids: Mapping[str, str]
    query: Mapping[str, str]
    body: Document
    workspace: Document
    account: Document


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON document, or else `content` as it is; neither with 204."""

    status: int
    document: Any = None
    content: bytes | None = None
    content_type: str = "application/json"


class Refusal(Exception):
    """The answer is no."""

    def __init__(self, status: int, document: Document) -> None:
        super().__init__(status)
        self.reply = Reply(status, document)


def listed(rows: list[Document]) -> Reply:
    """A list that is never cut."""
    return Reply(200, {"data": rows, "has_more": False})


def not_found() -> Refusal:
    """No such object, or none that the token sees."""
    return Refusal(404, {"message": "Not found."})


def forbidden(message: str = "This action is unauthorized.") -> Refusal:
    """The token's user has too small a role."""
    return Refusal(403, {"message": message})


def unprocessable(code: str, message: str) -> Refusal:
    """A rule is in the way."""
    return _business(422, "unprocessable_entity", code, message)


def conflict(code: str, message: str) -> Refusal:
    """The present state is in the way."""
    return _business(409, "conflict_error", code, message)


def bad_request(code: str, message: str) -> Refusal:
    """What was asked for cannot be done."""
    return _business(400, "invalid_request_error", code, message)


def _business(status: int, kind: str, code: str, message: str) -> Refusal:
    return Refusal(status, {"type": kind, "code": code, "message": message, "doc_url": f"{_DOCS}/{code}"})
