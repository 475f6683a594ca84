"""Budgets of requests per minute, in the cache that all processes share."""

from __future__ import annotations

import uuid

import pytest
from django.core.cache import cache

from billing.services.storage import budgets
from billing.services.storage.budgets import Budget, BudgetSpent, Caller
from tests.clock import Clock, stopped_clock

MINUTE = 29_000_000


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that starts 25 seconds past a minute."""
    return stopped_clock(monkeypatch, budgets, MINUTE * 60 + 25.0)


def budget(limit: int, name: str = "") -> Budget:
    return Budget("token", name or str(uuid.uuid4()), limit)


def refused(*spent: Budget, times: int = 1, caller: Caller | None = None) -> BudgetSpent:
    for _ in range(times):
        budgets.spend(spent, caller)
    with pytest.raises(BudgetSpent) as caught:
        budgets.spend(spent, caller)
    return caught.value


def test_requests_above_the_limit_are_refused_until_the_next_minute(clock: Clock) -> None:
    one = budget(5)

    error = refused(one, times=5)

    assert (error.budget, error.seconds, one.left) == (one, 36, 0)
    clock.now += 36
    budgets.spend([one])
    assert one.left == 4


def test_a_budget_without_limit_is_never_spent() -> None:
    one = budget(0)
    for _ in range(100):
        budgets.spend([one])

    assert one.count == 100


def test_budgets_with_other_names_are_independent() -> None:
    refused(budget(1, "a"), times=1)

    budgets.spend([budget(1, "b")])


def test_after_a_spent_budget_the_next_is_not_counted() -> None:
    first, second = budget(1), budget(10)

    assert refused(first, second).budget is first
    assert budgets.remaining(second.name, 10) == (9, 36)


def test_a_pause_refuses_everything_until_it_ends(clock: Clock) -> None:
    one = budget(0)
    budgets.pause(one.name, 90)

    assert (refused(one, times=0).seconds, budgets.remaining(one.name, 10)) == (90, (0, 90))
    clock.now += 89
    assert refused(one, times=0).seconds == 1
    clock.now += 1
    budgets.spend([one])


def test_a_pause_is_at_most_an_hour() -> None:
    one = budget(0)
    budgets.pause(one.name, 10**9)

    assert refused(one, times=0).seconds == 3600


def test_a_pause_beyond_an_hour_in_the_cache_is_ignored() -> None:
    one = budget(5)
    cache.set(budgets._PAUSE_KEY % one.name, 10**15)

    budgets.spend([one])


@pytest.mark.postgresql_only
@pytest.mark.parametrize("garbage", ["text", [1]])
def test_garbage_in_redis_counts_as_missing(garbage: object) -> None:
    one = budget(5)
    for key in (budgets._COUNT_KEY % (one.name, MINUTE), budgets._PAUSE_KEY % one.name):
        cache.set(key, garbage)

    assert refused(one, times=5).seconds == 36


def test_a_request_of_a_caller_is_counted_once() -> None:
    caller = Caller(str(uuid.uuid4()), 2)
    for _ in range(3):
        budgets.spend([*caller.pending(), budget(9)], caller)
    caller.spend()

    assert caller.budgets["caller"].count == 1
    assert caller.budgets["token"].count == 1  # of the last one
