"""What somebody searched for, or where a page of theirs begins, sealed for the address bar: a name or an e-mail is
nobody else's business, and history and logs keep addresses."""

from __future__ import annotations

from billing.services.actor import Actor
from billing.services.storage import key_ring
from billing.vault import CannotUnseal


def seal(actor: Actor, text: str, purpose: str = "search-query") -> str:
    """The text for an address, good for this person and this purpose only."""
    return key_ring.key_ring().seal(text, _context(actor, purpose))


def unseal(actor: Actor, sealed: str, purpose: str = "search-query") -> str:
    """The text inside; nothing when it is somebody else's, or from before a change of keys."""
    try:
        return key_ring.key_ring().unseal(sealed, _context(actor, purpose))
    except CannotUnseal:
        return ""


def _context(actor: Actor, purpose: str) -> tuple[str, ...]:
    return (purpose, str(actor.user.pk))
