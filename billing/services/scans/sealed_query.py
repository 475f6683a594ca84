"""Search queries and page cursors, sealed for the URL: they contain names and emails, and URLs end up in logs."""

from __future__ import annotations

from billing.services.actor import Actor
from billing.services.storage import key_ring
from billing.vault import CannotUnseal


def seal(actor: Actor, text: str, purpose: str = "search-query") -> str:
    """The sealed text is only valid for this person and purpose."""
    return key_ring.key_ring().seal(text, _context(actor, purpose))


def unseal(actor: Actor, sealed: str, purpose: str = "search-query") -> str:
    """The text; empty if it belongs to someone else, or was sealed with a key that no longer exists."""
    try:
        return key_ring.key_ring().unseal(sealed, _context(actor, purpose))
    except CannotUnseal:
        return ""


def _context(actor: Actor, purpose: str) -> tuple[str, ...]:
    return (purpose, str(actor.user.pk))
