"""Search queries and page cursors, sealed for the URL: they contain names and emails, and URLs end up in logs.

They are not bound to a person: a link also works for colleagues, who see what their own tokens can access.
"""

from __future__ import annotations

from billing.services.storage import key_ring
from billing.vault import CannotUnseal


def seal(text: str, purpose: str = "search-query") -> str:
    return key_ring.key_ring().seal(text, (purpose,))


def unseal(sealed: str, purpose: str = "search-query") -> str | None:
    """Return the text; None if it was not sealed for this purpose, or not with a key that still exists."""
    try:
        return key_ring.key_ring().unseal(sealed, (purpose,))
    except CannotUnseal:
        return None
