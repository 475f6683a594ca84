"""People that an operator creates, deactivates and reactivates."""

from __future__ import annotations

import pytest

from billing.altostrat.operations.workspaces import LIST_WORKSPACES
from billing.models import User
from billing.roles import Role
from billing.services import tokens
from billing.services.people import staff
from billing.services.reads import Read, read_live
from billing.services.tokens import manage as token_changes
from tests.services.cast import actor_called
from tests.tokens import FINANCE

pytestmark = pytest.mark.django_db

WORKSPACES = Read(LIST_WORKSPACES)


def test_unknown_person_is_an_error() -> None:
    with pytest.raises(staff.UnknownPerson):
        staff.deactivate_as_operator("nobody")


def test_request_in_flight_loses_the_token(altostrat_url: str) -> None:
    alice = actor_called("alice")
    row, _ = token_changes.save(alice, text=FINANCE, label="t", verify=False)
    assert read_live(alice, "", WORKSPACES).value.items

    staff.deactivate_as_operator("alice")  # alice is the Actor of a request that started earlier

    with pytest.raises(tokens.NoToken):
        read_live(alice, "", WORKSPACES)
    with pytest.raises(tokens.UnknownToken):
        token_changes.check(alice, row.pk)


def test_role_from_an_operator_replaces_the_groups_of_the_previous_role() -> None:
    bob = actor_called("bob", Role.VIEWER).user
    User.objects.filter(pk=bob.pk).update(role_sources={"viewer": ["finance"]})

    staff.create_or_change(username="bob", role=Role.VIEWER)

    bob.refresh_from_db()
    assert bob.role_sources == {}
