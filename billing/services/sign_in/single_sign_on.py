"""Single sign-on: start at the provider, finish with its answer, and end sessions at the provider's request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.models import Identity, User, UserSession
from billing.services import audit
from billing.services.actor import Door, Origin, actor_for
from billing.services.audit import refusals
from billing.services.sign_in import identities, sessions
from billing.services.sign_in.identities import AccessDenied
from billing.services.sign_in.identity_provider import provider
from billing.services.storage import connections, idempotency, key_ring
from billing.sso.claims import Claims
from billing.sso.errors import LogoutRefused, Reason, SignInRefused
from billing.sso.pending import PendingSignIn
from billing.vault import CannotUnseal

if TYPE_CHECKING:
    from billing.sso.logout_tokens import LogoutClaims


@dataclass(frozen=True, slots=True)
class Start:
    """The address to send the browser to, and the sealed sign-in that it keeps until it returns."""

    url: str
    state: str
    envelope: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finish:
    """Who signed in, the claims about them, and the page that they wanted."""

    identity: Identity
    claims: Claims
    next_url: str
    is_step_up: bool


def start(*, redirect_uri: str, next_url: str, step_up: bool) -> Start:
    """Start a sign-in at the provider. Raise ProviderUnavailable."""
    connections.release_connection()
    url, pending = provider().authorization(redirect_uri, next_url, step_up=step_up)
    envelope = key_ring.key_ring().seal(pending.as_text(), _context(pending.state))
    return Start(url, pending.state, envelope)


def finish(answer: Mapping[str, str], envelope: str, origin: Origin, signed_in: User | None) -> Finish:
    """Check the provider's answer. Raise SignInRefused and AccessDenied, both after they are recorded."""
    try:
        pending = _use_pending(answer.get("state", ""), envelope)
        connections.release_connection()
        claims = provider().redeem(answer, pending)
        if pending.step_up and not _is_identity_of(signed_in, claims):
            raise SignInRefused(Reason.ANOTHER_PERSON)
        identity = identities.admit(claims, pending.started_at, origin)
    except SignInRefused as error:
        identities.record_refusal(str(error), origin, signed_in)
        raise
    except AccessDenied as error:
        identities.record_refusal(str(error), origin, error.user)
        raise
    if pending.step_up:
        actor = actor_for(identity.user, Door.PAGE, origin)
        audit.record(actor, "session.step_up", audit.Outcome.SUCCEEDED, detail="single sign-on")
    return Finish(identity, claims, pending.next_url, pending.step_up)


def discardable(envelopes: Mapping[str, str], *, limit: int) -> Iterable[str]:
    """Return the states of sign-ins that cannot be finished any more, and of the oldest beyond `limit`."""
    opened = {state: _unsealed(state, envelope) for state, envelope in envelopes.items()}
    usable = {state: pending for state, pending in opened.items() if pending and not pending.has_expired}
    oldest_first = sorted(usable, key=lambda state: usable[state].started_at)
    return {*envelopes} - {*oldest_first[max(0, len(usable) - limit) :]}


def back_channel_logout(logout_token: str, origin: Origin) -> None:
    """End every session of the person in the token. Raise LogoutRefused. Add one audit entry in either case."""
    try:
        connections.release_connection()
        claims = provider().logout_claims(logout_token)
        if not idempotency.claim(
            "logout", claims.issuer, claims.token_id, expires_at=claims.expires_at + 120
        ):
            raise LogoutRefused("used before")
    except LogoutRefused as error:
        refusals.record_unknown(
            "session.end",
            door=Door.API,
            detail=f"back-channel logout: {error}",
            request_id=origin.request_id,
            address=origin.address,
        )
        raise
    user = _user_of(claims)
    if user is None:
        return _record_logout(None, "back-channel logout: unknown person", origin)
    sessions.end_of_user(user)
    return _record_logout(user, "back-channel logout", origin)


def _is_identity_of(user: User | None, claims: Claims) -> bool:
    identity = identities.find(claims)
    return identity is not None and identity.user == user


def _use_pending(state: str, envelope: str) -> PendingSignIn:
    """Return the sign-in that this browser started, once."""
    pending = _unsealed(state, envelope)
    if pending is None or not idempotency.claim("state", state, expires_at=pending.expires_at):
        raise SignInRefused(Reason.STATE)
    return pending


def _unsealed(state: str, envelope: str) -> PendingSignIn | None:
    try:
        return PendingSignIn.from_text(key_ring.key_ring().unseal(envelope, _context(state)))
    except (CannotUnseal, ValueError, TypeError):
        return None


def _user_of(claims: LogoutClaims) -> User | None:
    # A token with both a subject and a sid means one session. All sessions of the person are ended, to be safe.
    if claims.subject:
        identities_here = Identity.objects.select_related("user").filter(issuer=claims.issuer)
        identity = identities_here.filter(subject=claims.subject).first()
        return identity.user if identity else None
    named = UserSession.objects.select_related("user").filter(identity__issuer=claims.issuer, sid=claims.sid)
    session = named.first()
    return session.user if session else None


def _record_logout(user: User | None, detail: str, origin: Origin) -> None:
    audit.record_unattended(
        "session.end",
        audit.Outcome.SUCCEEDED,
        door=Door.API,
        subject=user.get_username() if user else "",
        detail=detail,
        request_id=origin.request_id,
        address=origin.address,
    )


def _context(state: str) -> tuple[str, ...]:
    return ("sign-in under way", state)
