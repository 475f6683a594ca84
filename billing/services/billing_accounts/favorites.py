"""A person's favorite accounts, and those that they opened recently. Nothing here calls Altostrat.

Both are ids. Names come from data that the person's own tokens have read: see `cached_names`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone

from billing.altostrat.identifiers import checked
from billing.models import AuditEntry, Favorite
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor, Door
from billing.services.billing_accounts.cached_names import AccountKey
from billing.services.storage import statements

MAX_FAVORITES: Final = 50
MAX_RECENT: Final = 8
_RECENT: Final = timedelta(days=30)
# The newest entries of a person, which may all belong to few accounts.
_MAX_ENTRIES: Final = 200
_IS_FAVORITE: Final = (
    "SELECT 1 FROM billing_favorite WHERE user_id = %s AND workspace_id = %s AND billing_account_id = %s"
)


class TooManyFavorites(Exception):
    """The person has MAX_FAVORITES already."""


def is_favorite(actor: Actor, workspace_id: str, billing_account_id: str) -> bool:
    return bool(statements.rows(_IS_FAVORITE, [actor.user.pk, workspace_id, billing_account_id]))


def favorites(actor: Actor) -> list[AccountKey]:
    """Return the actor's favorites, in the order in which they were added. Raise NotPermitted."""
    actor.require(Permission.BILLING_READ)
    return list(Favorite.objects.filter(user=actor.user).values_list("workspace_id", "billing_account_id"))


def add(actor: Actor, workspace_id: str, billing_account_id: str) -> None:
    """Add an account, unless it is one already. Raise NotPermitted, InvalidIdentifier, TooManyFavorites."""
    actor.require(Permission.BILLING_READ)
    checked("workspace_id", workspace_id, "ws_")
    checked("billing_account_id", billing_account_id, "cus_")
    if is_favorite(actor, workspace_id, billing_account_id):
        return
    if Favorite.objects.filter(user=actor.user).count() >= MAX_FAVORITES:
        raise TooManyFavorites
    Favorite.objects.get_or_create(
        user=actor.user, workspace_id=workspace_id, billing_account_id=billing_account_id
    )


def remove(actor: Actor, workspace_id: str, billing_account_id: str) -> None:
    """Remove an account, if it is a favorite. Raise NotPermitted."""
    actor.require(Permission.BILLING_READ)
    ids = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    Favorite.objects.filter(user=actor.user, **ids).delete()


def recently_opened(actor: Actor) -> list[AccountKey]:
    """Return the accounts that the actor opened on pages in the last 30 days, latest first, from the access log.

    An account is left out if Altostrat refused it the last time. Raise NotPermitted.
    """
    actor.require(Permission.BILLING_READ)
    entries = AuditEntry.objects.filter(
        actor=actor.user, verb=audit.READ, door=Door.PAGE.value, at__gt=timezone.now() - _RECENT
    )
    newest = entries.order_by("-pk").values_list("workspace_id", "billing_account_id", "outcome")
    last: dict[AccountKey, str] = {}
    for workspace_id, billing_account_id, outcome in newest[:_MAX_ENTRIES]:
        last.setdefault((workspace_id, billing_account_id), outcome)
    opened = [key for key, outcome in last.items() if outcome != audit.Outcome.REFUSED]
    return opened[:MAX_RECENT]
