"""What an id_token said about a person, once it was believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Claims:
    """(issuer, subject) is who it is. `name` is only what to call them. `verified_email` is empty unless the issuer
    says that it has verified it. `sid` is the provider's name for the browser's session there. `auth_time` is None
    where the provider does not say when the person has proved who they are."""

    issuer: str
    subject: str
    groups: frozenset[str]
    name: str
    verified_email: str = ""
    sid: str = ""
    auth_time: int | None = None
    id_token: str = field(default="", repr=False)


def groups_in(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The texts at `path`: a claim of that very name, else members inside one another (`realm_access.roles`)."""
    value: Any = claims
    for name in [path] if path in claims else path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset({value})
    return (
        frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
    )


def name_in(claims: Mapping[str, Any]) -> str:
    """What the provider calls the person; never used to find an account."""
    for name in ("preferred_username", "email", "name"):
        value = claims.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def verified_email_in(claims: Mapping[str, Any]) -> str:
    """The address that the issuer vouches for. ASCII only: of others, two that differ can compare equal."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return ""
    return email if email.isascii() and "@" in email else ""


def text_in(claims: Mapping[str, Any], name: str, longest: int = 255) -> str:
    """A text worth keeping, or nothing."""
    value = claims.get(name)
    return value if isinstance(value, str) and value.strip() and len(value) <= longest else ""


def moment_in(claims: Mapping[str, Any], name: str) -> int | None:
    """Seconds since 1970. None for anything else, NaN and numbers without end among it."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**40:
        return None
    return int(value)
