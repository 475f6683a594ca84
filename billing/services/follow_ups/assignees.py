"""Who is assigned to which account, for the filter of a list of accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from billing.folding import spellings
from billing.models import FollowUp
from billing.roles import Permission
from billing.services.actor import Actor

ME: Final = "me"
UNASSIGNED: Final = "none"
_WITHOUT_ASSIGNEE: Final = frozenset({UNASSIGNED, "nobody"})  # the second is the option of the form


@dataclass(frozen=True, slots=True)
class Assignee:
    """The spellings of a person's full name and username."""

    names: tuple[str, ...]
    is_actor: bool


def is_wanted(assignee: Assignee | None, values: Collection[str]) -> bool:
    """Return whether a value is part of a name, is "me" for the actor, or is "none" or "nobody" for no assignee."""
    return any(_is(assignee, value) for value in values)


def by_account(actor: Actor) -> Mapping[tuple[str, str], Assignee]:
    """Return the assignees by workspace and account ID. Raise NotPermitted.

    The caller may only apply them to accounts that the actor's own tokens have read.
    """
    actor.require(Permission.BILLING_READ)
    rows = FollowUp.objects.filter(assignee__isnull=False).select_related("assignee")
    return {
        (row.workspace_id, row.billing_account_id): Assignee(
            (*spellings(row.assignee.get_full_name()), *spellings(row.assignee.get_username())),
            row.assignee == actor.user,
        )
        for row in rows
        if row.assignee is not None
    }


def _is(assignee: Assignee | None, value: str) -> bool:
    if value in _WITHOUT_ASSIGNEE or assignee is None:
        return value in _WITHOUT_ASSIGNEE and assignee is None
    if value == ME:
        return assignee.is_actor
    return any(one in name for one in spellings(value) for name in assignee.names)
