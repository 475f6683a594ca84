"""The people of the portal, for who manages them. Of their Altostrat tokens only dates and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from billing.models import AltostratToken, PortalKey, User
from billing.roles import Permission, Role, roles_among
from billing.services.actor import Actor
from billing.services.people.staff import UnknownPerson

PAGE_SIZE: Final = 50
NO_ROLE: Final = "none"


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role, and the groups at the identity provider that gave it; none when an operator did."""

    role: Role
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenFigures:
    """How many Altostrat tokens somebody has stored, and when the oldest and the newest were stored or renewed."""

    count: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person as others may see them."""

    user: User
    roles: tuple[HeldRole, ...]
    key_count: int
    tokens: TokenFigures


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people. Empty texts ask for nothing; `role` may be NO_ROLE; `after` is the last name of the page above."""

    text: str = ""
    role: str = ""
    active: bool | None = None
    after: str = ""


def roles_of(user: User) -> tuple[HeldRole, ...]:
    """A person's roles, each with its reason."""
    sources = user.role_sources if isinstance(user.role_sources, dict) else {}
    names = (group.name for group in user.groups.all())
    return tuple(HeldRole(role, tuple(map(str, sources.get(role.value, ())))) for role in roles_among(names))


def list_all(actor: Actor, wanted: Wanted) -> tuple[tuple[Person, ...], str]:
    """One page of people by name, and where the next one begins: empty at the end. Raises NotPermitted."""
    actor.require(Permission.PEOPLE_MANAGE)
    users = _wanted(wanted).prefetch_related("groups").order_by("username")[: PAGE_SIZE + 1]
    rows = list(users)
    more = len(rows) > PAGE_SIZE
    shown = rows[:PAGE_SIZE]
    return _with_figures(shown), shown[-1].username if more else ""


def everybody(actor: Actor, wanted: Wanted) -> Iterator[Person]:
    """All people who are wanted, by name, a page in memory at a time. Raises NotPermitted."""
    wanted = replace(wanted, after="")
    while True:
        rows, following = list_all(actor, wanted)
        yield from rows
        if not following:
            return
        wanted = replace(wanted, after=following)


def retrieve(actor: Actor, person_id: int) -> Person:
    """One person. Raises NotPermitted, UnknownPerson."""
    actor.require(Permission.PEOPLE_MANAGE)
    user = User.objects.prefetch_related("groups").filter(pk=person_id).first()
    if user is None:
        raise UnknownPerson
    return _with_figures([user])[0]


def keys_of(actor: Actor, person_id: int) -> QuerySet[PortalKey]:
    """A person's portal keys. Raises NotPermitted."""
    actor.require(Permission.PEOPLE_MANAGE)
    return PortalKey.objects.filter(owner_id=person_id)


def _wanted(wanted: Wanted) -> QuerySet[User]:
    users = User.objects.all()
    if wanted.text:
        fields = ("username", "first_name", "last_name", "email")
        matches = Q()
        for field in fields:
            matches |= Q(**{f"{field}__icontains": wanted.text})
        users = users.filter(matches)
    if wanted.role == NO_ROLE:
        users = users.exclude(groups__name__in=[role.value for role in Role])
    elif wanted.role:
        users = users.filter(groups__name=wanted.role)
    if wanted.active is not None:
        users = users.filter(is_active=wanted.active)
    return users.filter(username__gt=wanted.after) if wanted.after else users


def _with_figures(users: Iterable[User]) -> tuple[Person, ...]:
    people = list(users)
    ids = [user.pk for user in people]
    alive = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    keys = dict(
        PortalKey.objects.filter(alive, owner__in=ids)
        .order_by()
        .values_list("owner")
        .annotate(count=Count("pk"))
    )
    dates = (
        AltostratToken.objects.filter(owner__in=ids)
        .order_by()
        .values("owner")
        .annotate(count=Count("pk"), oldest=Min("renewed_at"), newest=Max("renewed_at"))
    )
    tokens = {row["owner"]: TokenFigures(row["count"], row["oldest"], row["newest"]) for row in dates}
    return tuple(
        Person(user, roles_of(user), keys.get(user.pk, 0), tokens.get(user.pk, TokenFigures()))
        for user in people
    )
