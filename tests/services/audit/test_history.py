"""Reads of the audit log."""

from __future__ import annotations

import pytest

from billing.roles import Role
from billing.services import audit, history
from billing.services.actor import Actor, NotPermitted
from billing.services.history import PAGE_SIZE, EntryFilter
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto() -> Actor:
    """Return an auditor; alice and bob have entries."""
    alice, bob = actor_called("alice"), actor_called("bob")
    audit.record(alice, "token.save", audit.Outcome.SUCCEEDED)
    audit.record(bob, "token.check", audit.Outcome.REFUSED)
    audit.record(bob, "key.issue", audit.Outcome.SUCCEEDED)
    return actor_called("otto", Role.AUDITOR)


@pytest.mark.parametrize(
    ("entry_filter", "verbs"),
    [
        (EntryFilter(), ["key.issue", "token.check", "token.save"]),
        (EntryFilter(verb="token"), ["token.check", "token.save"]),
        (EntryFilter(verb="Key.issue"), ["key.issue"]),
        (EntryFilter(verb="issue"), []),
        (EntryFilter(person="BO"), ["key.issue", "token.check"]),
        (EntryFilter(outcome="refused"), ["token.check"]),
        (EntryFilter(person="bob", outcome="succeeded"), ["key.issue"]),
    ],
)
def test_list_is_filtered_and_newest_first(otto: Actor, entry_filter: EntryFilter, verbs: list[str]) -> None:
    entries, following = history.list_entries(otto, entry_filter)

    assert ([entry.verb for entry in entries], following) == (verbs, None)


def test_next_page_is_right_after_new_entries(otto: Actor) -> None:
    for number in range(PAGE_SIZE):
        audit.record(otto, f"test.{number}", audit.Outcome.SUCCEEDED)
    first, following = history.list_entries(otto, EntryFilter())
    audit.record(otto, "test.late", audit.Outcome.SUCCEEDED)

    second, end = history.list_entries(otto, EntryFilter(before=following))

    assert [entry.verb for entry in first] == [f"test.{number}" for number in reversed(range(PAGE_SIZE))]
    assert [entry.verb for entry in second] == ["key.issue", "token.check", "token.save"]
    assert end is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_list_requires_the_permission(role: Role) -> None:
    with pytest.raises(NotPermitted):
        history.list_entries(actor_called("eve", role), EntryFilter())
