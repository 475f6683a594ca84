"""Adding and editing people: who may, and what the audit log keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from billing.models import AuditEntry, Identity, User
from billing.roles import Role
from billing.services.actor import Actor, NotPermitted
from billing.services.people import edits
from billing.services.people.edits import Details, EditRefused
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db

PASSWORD = "Xy9-abcdefgh-77"


@pytest.fixture
def root() -> Actor:
    """Return a superuser."""
    actor = actor_called("root", Role.ADMIN)
    actor.user.is_superuser = True
    actor.user.save()
    return actor


@pytest.fixture
def ada() -> Actor:
    """Return an administrator who is not a superuser."""
    return actor_called("ada", Role.ADMIN)


@pytest.fixture
def eve() -> User:
    return actor_called("eve").user


def edit(actor: Actor, user: User, **changed: Any) -> User:
    return edits.edit(actor, user.pk, replace(edits.details_of(user), **changed), reason="moved")


def recorded() -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(verb__startswith="staff.").order_by("pk")
    return [(row.verb, row.subject.partition(" ")[0], row.detail) for row in rows]


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        (
            {"roles": frozenset({Role.AUDITOR, Role.ADMIN})},
            "role admin added; role auditor added; role editor removed",
        ),
        ({"is_superuser": True}, "is_superuser on"),
        ({"email": "eve@acme.example", "first_name": "Eve"}, "first_name; email"),
        ({"username": "eva"}, "username, was eve"),
    ],
    ids=["roles", "superuser", "others", "username"],
)
def test_audit_has_the_names_of_changed_fields_and_roles(
    root: Actor, eve: User, changed: dict[str, Any], detail: str
) -> None:
    user = edit(root, eve, **changed)

    assert edits.details_of(User.objects.get(pk=eve.pk)) == replace(edits.details_of(eve), **changed)
    assert recorded() == [("staff.change", user.username, detail)]
    entry = AuditEntry.objects.get(verb="staff.change")
    assert (entry.reason, entry.subject) == ("moved", f"{user.username} (id {eve.pk})")


def test_unchanged_person_leaves_no_row(root: Actor, eve: User) -> None:
    edit(root, eve)

    assert recorded() == []


def test_administrator_gives_roles_but_nothing_that_superusers_give(ada: Actor, eve: User) -> None:
    edit(ada, eve, roles=frozenset({Role.VIEWER}), first_name="Eve")
    eve.refresh_from_db()

    for changed in ({"is_superuser": True}, {"email": "ada@acme.example"}, {"username": "x"}):
        with pytest.raises(EditRefused, match="Only a superuser"):
            edit(ada, eve, **changed)
    with pytest.raises(EditRefused, match="Only a superuser"):
        edits.set_password(ada, eve.pk, PASSWORD, reason="x")
    with pytest.raises(EditRefused, match="Only a superuser"):
        edits.create(ada, Details("ned"), password=PASSWORD, reason="x")
    assert recorded() == [("staff.change", "eve", "first_name; role viewer added; role editor removed")]


def test_nobody_changes_their_own_roles(root: Actor, ada: Actor) -> None:
    for actor, changed in ((ada, {"roles": frozenset(Role)}), (root, {"is_superuser": False})):
        with pytest.raises(EditRefused, match="own roles"):
            edit(actor, actor.user, **changed)
    assert edit(ada, ada.user, first_name="Ada").first_name == "Ada"


def test_administrator_does_not_edit_a_superuser(root: Actor, ada: Actor) -> None:
    with pytest.raises(EditRefused, match="superuser"):
        edit(ada, root.user, first_name="x")


def test_roles_from_groups_are_not_edited(root: Actor, eve: User, settings: Any) -> None:
    settings.OIDC_ISSUER = "https://id.example"
    Identity.objects.create(user=eve, issuer="https://id.example", subject="1")

    with pytest.raises(EditRefused, match="groups"):
        edit(root, eve, roles=frozenset())
    assert edit(root, eve, is_superuser=True).is_superuser
    User.objects.filter(pk=eve.pk).update(role_sources={"superuser": ["owners"]})
    eve.refresh_from_db()
    with pytest.raises(EditRefused, match="group"):
        edit(root, eve, is_superuser=False)


def test_rights_are_those_of_now(ada: Actor, eve: User) -> None:
    ada.user.groups.clear()

    with pytest.raises(NotPermitted):
        edit(ada, eve, first_name="x")


def test_audit_says_that_a_password_was_set_but_not_which(root: Actor, eve: User) -> None:
    edits.set_password(root, eve.pk, PASSWORD, reason="x")
    with pytest.raises(ValidationError):
        edits.set_password(root, eve.pk, "12345", reason="x")
    edits.set_password(root, eve.pk, "", reason="x")

    assert recorded() == [
        ("staff.change", "eve", "password set"),
        ("staff.change", "eve", "password removed"),
    ]
    assert PASSWORD not in repr(AuditEntry.objects.values())
    assert not User.objects.get(pk=eve.pk).has_usable_password()


def test_new_person_has_the_roles_and_the_password(root: Actor) -> None:
    details = Details("ned", "Ned", roles=frozenset({Role.VIEWER}))
    user = edits.create(root, details, password=PASSWORD, reason="new")

    assert user.check_password(PASSWORD)
    assert edits.details_of(user) == details
    assert recorded() == [("staff.create", "ned", "first_name; role viewer added")]
    with pytest.raises(ValidationError):
        edits.create(root, details, password="", reason="again")
