"""Sign-ins of browsers: how long each lasts, and who ends it.

The database is asked at each request and nothing is kept in between: what has ended has ended on every replica at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from billing.models import HeldForm, User, UserSession
from billing.roles import Role
from billing.services import audit
from billing.services.actor import Actor, Door
from billing.services.sign_in import session_limits as times
from billing.services.sign_in.devices import device_name

How = UserSession.How

_VERB: Final = "session.end"
_USE_STEP: Final = timedelta(minutes=1)
_ROLE_NAMES: Final = tuple(role.value for role in Role)


class Over(StrEnum):
    """Why a session is over. The words stand in the audit."""

    IDLE = "not used for too long"
    AGE = "signed in for too long"
    NO_ROLE = "no role any more"
    NOBODY = "account switched off, or its password changed"
    ENDED = "ended before"
    REPLACED = "another person signed in"
    OWN_WISH = "ended from the list"


class SessionOver(Exception):
    """This session counts no longer. `row` is None when there never was one."""

    def __init__(self, why: Over, row: UserSession | None) -> None:
        super().__init__(why)
        self.why = why
        self.row = row


class UnknownSession(LookupError):
    """No session of this person that goes on has this id."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """How somebody signed in. `at` is when they last proved who they are (`auth_time`); None means now."""

    how: UserSession.How = How.PASSWORD
    issuer: str = ""
    subject: str = ""
    sid: str = ""
    at: datetime | None = None


def begin(
    user: User,
    session_key: str,
    sign_in: SignIn,
    *,
    replaces: UserSession | None,
    address: str | None,
    user_agent: str,
) -> tuple[UserSession, bool]:
    """The session of a sign-in, and whether it is new. `replaces` is what this browser had before: signing in again
    goes on with one's own, under the new key; that of another person ends."""
    now = timezone.now()
    facts = {
        "digest": _digest(session_key),
        "created_at": now,
        "signed_in_at": min(sign_in.at or now, now),
        "last_used_at": now,
        "address": address,
        "device": device_name(user_agent),
        "how": sign_in.how,
        "issuer": sign_in.issuer,
        "subject": sign_in.subject,
        "sid": sign_in.sid,
    }
    if replaces is not None and replaces.user_id != user.pk:
        close(replaces, Over.REPLACED, address=address)
    elif replaces is not None and _going_on(replaces).update(**facts):
        return UserSession.objects.get(pk=replaces.pk), False
    return UserSession.objects.create(user=user, **facts), True


def find(session_key: str | None) -> UserSession | None:
    """The row of a session key, ended or not."""
    return UserSession.objects.filter(digest=_digest(session_key)).first() if session_key else None


def check(session_key: str, user: User | None) -> UserSession:
    """The session, when it counts at this moment; `user` is whom Django found in it. One query. Raises SessionOver."""
    roles = User.groups.through.objects.filter(user_id=OuterRef("user_id"), group__name__in=_ROLE_NAMES)
    found = UserSession.objects.filter(digest=_digest(session_key)).annotate(has_role=Exists(roles)).first()
    if found is None or found.ended_at is not None:
        raise SessionOver(Over.ENDED, found)
    if user is None or not user.is_active:
        raise SessionOver(Over.NOBODY, found)
    if not (found.has_role or user.is_superuser):
        raise SessionOver(Over.NO_ROLE, found)
    now = timezone.now()
    if now >= found.created_at + times.longest():
        raise SessionOver(Over.AGE, found)
    if now >= found.last_used_at + times.idle():
        raise SessionOver(Over.IDLE, found)
    return found


def admits(actor: Actor) -> bool:
    """Whether this person may sign in at all: they need a role. A refusal is recorded."""
    admitted = actor.user.is_superuser or actor.user.groups.filter(name__in=_ROLE_NAMES).exists()
    if not admitted:
        audit.record(actor, "session.sign_in", audit.Outcome.REFUSED, detail="no role")
    return admitted


def touch(row: UserSession, *, at_once: bool = False) -> None:
    """Notes that the session is in use: at most once a minute, so that reading a page seldom writes."""
    now = timezone.now()
    step = timedelta() if at_once else min(_USE_STEP, times.idle() / 10)
    if now - row.last_used_at >= step:
        _going_on(row).filter(last_used_at__lte=now - step).update(last_used_at=now)
        row.last_used_at = now


def list_of(actor: Actor) -> QuerySet[UserSession]:
    """The actor's sessions that go on."""
    now = timezone.now()
    return UserSession.objects.filter(
        user=actor.user,
        ended_at=None,
        created_at__gt=now - times.longest(),
        last_used_at__gt=now - times.idle(),
    )


def close(row: UserSession, why: Over, *, request_id: str = "", address: str | None = None) -> None:
    """Ends a session and records it, once, however many requests notice at the same time."""
    with transaction.atomic():
        if _going_on(row).update(ended_at=timezone.now()):
            actor = Actor(row.user, Door.PAGE, frozenset(), request_id, address)
            audit.record(actor, _VERB, audit.Outcome.SUCCEEDED, subject=str(row), detail=why)


def finish(session_key: str | None) -> None:
    """Ends the session of somebody who signs out; the sign-out is recorded by itself."""
    if session_key:
        UserSession.objects.filter(digest=_digest(session_key), ended_at=None).update(ended_at=timezone.now())


def end(actor: Actor, session_id: int) -> UserSession:
    """Ends one of the actor's own sessions. Raises UnknownSession."""
    with transaction.atomic():
        row = list_of(actor).filter(pk=session_id).first()
        if row is None or not _going_on(row).update(ended_at=timezone.now()):
            raise UnknownSession
        audit.record(actor, _VERB, audit.Outcome.SUCCEEDED, subject=str(row), detail=Over.OWN_WISH)
    return row


def end_others(actor: Actor, keep: UserSession) -> int:
    """Ends all sessions of the actor but one, and says how many that were."""
    with transaction.atomic():
        others = UserSession.objects.filter(user=actor.user, ended_at=None).exclude(pk=keep.pk)
        count = others.update(ended_at=timezone.now())
        if count:
            subject = f"{count} others"
            audit.record(actor, _VERB, audit.Outcome.SUCCEEDED, subject=subject, detail=Over.OWN_WISH)
    return count


def end_all(user: User, reason: str, *, actor: Actor | None = None, door: Door = Door.COMMAND) -> int:
    """Ends every session of a person at once, in one UPDATE. `actor` did it; without one it came through `door`."""
    return _end_rows(UserSession.objects.filter(user=user), user.get_username(), reason, actor, door)


def end_by_sid(issuer: str, sid: str) -> int:
    """Ends the sessions that a provider knows under this session id. An empty id names none."""
    rows = UserSession.objects.filter(issuer=issuer, sid=sid).exclude(issuer="").exclude(sid="")
    return _end_rows(rows, "single sign-on session", "ended at the provider", None, Door.PAGE)


def end_by_subject(issuer: str, subject: str) -> int:
    """Ends every session of whom a provider calls `subject`. An empty name is nobody."""
    rows = UserSession.objects.filter(issuer=issuer, subject=subject).exclude(issuer="").exclude(subject="")
    return _end_rows(rows, "single sign-on person", "ended at the provider", None, Door.PAGE)


def delete_what_is_over() -> int:
    """Deletes the rows of sessions that ended or ran out, and forms held too long; the number of sessions."""
    now = timezone.now()
    over = (
        Q(ended_at__isnull=False)
        | Q(created_at__lte=now - times.longest())
        | Q(last_used_at__lte=now - times.idle())
    )
    HeldForm.objects.filter(expires_at__lte=now).delete()
    return UserSession.objects.filter(over).delete()[1].get("billing.UserSession", 0)


def _end_rows(rows: QuerySet[UserSession], subject: str, reason: str, actor: Actor | None, door: Door) -> int:
    with transaction.atomic():
        count = rows.filter(ended_at=None).update(ended_at=timezone.now())
        detail = f"{reason} ({count})"
        if count and actor is not None:
            audit.record(actor, _VERB, audit.Outcome.SUCCEEDED, subject=subject, detail=detail)
        elif count:
            audit.record_unattended(_VERB, audit.Outcome.SUCCEEDED, door=door, subject=subject, detail=detail)
    return count


def _going_on(row: UserSession) -> QuerySet[UserSession]:
    return UserSession.objects.filter(pk=row.pk, ended_at=None)


def _digest(session_key: str) -> str:
    # Session keys are random and long: a plain digest cannot be guessed back.
    return hashlib.sha256(session_key.encode()).hexdigest()
