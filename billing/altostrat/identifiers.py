"""The check of ids before they are put into a path, so that no input can change the path or query of a call.

The length has only an upper limit, because the ids in Altostrat's own examples have different lengths.
"""

from __future__ import annotations

import re
from typing import Final

MAX_LENGTH: Final = 255
_BODY: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# https://auth0.com/docs/manage-users/user-accounts/identify-users
_SUBJECT: Final = re.compile(r"[A-Za-z0-9_-]+\|[A-Za-z0-9_.@|+=-]+", re.ASCII)


def pattern(prefix: str | None) -> str:
    """Return the regular expression of `checked`, as in JSON Schema."""
    return f"^{_SUBJECT.pattern if prefix is None else prefix + _BODY.pattern}$"


class InvalidIdentifier(ValueError):
    """A malformed id. The message names the parameter and does not contain the value."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not a valid ID.")
        self.name = name


def checked(name: str, value: str, prefix: str | None) -> str:
    """Return `value` if it is `prefix` (such as "ws_") followed by letters, digits, underscores or hyphens.

    Without a prefix, it must be an id of the identity provider such as "auth0|64f5a6b7". Raise InvalidIdentifier.
    """
    if not isinstance(value, str) or len(value) > MAX_LENGTH:
        raise InvalidIdentifier(name)
    if prefix is None:
        is_valid = _SUBJECT.fullmatch(value) is not None
    else:
        is_valid = value.startswith(prefix) and _BODY.fullmatch(value, len(prefix)) is not None
    if not is_valid:
        raise InvalidIdentifier(name)
    return value
