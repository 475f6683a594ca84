"""Looking at people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import AltostratToken, User
from billing.roles import Permission, Role
from billing.services.actor import Actor, NotPermitted
from billing.services.people import keys, people
from billing.services.people.people import NO_ROLE, Wanted
from billing.services.tokens import manage as token_changes
from tests.services.cast import actor_called
from tests.tokens import FINANCE

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Actor:
    """Who manages people."""
    return actor_called("ada", Role.ADMIN)


@pytest.fixture
def bob(ada: Actor) -> Actor:
    """A viewer with a name, a token of last year and a key."""
    actor = actor_called("bob", Role.VIEWER)
    User.objects.filter(pk=actor.user.pk).update(first_name="Robert", email="bob@example.com")
    token_changes.save(actor, text=FINANCE, label="t", verify=False)
    AltostratToken.objects.update(renewed_at=timezone.now() - timedelta(days=365))
    keys.issue(actor, name="k", scopes=[Permission.BILLING_READ])
    keys.revoke(actor, keys.issue(actor, name="k", scopes=[Permission.BILLING_READ])[0].pk)
    return actor


def names(actor: Actor, **wanted: object) -> list[str]:
    found, _ = people.list_all(actor, Wanted(**wanted))  # type: ignore[arg-type]
    return [person.user.username for person in found]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["ada", "bob", "mallory"]),
        ({"text": "ROBERT"}, ["bob"]),
        ({"text": "example.com"}, ["bob"]),
        ({"text": "%"}, []),
        ({"role": "admin"}, ["ada"]),
        ({"role": NO_ROLE}, ["mallory"]),
        ({"active": False}, ["mallory"]),
        ({"active": True, "role": "viewer"}, ["bob"]),
        ({"after": "ada"}, ["bob", "mallory"]),
    ],
)
def test_it_finds_whom_one_asks_for(
    ada: Actor, bob: Actor, wanted: dict[str, object], found: list[str]
) -> None:
    User.objects.create_user("mallory", is_active=False)

    assert names(ada, **wanted) == found


def test_it_counts_what_works_and_dates_the_tokens(ada: Actor, bob: Actor) -> None:
    person = people.retrieve(ada, bob.user.pk)

    assert (person.key_count, person.tokens.count) == (1, 1)
    assert person.tokens.oldest_at is not None
    assert (timezone.now() - person.tokens.oldest_at).days == 365


def test_it_says_which_groups_gave_a_role(ada: Actor, bob: Actor) -> None:
    User.objects.filter(pk=bob.user.pk).update(role_sources={"viewer": ["finance"], "admin": ["gone"]})

    assert people.retrieve(ada, bob.user.pk).roles == (people.HeldRole(Role.VIEWER, ("finance",)),)
    assert people.retrieve(ada, ada.user.pk).roles == (people.HeldRole(Role.ADMIN, ()),)


def test_pages_follow_one_another_without_a_gap(ada: Actor) -> None:
    User.objects.bulk_create(User(username=f"p{number:03}") for number in range(120))
    seen: list[str] = []
    after = ""
    while True:
        found, after = people.list_all(ada, Wanted(text="p", after=after))
        seen += [person.user.username for person in found]
        if not after:
            break

    assert seen == [f"p{number:03}" for number in range(120)]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.AUDITOR])
def test_it_takes_the_permission(role: Role) -> None:
    actor = actor_called("eve", role)

    for ask in (
        lambda: people.list_all(actor, Wanted()),
        lambda: people.retrieve(actor, actor.user.pk),
        lambda: people.keys_of(actor, actor.user.pk),
    ):
        with pytest.raises(NotPermitted):
            ask()
