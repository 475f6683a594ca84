"""The calls of a token are counted, and refused before they are sent."""

from __future__ import annotations

import logging
import uuid

import pytest
from pytest_django import Settings

from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import RateLimited
from billing.services.storage import budgets
from billing.services.storage.budgets import BudgetSpent, Caller
from billing.services.tokens import upstream
from tests.clock import stopped_clock


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it always 25 seconds past the minute."""
    stopped_clock(monkeypatch, budgets, 29_000_000 * 60 + 25.0)


@pytest.fixture
def budget() -> str:
    return str(uuid.uuid4())


def send(budget: str, times: int, caller: Caller | None = None) -> None:
    for _ in range(times):
        upstream.spend(budget, caller)


def test_without_a_limit_a_warning_is_logged_above_the_documented_rate(
    budget: str, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 0
    with caplog.at_level(logging.WARNING):
        send(budget, 60)
        assert caplog.text == ""
        send(budget, 440)

    assert caplog.text.count("more than 60 requests") == 1


def test_requests_above_the_limit_are_refused(budget: str, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 5

    send(budget, 5)
    with pytest.raises(RateLimited) as caught:
        send(budget, 1)

    assert caught.value.retry_after_seconds == 36


def test_a_refused_caller_does_not_use_up_the_token(budget: str, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 10
    name = str(uuid.uuid4())

    send(budget, 1, Caller(name, 1))
    for _ in range(5):
        with pytest.raises(BudgetSpent):
            send(budget, 1, Caller(name, 1))

    assert budgets.remaining(budget, 10)[0] == 9


def test_the_name_of_a_budget_belongs_to_the_token_and_does_not_show_it() -> None:
    one, other = BearerToken("alto_sk_" + "a" * 30), BearerToken("alto_sk_" + "b" * 30)

    assert upstream.budget_of(one) == upstream.budget_of(BearerToken(one.reveal()))
    assert upstream.budget_of(one) != upstream.budget_of(other)
    assert one.reveal() not in upstream.budget_of(one)
