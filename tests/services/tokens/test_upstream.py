"""The requests of a token, counted in the shared cache."""

from __future__ import annotations

import logging
import uuid

import pytest
from pytest_django import Settings

from billing.altostrat.errors import RateLimited
from billing.services.tokens import upstream


@pytest.fixture
def budget() -> str:
    return str(uuid.uuid4())


def spend(budget: str, times: int) -> None:
    for _ in range(times):
        upstream.count_request(budget)


def test_it_refuses_nothing_by_default(budget: str) -> None:
    spend(budget, 500)


def test_it_says_so_when_a_token_passes_the_documented_rate(
    budget: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        spend(budget, 2 * 61)  # a minute may turn over on the way

    assert budget in caplog.text


def test_it_refuses_above_the_limit_that_an_operator_sets(budget: str, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 5

    with pytest.raises(RateLimited) as caught:
        spend(budget, 2 * 5 + 1)

    assert caught.value.retry_after_seconds is not None
    assert 1 <= caught.value.retry_after_seconds <= 61


def test_one_tokens_requests_are_not_anothers(budget: str, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 5

    spend(budget, 5)
    spend(str(uuid.uuid4()), 5)
