"""The claims of a valid id_token that the portal uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Claims:
    """(issuer, subject) identifies the person. `name` is only for display. `verified_email` is empty unless the issuer
    has verified it. `sid` is the browser's session at the provider. `auth_time` is when the person entered their
    credentials, or None if the provider does not state it."""

    issuer: str
    subject: str
    groups: frozenset[str]
    name: str
    verified_email: str = ""
    sid: str = ""
    auth_time: int | None = None
    id_token: str = field(default="", repr=False)


def groups_in(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """Return the texts at `path`: a claim with that name, else nested members such as `realm_access.roles`."""
    value: Any = claims
    for name in [path] if path in claims else path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset({value})
    return texts_in(value)


def texts_in(value: object) -> frozenset[str]:
    """Return the texts of a list, and nothing for any other value."""
    return (
        frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
    )


def name_in(claims: Mapping[str, Any]) -> str:
    """Return the person's name at the provider. It is never used to find an account."""
    for name in ("preferred_username", "email", "name"):
        value = claims.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def verified_email_in(claims: Mapping[str, Any]) -> str:
    """Return the verified e-mail address, if it is ASCII. Two different non-ASCII addresses may compare as equal."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return ""
    return email if email.isascii() and "@" in email else ""


def text_in(claims: Mapping[str, Any], name: str, max_length: int = 255) -> str:
    """Return a claim that is a text, and "" if it is blank, too long or anything else."""
    value = claims.get(name)
    return value if isinstance(value, str) and value.strip() and len(value) <= max_length else ""


def timestamp_in(claims: Mapping[str, Any], name: str) -> int | None:
    """Return seconds since 1970, and None for anything else, such as NaN or a huge number."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**40:
        return None
    return int(value)
