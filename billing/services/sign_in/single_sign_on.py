"""The verbs of single sign-on: leave for the provider, arrive from it, be told by it that somebody has signed out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from billing.models import Identity, User
from billing.services import audit
from billing.services.actor import Actor, Door, granted_to
from billing.services.audit import refusals
from billing.services.sign_in import identities
from billing.services.sign_in.identities import NotAdmitted, Origin
from billing.services.sign_in.identity_provider import provider
from billing.services.storage import connections, idempotency, key_ring
from billing.sso.claims import Claims
from billing.sso.errors import LogoutRefused, Reason, SignInRefused
from billing.sso.logout_tokens import LogoutClaims
from billing.sso.pending import Pending
from billing.vault import CannotUnseal


@dataclass(frozen=True, slots=True)
class Departure:
    """The address to go to, and the sealed note that the browser keeps until it is back."""

    url: str
    state: str
    envelope: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back, what was said about them, and what they had set out for."""

    user: User
    claims: Claims
    goal: str
    is_step_up: bool


def leave(*, redirect_uri: str, goal: str, step_up: bool) -> Departure:
    """On the way to the provider. Raises ProviderUnavailable."""
    connections.release_connection()
    url, pending = provider().way_there(redirect_uri, goal, step_up=step_up)
    envelope = key_ring.key_ring().seal(pending.as_text(), _context(pending.state))
    return Departure(url, pending.state, envelope)


def arrive(answer: Mapping[str, str], envelope: str, origin: Origin, signed_in: User | None) -> Arrival:
    """Back from the provider. Raises SignInRefused and NotAdmitted, each once it stands in the audit."""
    try:
        pending = _pending(answer.get("state", ""), envelope)
        connections.release_connection()
        claims = provider().redeem(answer, pending)
        if pending.step_up and (signed_in is None or identities.known(claims) != signed_in):
            raise SignInRefused(Reason.ANOTHER_PERSON)
        user = identities.admit(claims, pending.started_at, origin)
    except SignInRefused as error:
        identities.record_refusal(str(error), origin, signed_in)
        raise
    except NotAdmitted as error:
        identities.record_refusal(str(error), origin, error.user)
        raise
    if pending.step_up:
        actor = Actor(user, Door.PAGE, granted_to(user), origin.request_id, origin.address)
        audit.record(actor, "session.step_up", audit.Outcome.SUCCEEDED, detail="single sign-on")
    return Arrival(user, claims, pending.goal, pending.step_up)


def surplus(notes: Mapping[str, str], at_most: int) -> Iterable[str]:
    """The states whose notes can go: those that are of no use any more, and the oldest beyond `at_most`."""
    fresh = {
        state: note for state, text in notes.items() if (note := _opened(state, text)) and not note.is_over
    }
    oldest_first = sorted(fresh, key=lambda state: fresh[state].started_at)
    return {*notes} - {*oldest_first[max(0, len(fresh) - at_most) :]}


def end_at_the_providers_word(logout_token: str, origin: Origin) -> None:
    """Back-channel logout: ends every session of the person. Raises LogoutRefused. One audit row in either case."""
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
    user = _meant(claims)
    if user is None:
        return _record_logout(None, "back-channel logout: of nobody here", origin)
    identities.end_sessions_of(user)
    return _record_logout(user, "back-channel logout", origin)


def _pending(state: str, envelope: str) -> Pending:
    """What this browser had left with, once."""
    pending = _opened(state, envelope)
    if pending is None or not idempotency.claim("state", state, expires_at=pending.expires_at):
        raise SignInRefused(Reason.STATE)
    return pending


def _opened(state: str, envelope: str) -> Pending | None:
    try:
        return Pending.from_text(key_ring.key_ring().unseal(envelope, _context(state)))
    except (CannotUnseal, ValueError, TypeError):
        return None


def _meant(claims: LogoutClaims) -> User | None:
    # A token with both is for one session. Our word for it is the person: too many sessions end rather than too few.
    found = Identity.objects.select_related("user").filter(issuer=claims.issuer)
    if claims.subject:
        identity = found.filter(subject=claims.subject).first()
    else:
        identity = found.filter(provider_sessions__sid=claims.sid).first()
    return identity.user if identity else None


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
