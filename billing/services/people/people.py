"""The people of the portal, for those who manage them. Shows how many Altostrat tokens they have, never the tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db.models import Count, Max, Min, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat, Trim
from django.utils import timezone

from billing.folding import has_words
from billing.models import AltostratToken, PortalKey, User
from billing.roles import TABLE, Permission, Role, roles_among
from billing.services.actor import Actor
from billing.services.people.staff import UnknownPerson

PAGE_SIZE: Final = 50
NO_ROLE: Final = "none"
SEARCHED: Final = ("username", "first_name", "last_name", "email")


@dataclass(frozen=True, slots=True)
class GrantedRole:
    """A role, and the groups of the identity provider that gave it. There are none if an operator gave it."""

    role: Role
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenSummary:
    """How many Altostrat tokens a person has stored, and when the oldest and the newest were stored or renewed."""

    count: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    user: User
    roles: tuple[GrantedRole, ...]
    key_count: int
    tokens: TokenSummary


@dataclass(frozen=True, slots=True)
class Query:
    """Which people to find. `role` may be NO_ROLE. `after` is the last username of the previous page."""

    text: str = ""
    role: str = ""
    active: bool | None = None
    after: str = ""


def roles_of(user: User) -> tuple[GrantedRole, ...]:
    sources = user.role_sources if isinstance(user.role_sources, dict) else {}
    names = (group.name for group in user.groups.all())
    return tuple(
        GrantedRole(role, tuple(map(str, sources.get(role.value, ())))) for role in roles_among(names)
    )


def find_page(actor: Actor, query: Query) -> tuple[tuple[Person, ...], str]:
    """Return a page of people by username, and the `after` of the next page, "" on the last. Raise NotPermitted."""
    actor.require(Permission.PEOPLE_MANAGE)
    users = list(_matching(query).prefetch_related("groups").order_by("username")[: PAGE_SIZE + 1])
    page = users[:PAGE_SIZE]
    return _with_counts(page), page[-1].username if len(users) > PAGE_SIZE else ""


def find_all(actor: Actor, query: Query) -> Iterator[Person]:
    """Yield all people by username, with one page in memory at a time. Raise NotPermitted."""
    after = ""
    while True:
        page, after = find_page(actor, replace(query, after=after))
        yield from page
        if not after:
            return


def get(actor: Actor, person_id: int) -> Person:
    """Return one person. Raise NotPermitted, UnknownPerson."""
    actor.require(Permission.PEOPLE_MANAGE)
    user = User.objects.prefetch_related("groups").filter(pk=person_id).first()
    if user is None:
        raise UnknownPerson
    return _with_counts([user])[0]


def keys_of(actor: Actor, person_id: int) -> QuerySet[PortalKey]:
    """Return a person's portal keys. Raise NotPermitted."""
    actor.require(Permission.PEOPLE_MANAGE)
    return PortalKey.objects.filter(owner_id=person_id)


def full_name_of(relation: str) -> Combinable:
    """Return the expression for the full name of the person in this relation, "" if there is none."""
    return Trim(Concat(f"{relation}__first_name", Value(" "), f"{relation}__last_name"))


def assignable() -> QuerySet[User]:
    """Return the active people who may read billing data, by name."""
    roles = [role.value for role in TABLE[Permission.BILLING_READ].roles]
    may_read = Q(groups__name__in=roles) | Q(is_superuser=True)
    return (
        User.objects.filter(may_read, is_active=True)
        .distinct()
        .order_by("first_name", "last_name", "username")
    )


def with_text(text: str, *fields: str) -> list[int]:
    """Return the ids of everyone whose fields have all words. A database cannot compare texts as people type them."""
    is_match, rows = has_words(text), User.objects.values_list("pk", *fields)
    return [pk for pk, *values in rows.iterator() if is_match(" ".join(values))]


def _matching(query: Query) -> QuerySet[User]:
    users = User.objects.all()
    if query.text:
        users = users.filter(pk__in=with_text(query.text, *SEARCHED))
    if query.role == NO_ROLE:
        users = users.exclude(groups__name__in=[role.value for role in Role])
    elif query.role:
        users = users.filter(groups__name=query.role)
    if query.active is not None:
        users = users.filter(is_active=query.active)
    return users.filter(username__gt=query.after) if query.after else users


def _with_counts(users: Iterable[User]) -> tuple[Person, ...]:
    people = list(users)
    ids = [user.pk for user in people]
    key_counts, tokens = _key_counts(ids), _token_summaries(ids)
    return tuple(
        Person(user, roles_of(user), key_counts.get(user.pk, 0), tokens.get(user.pk, TokenSummary()))
        for user in people
    )


def _key_counts(owner_ids: list[int]) -> dict[int, int]:
    has_not_ended = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    keys = PortalKey.objects.filter(has_not_ended, owner__in=owner_ids).order_by()
    return dict(keys.values_list("owner").annotate(count=Count("pk")))


def _token_summaries(owner_ids: list[int]) -> dict[int, TokenSummary]:
    rows = (
        AltostratToken.objects.filter(owner__in=owner_ids)
        .order_by()
        .values("owner")
        .annotate(count=Count("pk"), oldest=Min("renewed_at"), newest=Max("renewed_at"))
    )
    return {row["owner"]: TokenSummary(row["count"], row["oldest"], row["newest"]) for row in rows}
