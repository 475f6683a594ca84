"""Sessions of browsers. Each has a `UserSession`, and `check` decides whether it is still valid.

Every request queries the database, and nothing is cached, so that a session ends on every replica at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.models import Identity, PendingForm, User, UserSession
from billing.roles import Role, roles_among
from billing.services import audit
from billing.services.actor import Actor, Door, Origin, group_names
from billing.services.sign_in.devices import device_name
from billing.services.sign_in.session_limits import absolute_timeout, idle_timeout
from billing.services.storage import statements

How = UserSession.How

_VERB: Final = "session.end"
_TOUCH_INTERVAL: Final = timedelta(minutes=1)
_ROLE_NAMES: Final = tuple(role.value for role in Role)


class EndReason(StrEnum):
    """Why a session has ended. The audit stores these texts."""

    IDLE = "idle for too long"
    AGE = "signed in for too long"
    NO_ROLE = "no role anymore"
    NO_USER = "account deactivated, or its password changed"
    ENDED = "ended before"
    REPLACED = "another person signed in"
    BY_USER = "ended from the list"


class SessionEnded(Exception):
    """The session is not valid any more. `session` is None if there is no record of it."""

    def __init__(self, reason: EndReason, session: UserSession | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.session = session


class UnknownSession(LookupError):
    """This person has no open session with this id."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a person signed in. `at` is when they entered their credentials (`auth_time`); None means now."""

    how: UserSession.How = How.PASSWORD
    identity: Identity | None = None
    sid: str = ""
    at: datetime | None = None


def begin(
    user: User, session_key: str, sign_in: SignIn, origin: Origin, *, previous: UserSession | None
) -> tuple[UserSession, bool]:
    """Record a sign-in, and return its session and whether that is new.

    `previous` is the session that the browser had before. It continues if it is the same person's, else it ends.
    """
    if previous is not None and previous.user_id != user.pk:
        close(previous, EndReason.REPLACED, origin)
    elif previous is not None and renew(previous, session_key, sign_in, origin):
        return UserSession.objects.get(pk=previous.pk), False
    return UserSession.objects.create(user=user, **_fields(session_key, sign_in, origin)), True


def renew(session: UserSession, session_key: str, sign_in: SignIn, origin: Origin) -> bool:
    """Continue a session under a new key, and return whether it was still open.

    If it was not, the key has no record, so `check` refuses it.
    """
    return bool(_if_open(session).update(**_fields(session_key, sign_in, origin)))


def find(session_key: str | None) -> UserSession | None:
    """Return the session of a key, open or not."""
    if not session_key:
        return None
    found = statements.rows_of(UserSession, "WHERE digest = %s", [_digest(session_key)])
    return statements.instance_of(UserSession, found[0]) if found else None


def check(session_key: str, user: User | None) -> UserSession:
    """Return the session with the names of its person's groups if it is valid. Raise SessionEnded.

    `user` is the one that Django loaded.
    """
    session = find(session_key)
    if session is None or session.ended_at is not None:
        raise SessionEnded(EndReason.ENDED, session)
    if user is None or not user.is_active:
        raise SessionEnded(EndReason.NO_USER, session)
    # A sign-in that was in flight while all sessions were ended may have recorded its session too late to be ended.
    if user.has_ended_sessions_of(session.created_at.timestamp()):
        raise SessionEnded(EndReason.ENDED, session)
    session.group_names = group_names(user)
    if not (user.is_superuser or any(roles_among(session.group_names))):
        raise SessionEnded(EndReason.NO_ROLE, session)
    now = timezone.now()
    if now >= session.created_at + absolute_timeout():
        raise SessionEnded(EndReason.AGE, session)
    if now >= session.last_used_at + idle_timeout():
        raise SessionEnded(EndReason.IDLE, session)
    return session


def may_sign_in(actor: Actor) -> bool:
    """Return whether this person has a role. A refusal is recorded."""
    has_role = actor.user.is_superuser or actor.user.groups.filter(name__in=_ROLE_NAMES).exists()
    if not has_role:
        audit.record(actor, "session.sign_in", audit.Outcome.REFUSED, detail="no role")
    return has_role


def touch(session: UserSession, *, immediately: bool = False) -> None:
    """Record that the session is in use. At most once a minute, so that few requests write."""
    now = timezone.now()
    interval = timedelta() if immediately else min(_TOUCH_INTERVAL, idle_timeout() / 10)
    if now - session.last_used_at >= interval:
        _if_open(session).filter(last_used_at__lte=now - interval).update(last_used_at=now)
        session.last_used_at = now


def open_sessions(actor: Actor) -> QuerySet[UserSession]:
    """Return the actor's own sessions that are still valid."""
    return open_of(actor.user)


def open_of(user: User) -> QuerySet[UserSession]:
    """Return a person's sessions that are still valid. The caller checks the permission."""
    now = timezone.now()
    return UserSession.objects.filter(
        user=user,
        ended_at=None,
        created_at__gt=now - absolute_timeout(),
        last_used_at__gt=now - idle_timeout(),
    )


def close(session: UserSession, reason: EndReason, origin: Origin) -> None:
    """End a session and record it once, even if several requests do so at the same time."""
    with transaction.atomic():
        if _end(_if_open(session)):
            actor = Actor(session.user, Door.PAGE, frozenset(), origin.request_id, origin.address)
            audit.record(actor, _VERB, audit.Outcome.SUCCEEDED, subject=str(session), detail=reason)


def sign_out(session_key: str | None) -> None:
    """End the session of a person who signs out. The sign-out has its own audit row."""
    if session_key:
        _end(UserSession.objects.filter(digest=_digest(session_key), ended_at=None))


def end(actor: Actor, session_id: int) -> UserSession:
    """End one of the actor's own sessions. Raise UnknownSession."""
    with transaction.atomic():
        session = open_sessions(actor).filter(pk=session_id).first()
        if session is None or not _end(_if_open(session)):
            raise UnknownSession
        audit.record(actor, _VERB, audit.Outcome.SUCCEEDED, subject=str(session), detail=EndReason.BY_USER)
    return session


def end_others(actor: Actor, keep: UserSession) -> int:
    """End all of the actor's own sessions except one, and return how many ended."""
    with transaction.atomic():
        count = _end(UserSession.objects.filter(user=actor.user, ended_at=None).exclude(pk=keep.pk))
        if count:
            subject = "1 other" if count == 1 else f"{count} others"
            audit.record(actor, _VERB, audit.Outcome.SUCCEEDED, subject=subject, detail=EndReason.BY_USER)
    return count


def end_of_user(user: User) -> int:
    """End every session of a person, and every sign-in that is in flight. Return how many were open.

    The caller records why.
    """
    now = timezone.now()
    open_now = open_of(user).count()
    User.objects.filter(pk=user.pk).update(sessions_valid_from=now)
    UserSession.objects.filter(user=user, ended_at=None).update(ended_at=now)
    return open_now


def delete_expired() -> int:
    """Delete ended and expired sessions, and expired pending forms. Return how many sessions were deleted."""
    now = timezone.now()
    expired = (
        Q(ended_at__isnull=False)
        | Q(created_at__lte=now - absolute_timeout())
        | Q(last_used_at__lte=now - idle_timeout())
    )
    PendingForm.objects.filter(expires_at__lte=now).delete()
    return UserSession.objects.filter(expired).delete()[1].get("billing.UserSession", 0)


def _fields(session_key: str, sign_in: SignIn, origin: Origin) -> dict[str, Any]:
    now = timezone.now()
    return {
        "digest": _digest(session_key),
        "created_at": now,
        "signed_in_at": min(sign_in.at or now, now),
        "last_used_at": now,
        "address": origin.address,
        "device": device_name(origin.user_agent),
        "how": sign_in.how,
        "identity": sign_in.identity,
        "sid": sign_in.sid,
    }


def _if_open(session: UserSession) -> QuerySet[UserSession]:
    return UserSession.objects.filter(pk=session.pk, ended_at=None)


def _end(sessions: QuerySet[UserSession]) -> int:
    return sessions.update(ended_at=timezone.now())


def _digest(session_key: str) -> str:
    # A digest without salt is enough, because session keys are long and random.
    return hashlib.sha256(session_key.encode()).hexdigest()
