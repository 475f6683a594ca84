"""Lists and details of people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import AltostratToken, User
from billing.roles import Permission, Role
from billing.services.actor import Actor, NotPermitted
from billing.services.people import keys, people
from billing.services.people.people import NO_ROLE, Query
from billing.services.tokens import manage as token_changes
from tests.services.cast import actor_called
from tests.tokens import FINANCE

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Actor:
    """Return an administrator."""
    return actor_called("ada", Role.ADMIN)


@pytest.fixture
def bob(ada: Actor) -> Actor:
    """Return a viewer with a name, a token of last year and a key."""
    actor = actor_called("bob", Role.VIEWER)
    User.objects.filter(pk=actor.user.pk).update(first_name="Robert", email="bob@example.com")
    token_changes.save(actor, text=FINANCE, label="t", verify=False)
    AltostratToken.objects.update(renewed_at=timezone.now() - timedelta(days=365))
    keys.issue(actor, name="k", scopes=[Permission.BILLING_READ])
    keys.revoke(actor, keys.issue(actor, name="k", scopes=[Permission.BILLING_READ])[0].pk)
    return actor


def names(actor: Actor, **query: object) -> list[str]:
    page, _ = people.find_page(actor, Query(**query))  # type: ignore[arg-type]
    return [person.user.username for person in page]


@pytest.mark.parametrize(
    ("query", "expected"),
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
def test_people_are_found_by(ada: Actor, bob: Actor, query: dict[str, object], expected: list[str]) -> None:
    User.objects.create_user("mallory", is_active=False)

    assert names(ada, **query) == expected


def test_person_has_the_number_of_active_keys_and_the_dates_of_tokens(ada: Actor, bob: Actor) -> None:
    person = people.get(ada, bob.user.pk)

    assert (person.keys.count, person.tokens.count) == (1, 1)
    assert person.tokens.oldest_at is not None
    assert (timezone.now() - person.tokens.oldest_at).days == 365


def test_role_has_the_groups_that_gave_it(ada: Actor, bob: Actor) -> None:
    User.objects.filter(pk=bob.user.pk).update(role_sources={"viewer": ["finance"], "admin": ["gone"]})

    assert people.get(ada, bob.user.pk).roles == (people.GrantedRole(Role.VIEWER, ("finance",)),)
    assert people.get(ada, ada.user.pk).roles == (people.GrantedRole(Role.ADMIN, ()),)


def test_pages_have_no_gaps(ada: Actor) -> None:
    User.objects.bulk_create(User(username=f"p{number:03}") for number in range(120))
    found: list[str] = []
    after = ""
    while True:
        page, after = people.find_page(ada, Query(text="p", after=after))
        found += [person.user.username for person in page]
        if not after:
            break

    assert found == [f"p{number:03}" for number in range(120)]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.AUDITOR])
def test_permission_is_required(role: Role) -> None:
    actor = actor_called("eve", role)

    for use_case in (
        lambda: people.find_page(actor, Query()),
        lambda: people.get(actor, actor.user.pk),
        lambda: people.keys_of(actor, actor.user.pk),
    ):
        with pytest.raises(NotPermitted):
            use_case()
