"""A person's Altostrat token, which only `reveal` shows.

Altostrat accepts three kinds: a short-lived JWT, an API key `alto_sk_...`, and the older team key
`{tokenId}:{teamId}:{secret}`. The portal does not validate their contents.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NoReturn

from billing.altostrat import strict_json

# Web servers commonly refuse header lines of more than 8 KiB.
_MAX_LENGTH: Final = 8000
_SHOWN_CHARACTERS: Final = 12
_SHORTEST_SECRET: Final = 16
_SHOWN_SHARE: Final = 4

_SCHEME: Final = re.compile(r"\Abearer(\s+|\Z)", re.IGNORECASE)
_LINE_BREAK: Final = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANK: Final = re.compile(r"\s")
_NOT_VISIBLE_ASCII: Final = re.compile(r"[^\x21-\x7e]")

_JWT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TEAM_KEY: Final = re.compile(f"{_UUID}:{_UUID}:.+", re.IGNORECASE)


class TokenKind(StrEnum):
    """The kind of a token, judged by its form."""

    JWT = "jwt"
    API_KEY = "api_key"
    TEAM_KEY = "team_key"
    OTHER = "other"


class MalformedToken(ValueError):
    """The text cannot be a token. The message is for the person who pasted it and does not quote it."""


class BearerToken:
    """A token that str, repr, format and pickle do not reveal."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Raise MalformedToken if `text` cannot be part of an Authorization header."""
        _refuse_malformed(text)
        self._text = text

    @classmethod
    def parse(cls, text: str) -> BearerToken:
        """Read a pasted token, which may have spaces around it and begin with "Bearer ". Raise MalformedToken."""
        return cls(_SCHEME.sub("", text.strip(), count=1))

    def reveal(self) -> str:
        """Return the token itself. Only for the Authorization header and for sealing."""
        return self._text

    def occurs_in(self, data: bytes) -> bool:
        """Return whether `data` contains this token. False for a token that is too short to be a secret."""
        return len(self._text) >= _SHORTEST_SECRET and self._text.encode() in data

    @property
    def length(self) -> int:
        """The number of its characters."""
        return len(self._text)

    @property
    def kind(self) -> TokenKind:
        if self._text.startswith("alto_sk_"):
            return TokenKind.API_KEY
        if _TEAM_KEY.fullmatch(self._text):
            return TokenKind.TEAM_KEY
        if _JWT.fullmatch(self._text):
            return TokenKind.JWT
        return TokenKind.OTHER

    @property
    def masked(self) -> str:
        """The token as pages show it, "alto_sk_ab12…": at most twelve characters and at most a quarter of it."""
        shown = min(_SHOWN_CHARACTERS, len(self._text) // _SHOWN_SHARE)
        return f"{self._text[:shown]}…"

    @property
    def expires_at(self) -> datetime | None:
        """The time at which a JWT claims to expire, in UTC. Not verified: use it as a hint, not for a decision."""
        return _expiry(self._text) if self.kind is TokenKind.JWT else None

    @property
    def user_id(self) -> str:
        """The person whom a JWT is for, such as "auth0|…"; "" for other kinds. Not verified, like `expires_at`."""
        subject = _claims(self._text).get("sub") if self.kind is TokenKind.JWT else None
        return subject if isinstance(subject, str) else ""

    @property
    def permissions(self) -> tuple[str, ...]:
        """The permissions that a JWT lists. Not verified, like `expires_at`."""
        claims = _claims(self._text) if self.kind is TokenKind.JWT else {}
        listed = claims.get("permissions") or claims.get("scopes") or []
        return tuple(item for item in listed if isinstance(item, str)) if isinstance(listed, list) else ()

    def __repr__(self) -> str:
        return f"<BearerToken {self.kind}>"

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, BearerToken) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # Caches and sessions pickle their values.
        raise TypeError("A BearerToken must not be stored unencrypted.")


def _refuse_malformed(text: str) -> None:
    if not text:
        raise MalformedToken("The token is empty.")
    if _LINE_BREAK.search(text):
        raise MalformedToken("The token contains a line break. Paste it as a single line.")
    if _BLANK.search(text):
        raise MalformedToken("The token contains a space. Paste only the token, without other text.")
    if _NOT_VISIBLE_ASCII.search(text):
        raise MalformedToken("The token contains an invalid character. Copy it again from Altostrat.")
    if len(text) > _MAX_LENGTH:
        raise MalformedToken(f"The token is longer than {_MAX_LENGTH} characters.")


def _claims(jwt: str) -> dict[str, Any]:
    part = jwt.split(".")[1]
    try:
        claims = strict_json.parse(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _expiry(jwt: str) -> datetime | None:
    expiry = _claims(jwt).get("exp")
    if isinstance(expiry, bool) or not isinstance(expiry, (int, Decimal)):
        return None
    try:
        return datetime.fromtimestamp(float(expiry), UTC)
    except (ValueError, OverflowError, OSError):
        return None
