"""What administrators do to people: deactivate, reactivate, end sessions, revoke keys. Each with a reason, recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.db import transaction

from billing.models import User
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.people import keys, staff
from billing.services.people.staff import UnknownPerson
from billing.services.sign_in import sessions


class Action(StrEnum):
    DEACTIVATE = "deactivate"
    ACTIVATE = "activate"
    END_SESSIONS = "end-sessions"
    REVOKE_KEYS = "revoke-keys"


@dataclass(frozen=True, slots=True)
class Result:
    """What an action did to one person. `refusal` says why it was not allowed. `count` has what ended or changed."""

    user: User
    refusal: str = ""
    count: int = 0


_VERBS: Final = {
    Action.DEACTIVATE: staff.STATUS_VERBS[False],
    Action.ACTIVATE: staff.STATUS_VERBS[True],
    Action.END_SESSIONS: "session.end_all",
    Action.REVOKE_KEYS: "key.revoke",
}
_OWN: Final = {
    Action.DEACTIVATE: "You can't deactivate yourself. Ask another administrator.",
    Action.ACTIVATE: "You are active.",
    Action.END_SESSIONS: "End your own sessions under My account.",
    Action.REVOKE_KEYS: "Revoke your own keys under My portal keys.",
}


def refusal(actor: Actor, action: Action, user: User) -> str:
    """Return why the actor may not do this to this person, or "" if they may."""
    if user.pk == actor.user.pk:
        return _OWN[action]
    if user.is_superuser and not actor.user.is_superuser:
        return "Only another superuser, or an operator on the command line, can do this to a superuser."
    return ""


def run(actor: Actor, action: Action, person_ids: Iterable[int], reason: str) -> list[Result]:
    """Do this to each person, in a transaction of their own. Raise NotPermitted; UnknownPerson before any change."""
    actor.require(Permission.PEOPLE_MANAGE)
    ids = sorted(set(person_ids))
    if User.objects.filter(pk__in=ids).count() != len(ids):
        raise UnknownPerson
    return [_run_for_one(actor, action, person_id, reason) for person_id in ids]


def _run_for_one(actor: Actor, action: Action, person_id: int, reason: str) -> Result:
    with transaction.atomic():
        actor, user = staff.locked(actor, person_id)
        why_not = refusal(actor, action, user)
        if not why_not:
            return Result(user, count=_do(actor, action, user, reason))
    audit.record(
        actor, _VERBS[action], audit.Outcome.REFUSED, subject=user.audit_name, detail=why_not, reason=reason
    )
    return Result(user, why_not)


def _do(actor: Actor, action: Action, user: User, reason: str) -> int:
    """Return how much changed: sessions, keys, or 1 for the status."""
    if action is Action.REVOKE_KEYS:
        return keys.revoke_all(actor, user, reason)
    if action is Action.END_SESSIONS:
        count = sessions.end_of_user(user)
        _record(actor, action, user, reason, detail=f"{count} open")
        return count
    has_changed = staff.set_active(user, on=action is Action.ACTIVATE)
    if has_changed:
        _record(actor, action, user, reason)
    return int(has_changed)


def _record(actor: Actor, action: Action, user: User, reason: str, *, detail: str = "") -> None:
    succeeded = audit.Outcome.SUCCEEDED
    audit.record(actor, _VERBS[action], succeeded, subject=user.audit_name, detail=detail, reason=reason)
