"""What a session knows about itself, and whether it is over."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from typing import Any, Final

from billing.models import User
from billing.services.storage import key_ring
from billing.sso.claims import Claims
from billing.vault import CannotUnseal

Session = MutableMapping[str, Any]

SIGNED_IN_AT: Final = "signed_in_at"  # here
AUTH_TIME: Final = "auth_time"  # when they last proved who they are; 0 when nobody says
ISSUER: Final = "sso_issuer"
SUBJECT: Final = "sso_subject"
SID: Final = "sso_sid"
_SIGN_OUT_HINT: Final = "sso_sign_out_hint"


def begin(session: Session) -> None:
    """Somebody has signed in, with a password as far as this goes."""
    session[SIGNED_IN_AT] = session[AUTH_TIME] = time.time()


def note_single_sign_on(session: Session, user: User, claims: Claims) -> None:
    """It was by single sign-on, or has been renewed there. The id_token is sealed: sign-out wants it again."""
    session[ISSUER], session[SUBJECT], session[SID] = claims.issuer, claims.subject, claims.sid
    session[AUTH_TIME] = claims.auth_time or 0
    session[_SIGN_OUT_HINT] = key_ring.key_ring().seal(claims.id_token, _context(user))


def is_single_sign_on(session: Session) -> bool:
    """Whether the provider vouched for this session."""
    return ISSUER in session


def sign_out_hint(session: Session, user: User) -> str:
    """The id_token of this session, or nothing when the vault's key is gone: sign-out works without it, too."""
    try:
        return key_ring.key_ring().unseal(session.get(_SIGN_OUT_HINT, ""), _context(user))
    except CannotUnseal:
        return ""


def is_over(session: Session, user: User) -> bool:
    """Whether the person's sessions were ended after this one began. One that does not know when is over as well."""
    ended = user.sessions_valid_from
    return ended is not None and float(session.get(SIGNED_IN_AT, 0)) <= ended.timestamp()


def _context(user: User) -> tuple[str, ...]:
    return ("id_token", str(user.pk))
