"""The people of the portal, for those who manage them: what they can use and since when, never a token or a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat, Trim
from django.utils import timezone

from billing.folding import has_words
from billing.models import AltostratToken, PortalKey, User, UserSession
from billing.models.secrets import SOON
from billing.roles import SUPERUSER, TABLE, Permission, Role, roles_among
from billing.services.actor import Actor
from billing.services.people.staff import UnknownPerson
from billing.services.sign_in import sessions

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
class KeySummary:
    """How many portal keys of a person work, when the oldest was created, and when the first of them expires."""

    count: int = 0
    oldest_at: datetime | None = None
    next_expiry: datetime | None = None

    @property
    def ends_soon(self) -> bool:
        return self.next_expiry is not None and self.next_expiry - timezone.now() <= SOON


@dataclass(frozen=True, slots=True)
class Person:
    user: User
    roles: tuple[GrantedRole, ...]
    keys: KeySummary
    tokens: TokenSummary


@dataclass(frozen=True, slots=True)
class Query:
    """Which people to find. `role` may be NO_ROLE or SUPERUSER. `after` is the last username of the previous page.

    `not_since` finds those who have not signed in since then.
    """

    text: str = ""
    role: str = ""
    active: bool | None = None
    not_since: datetime | None = None
    has_never_signed_in: bool = False
    has_no_token: bool = False
    has_refused_token: bool = False
    has_ending_key: bool = False
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
    return get_all(actor, [person_id])[0]


def get_all(actor: Actor, person_ids: Iterable[int]) -> tuple[Person, ...]:
    """Return these people by username. Raise NotPermitted, UnknownPerson."""
    actor.require(Permission.PEOPLE_MANAGE)
    ids = set(person_ids)
    users = User.objects.prefetch_related("groups").filter(pk__in=ids).order_by("username")
    if len(users) != len(ids):
        raise UnknownPerson
    return _with_counts(users)


def tokens_of(actor: Actor, person_id: int) -> QuerySet[AltostratToken]:
    """Return a person's tokens without what the person or Altostrat calls them. Raise NotPermitted."""
    actor.require(Permission.PEOPLE_MANAGE)
    return AltostratToken.objects.filter(owner_id=person_id).defer("envelope", "label", "masked")


def sessions_of(actor: Actor, user: User) -> QuerySet[UserSession]:
    """Return a person's open sessions. Raise NotPermitted."""
    actor.require(Permission.PEOPLE_MANAGE)
    return sessions.open_of(user)


def keys_of(actor: Actor, person_id: int) -> QuerySet[PortalKey]:
    """Return a person's portal keys. Raise NotPermitted."""
    actor.require(Permission.PEOPLE_MANAGE)
    return PortalKey.objects.filter(owner_id=person_id)


# The same in SQL, for a person that is joined.
FULL_NAME: Final = (
    "TRIM(COALESCE(billing_user.first_name, '') || ' ' || COALESCE(billing_user.last_name, ''))"
)


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
    users = _with_role(query.role)
    if query.text:
        users = users.filter(pk__in=with_text(query.text, *SEARCHED))
    if query.active is not None:
        users = users.filter(is_active=query.active)
    if query.not_since is not None:
        users = users.filter(Q(last_login__lt=query.not_since) | Q(last_login=None))
    if query.has_never_signed_in:
        users = users.filter(last_login=None)
    tokens = AltostratToken.objects.filter(owner=OuterRef("pk")).order_by()
    if query.has_no_token:
        users = users.exclude(Exists(tokens))
    if query.has_refused_token:
        users = users.filter(Exists(tokens.filter(status=AltostratToken.Status.REFUSED)))
    if query.has_ending_key:
        ending = _working_keys().filter(owner=OuterRef("pk"), expires_at__lte=timezone.now() + SOON)
        users = users.filter(Exists(ending))
    return users.filter(username__gt=query.after) if query.after else users


def _with_role(role: str) -> QuerySet[User]:
    if role == SUPERUSER:
        return User.objects.filter(is_superuser=True)
    if role == NO_ROLE:
        has_role = User.groups.through.objects.filter(
            user=OuterRef("pk"), group__name__in=[other.value for other in Role]
        )
        return User.objects.exclude(Exists(has_role)).exclude(is_superuser=True)
    return User.objects.filter(groups__name=role) if role else User.objects.all()


def _with_counts(users: Iterable[User]) -> tuple[Person, ...]:
    people = list(users)
    ids = [user.pk for user in people]
    keys, tokens = _key_summaries(ids), _token_summaries(ids)
    return tuple(
        Person(user, roles_of(user), keys.get(user.pk, KeySummary()), tokens.get(user.pk, TokenSummary()))
        for user in people
    )


def _working_keys() -> QuerySet[PortalKey]:
    has_not_ended = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    return PortalKey.objects.filter(has_not_ended).order_by()


def _key_summaries(owner_ids: list[int]) -> dict[int, KeySummary]:
    rows = (
        _working_keys()
        .filter(owner__in=owner_ids)
        .values("owner")
        .annotate(count=Count("pk"), oldest=Min("created_at"), expiry=Min("expires_at"))
    )
    return {row["owner"]: KeySummary(row["count"], row["oldest"], row["expiry"]) for row in rows}


def _token_summaries(owner_ids: list[int]) -> dict[int, TokenSummary]:
    rows = (
        AltostratToken.objects.filter(owner__in=owner_ids)
        .order_by()
        .values("owner")
        .annotate(count=Count("pk"), oldest=Min("renewed_at"), newest=Max("renewed_at"))
    )
    return {row["owner"]: TokenSummary(row["count"], row["oldest"], row["newest"]) for row in rows}
