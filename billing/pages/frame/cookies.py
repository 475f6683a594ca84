"""Names of cookies. Over HTTPS they begin with `__Host-`, so that no other host, and no page over HTTP, can set them.

https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


def full_name(name: str) -> str:
    """Return the name with its prefix. The cookie needs `secure`, the path `/` and no domain."""
    return f"{settings.COOKIE_PREFIX}{name}"


class MessageStorage(CookieStorage):
    """Messages in the browser and not in the database, because they may contain names."""

    cookie_name = full_name(CookieStorage.cookie_name)
