"""The claims of a valid id_token that the portal uses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_ABSENT: Final = object()
_MAX_SHOWN: Final = 60  # the audit log limits the length of a detail
_MAX_NAME_LENGTH: Final = 150  # of a first or last name in Django
_SEPARATOR: Final = re.compile(r"(?<!\\)\.")


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider states about a person, who is identified by (issuer, subject).

    `name`, which becomes the username, and `full_name` are only for display. `verified_email` is empty unless the
    issuer has verified it. `why_no_groups` is empty unless something is wrong with the claim of the groups. `sid` is
    the browser's session at the provider. `auth_time` is when the person entered their credentials, or None if the
    provider does not state it.
    """

    issuer: str
    subject: str
    groups: frozenset[str]
    name: str
    full_name: str = ""
    verified_email: str = ""
    why_no_groups: str = ""
    sid: str = ""
    auth_time: int | None = None
    id_token: str = field(default="", repr=False)


def groups_in(claims: Mapping[str, Any], path: str) -> tuple[frozenset[str], str]:
    """Return the strings at `path`, and why there are none; "" if there are.

    A dot separates nested members, such as `realm_access.roles`. Where a name itself contains dots, the longest name
    that exists is used; a dot after a backslash always belongs to the name.
    """
    names = [name.replace("\\.", ".") for name in _SEPARATOR.split(path)]
    value, path = _value_at(claims, names), path[:_MAX_SHOWN]
    if value is _ABSENT:
        return frozenset(), _why_absent(claims, names, path)
    if not isinstance(value, str | list) or not all(isinstance(item, str) for item in value):
        return strings_in(value), f"the claim {path} is not a list of strings"
    groups = frozenset([value] if isinstance(value, str) else value)
    return groups, "" if any(groups) else f"the claim {path} is empty"


def _value_at(value: object, names: list[str]) -> object:
    """Return the member at a path of names, each of which may be several joined by dots."""
    if not names or not isinstance(value, Mapping):
        return _ABSENT if names else value
    for end in range(len(names), 0, -1):
        found = _value_at(value.get(".".join(names[:end]), _ABSENT), names[end:])
        if found is not _ABSENT:
            return found
    return _ABSENT


def _why_absent(claims: Mapping[str, Any], names: list[str], path: str) -> str:
    """Return why there are no groups.

    https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim
    """
    distributed = claims.get("_claim_names")
    is_named = isinstance(distributed, Mapping) and _value_at(distributed, names[:1]) is not _ABSENT
    if is_named or claims.get("hasgroups") in (True, "true"):
        return f"the person has too many groups for the id_token, which refers to another API for {path}"
    return f"the id_token has no claim {path}"


def strings_in(value: object) -> frozenset[str]:
    """Return the strings of a list, and nothing for any other value."""
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


def full_name_in(claims: Mapping[str, Any]) -> str:
    """Return the person's full name, and "" if it is absent, too long or not printable."""
    full_name = " ".join(string_in(claims, "name", _MAX_NAME_LENGTH).split())
    return full_name if full_name.isprintable() else ""


def verified_email_in(claims: Mapping[str, Any]) -> str:
    """Return the verified email address, if it is ASCII. Two different non-ASCII addresses may compare as equal."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return ""
    return email if email.isascii() and "@" in email else ""


def string_in(claims: Mapping[str, Any], name: str, max_length: int = 255) -> str:
    """Return a claim that is a string, and "" if it is blank, too long or anything else."""
    value = claims.get(name)
    return value if isinstance(value, str) and value.strip() and len(value) <= max_length else ""


def timestamp_in(claims: Mapping[str, Any], name: str) -> int | None:
    """Return seconds since 1970, and None for anything else, such as NaN or a huge number."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**40:
        return None
    return int(value)
