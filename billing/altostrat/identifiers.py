"""Ids that go into a path: a narrow alphabet, so that no input can steer a call to another path or query.

Lengths are not checked, apart from a cap: Altostrat's samples differ among themselves.
"""

from __future__ import annotations

import re
from typing import Final

_MAX_LENGTH: Final = 255
_BODY: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# https://auth0.com/docs/manage-users/user-accounts/identify-users
_SUBJECT: Final = re.compile(r"[A-Za-z0-9_-]+\|[A-Za-z0-9_.@|+=-]+", re.ASCII)


class InvalidIdentifier(ValueError):
    """An id that no object can have. `name` says which parameter; the value is kept out of the text."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not a well-formed id.")
        self.name = name


def checked(name: str, value: str, prefix: str | None) -> str:
    """`value`, if it is `prefix` (as "ws_") followed by letters, digits, underscores or hyphens.

    Without a prefix it is an id of the identity provider, "auth0|64f5a6b7": a connection, a bar, and more.
    Raises InvalidIdentifier(name).
    """
    if prefix is None:
        if not isinstance(value, str) or len(value) > _MAX_LENGTH or not _SUBJECT.fullmatch(value):
            raise InvalidIdentifier(name)
        return value
    if not isinstance(value, str) or len(value) > _MAX_LENGTH or not value.startswith(prefix):
        raise InvalidIdentifier(name)
    if not _BODY.fullmatch(value, len(prefix)):
        raise InvalidIdentifier(name)
    return value
