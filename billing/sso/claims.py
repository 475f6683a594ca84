"""What an id_token said about a person, once it was believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Claims:
    """(issuer, subject) is who it is. `name` is only what to call them. `goal` is where they wanted to go."""

    issuer: str
    subject: str
    groups: frozenset[str]
    name: str
    goal: str = "/"
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
