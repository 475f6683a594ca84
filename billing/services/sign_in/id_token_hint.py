"""The id_token of a session, sealed in the session's data. The provider expects it at sign-out.

https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final

from billing.models import User
from billing.services.storage import key_ring
from billing.vault import CannotUnseal

Session = MutableMapping[str, Any]

_KEY: Final = "sso_sign_out_hint"


def save(session: Session, user: User, id_token: str) -> None:
    session[_KEY] = key_ring.key_ring().seal(id_token, _context(user))


def load(session: Session, user: User) -> str | None:
    """Return the id_token; "" if the vault key is lost, and None if the session did not come from the provider."""
    if _KEY not in session:
        return None
    try:
        return key_ring.key_ring().unseal(session[_KEY], _context(user))
    except CannotUnseal:
        return ""


def _context(user: User) -> tuple[str, ...]:
    return ("id_token", str(user.pk))
