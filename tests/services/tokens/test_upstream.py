"""Requests are counted per token in the shared cache."""

from __future__ import annotations

import logging
import uuid
from types import SimpleNamespace

import pytest
from pytest_django import Settings

from billing.altostrat.errors import RateLimited
from billing.services.tokens import upstream


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the clock to 25 seconds past the minute."""
    monkeypatch.setattr(upstream, "time", SimpleNamespace(time=lambda: 29_000_000 * 60 + 25.0))


@pytest.fixture
def budget() -> str:
    return str(uuid.uuid4())


def send(budget: str, times: int) -> None:
    for _ in range(times):
        upstream.count_request(budget)


def test_requests_are_not_limited_by_default(budget: str) -> None:
    send(budget, 500)


def test_warning_is_logged_above_the_documented_rate(budget: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        send(budget, 60)
        assert budget not in caplog.text
        send(budget, 1)

    assert budget in caplog.text


def test_requests_above_the_configured_limit_are_refused(budget: str, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 5

    send(budget, 5)
    with pytest.raises(RateLimited) as caught:
        send(budget, 1)

    assert caught.value.retry_after_seconds == 36


def test_each_token_has_its_own_budget(budget: str, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 5

    send(budget, 5)
    send(str(uuid.uuid4()), 5)
