"""A call of an operation, its reply, and the refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from billing.sandbox import Document
from billing.sandbox.state import State, Token

_DOCS: Final = "https://docs.altostrat.io/errors"


@dataclass(frozen=True, slots=True)
class Call:
    """The argument of a handler. `workspace` and `account` are those of the path, or empty if the path names none."""

    state: State
    token: Token
    ids: Mapping[str, str]
    query: Mapping[str, str]
    body: Document
    workspace: Document
    account: Document


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON document, or `content` as is; neither with status 204."""

    status: int
    document: Any = None
    content: bytes | None = None
    content_type: str = "application/json"


class Refusal(Exception):
    """An error response, which ends the call."""

    def __init__(self, status: int, document: Document) -> None:
        super().__init__(status)
        self.reply = Reply(status, document)


def listed(rows: list[Document]) -> Reply:
    """Return a complete list."""
    return Reply(200, {"data": rows, "has_more": False})


def not_found() -> Refusal:
    """Return the refusal for an object that does not exist, or that the token cannot see."""
    return Refusal(404, {"message": "Not found."})


def forbidden(message: str = "This action is unauthorized.") -> Refusal:
    """Return the refusal for a role that is too low."""
    return Refusal(403, {"message": message})


def unprocessable(code: str, message: str) -> Refusal:
    """Return the refusal of a business rule."""
    return _business(422, "unprocessable_entity", code, message)


def conflict(code: str, message: str) -> Refusal:
    """Return the refusal for a request that contradicts the current state."""
    return _business(409, "conflict_error", code, message)


def bad_request(code: str, message: str) -> Refusal:
    """Return the refusal for a request that cannot be carried out."""
    return _business(400, "invalid_request_error", code, message)


def _business(status: int, kind: str, code: str, message: str) -> Refusal:
    return Refusal(status, {"type": kind, "code": code, "message": message, "doc_url": f"{_DOCS}/{code}"})
