"""Many refusals of nobody are few rows, and none is forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from billing.models import AuditEntry
from billing.roles import Role
from billing.services import history
from billing.services.actor import Door
from billing.services.audit import anonymous_refusals
from billing.services.audit.anonymous_refusals import IN_FULL
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db

Wait = Callable[[], None]


@pytest.fixture
def a_minute_passes(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """The clock stands, but for this."""
    now = [29_000_000]
    monkeypatch.setattr(anonymous_refusals, "_this_minute", lambda: now[0])

    def passes() -> None:
        now[0] += 1

    return passes


def refuse(times: int, address: str = "203.0.113.5", verb: str = "session.sign_in") -> None:
    for _ in range(times):
        anonymous_refusals.record(verb, door=Door.PAGE, detail="why", address=address)


def details() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("detail", flat=True))


def test_the_first_few_are_rows_and_the_others_one_row_when_the_minute_is_over(a_minute_passes: Wait) -> None:
    refuse(IN_FULL + 47)
    assert details() == ["why"] * IN_FULL
    a_minute_passes()
    refuse(1)

    assert details() == [
        *["why"] * IN_FULL,
        "47 more were refused in the minute of 2025-02-19 21:20 UTC",
        "why",
    ]
    told = AuditEntry.objects.get(detail__startswith="47 more")
    assert (told.verb, told.outcome, told.door, told.address) == (
        "session.sign_in",
        "refused",
        "page",
        "203.0.113.5",
    )


def test_it_is_written_once(a_minute_passes: Wait) -> None:
    refuse(IN_FULL + 2)
    a_minute_passes()
    for _ in range(3):
        anonymous_refusals.write_down_what_waits()

    assert len(details()) == IN_FULL + 1


def test_each_address_verb_and_minute_counts_for_itself(a_minute_passes: Wait) -> None:
    refuse(IN_FULL, "203.0.113.5")
    refuse(IN_FULL, "203.0.113.6")
    refuse(IN_FULL, verb="session.end")
    a_minute_passes()
    refuse(IN_FULL)

    assert details() == ["why"] * 4 * IN_FULL


def test_a_network_of_ipv6_counts_as_one(a_minute_passes: Wait) -> None:
    for number in range(IN_FULL + 3):
        refuse(1, f"2001:db8::{number:x}")
    a_minute_passes()
    anonymous_refusals.write_down_what_waits()

    assert details()[-1].startswith("3 more were refused from 2001:db8::/64 in")


@pytest.mark.parametrize("by", ["a reader of the audit", "a sign-in", "the nightly command"])
def test_whoever_comes_by_writes_it_down(a_minute_passes: Wait, by: str) -> None:
    otto = actor_called("otto", Role.AUDITOR)
    refuse(IN_FULL + 1)
    a_minute_passes()
    if by == "a reader of the audit":
        history.list_all(otto, history.Wanted())
    elif by == "a sign-in":
        Client().force_login(otto.user, backend="django.contrib.auth.backends.ModelBackend")
    else:
        call_command("clear_sessions")

    assert AuditEntry.objects.filter(detail__startswith="1 more were refused").count() == 1


def test_one_visit_writes_down_a_few_and_the_next_goes_on(a_minute_passes: Wait) -> None:
    for number in range(25):
        refuse(IN_FULL + 1, f"203.0.113.{number}")
    a_minute_passes()
    sums = AuditEntry.objects.filter(detail__startswith="1 more")
    anonymous_refusals.write_down_what_waits()
    assert sums.count() == 20
    anonymous_refusals.write_down_what_waits()

    assert sums.count() == 25
