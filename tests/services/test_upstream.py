"""The request budget of a token, counted in the shared cache."""

from __future__ import annotations

import uuid

import pytest

from billing.altostrat.errors import RateLimited
from billing.services import upstream


@pytest.fixture
def budget() -> str:
    return str(uuid.uuid4())


def test_a_token_that_altostrat_never_slowed_is_not_held(budget: str) -> None:
    for _ in range(200):
        upstream.spend(budget)


def test_a_held_token_has_sixty_requests_a_minute(budget: str) -> None:
    upstream.hold(budget)

    def spend_two_minutes_worth() -> None:  # a minute may turn over on the way
        for _ in range(2 * 60 + 1):
            upstream.spend(budget)

    with pytest.raises(RateLimited) as caught:
        spend_two_minutes_worth()

    assert caught.value.retry_after_seconds is not None
    assert 1 <= caught.value.retry_after_seconds <= 61


def test_one_tokens_budget_is_not_anothers(budget: str) -> None:
    upstream.hold(budget)

    for _ in range(200):
        upstream.spend(str(uuid.uuid4()))
    upstream.spend(budget)
