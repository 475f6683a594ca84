"""Limits per portal key and per Altostrat token, and what their headers state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from billing.services.storage import budgets
from billing.services.storage.shared_cache import SharedCache
from tests.api.conftest import EXAMPLE
from tests.api.in_process import Program, program_of
from tests.api.writes.test_writes import UPDATE
from tests.clock import Clock, stopped_clock
from tests.plugins.processes import Sandbox
from tests.tokens import SUPPORT

START = 29_000_000 * 60 + 25.0


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Clock:
    """Return a clock that starts 25 seconds past a minute, and small limits."""
    settings.API_REQUESTS_PER_MINUTE, settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 5, 3
    return stopped_clock(monkeypatch, budgets, START)


def outcome(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer["Retry-After"]


def test_the_headers_state_the_limits_and_what_is_left(program: Program) -> None:
    program.send(EXAMPLE)

    answer = program.send(EXAMPLE)

    assert answer["RateLimit-Policy"] == '"caller";q=5;w=60, "token";q=3;w=60'
    assert answer["RateLimit"] == '"caller";r=3;t=36, "token";r=1;t=36'


@pytest.mark.parametrize("path", ["nowhere", f"{EXAMPLE}?page=2", "changes/x"])
def test_requests_that_fail_count_against_the_key(
    program: Program, fresh_sandbox: Sandbox, path: str
) -> None:
    answers = [program.send(path) for _ in range(6)]

    assert answers[4]["RateLimit"] == '"caller";r=0;t=36'
    assert {answer.status_code for answer in answers[:5]} <= {400, 404}
    assert outcome(answers[5]) == (429, "too_many_requests", "36")
    assert outcome(program.send(EXAMPLE)) == (429, "too_many_requests", "36")
    assert fresh_sandbox.requests() == []


def test_the_limit_of_a_key_ends_with_the_minute(
    program: Program, clock: Clock, fresh_sandbox: Sandbox
) -> None:
    for _ in range(6):
        program.send("nowhere")
    clock.now += 36

    assert program.send(EXAMPLE).status_code == 200


def test_each_key_has_its_own_limit(program: Program) -> None:
    for _ in range(6):
        program.send("nowhere")

    assert Program(program.owner).send("nowhere").status_code == 404


def test_everyone_with_a_token_shares_its_limit(program: Program, fresh_sandbox: Sandbox) -> None:
    other = program_of("frank")
    assert [one.send(EXAMPLE).status_code for one in (program, other, program)] == [200] * 3

    answer = other.send(EXAMPLE)

    assert outcome(answer) == (429, "altostrat_rate_limited", "36")
    assert answer["RateLimit"] == '"caller";r=3;t=36, "token";r=0;t=36'
    assert len(fresh_sandbox.requests()) == 3


def test_a_write_counts_its_read_and_is_not_sent_above_the_limit(
    program: Program, fresh_sandbox: Sandbox
) -> None:
    for _ in range(2):
        program.send(EXAMPLE)

    answer = program.send(EXAMPLE, "PATCH", UPDATE)

    assert outcome(answer) == (429, "altostrat_rate_limited", "36")
    assert fresh_sandbox.writes() == []
    change = answer["Portal-Change"]
    assert program.send(f"changes/{change}").json()["outcome"] == "not_sent"


def test_a_429_pauses_everyone_with_the_token_until_it_reopens(
    program: Program, clock: Clock, fresh_sandbox: Sandbox, settings: Settings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 0
    other, unrelated = program_of("frank"), program_of("grace", SUPPORT)
    limited = "workspaces/ws_failures/billing-accounts/cus_ratelimited"

    assert outcome(program.send(limited)) == (429, "altostrat_rate_limited", "30")
    fresh_sandbox.clear()

    clock.now += 10
    assert outcome(other.send(EXAMPLE)) == (429, "altostrat_rate_limited", "20")
    assert outcome(program.send(EXAMPLE, "PATCH", UPDATE)) == (429, "altostrat_rate_limited", "20")
    assert fresh_sandbox.requests() == []
    assert unrelated.send("workspaces").status_code == 200
    clock.now += 20
    assert other.send(EXAMPLE).status_code == 200


@pytest.mark.parametrize(("account", "seconds"), [("cus_ratelimited", 30), ("cus_ratelimited_nohint", 5)])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_the_answer_to_a_429_states_the_pause(
    program: Program, fresh_sandbox: Sandbox, method: str, account: str, seconds: int
) -> None:
    path = f"workspaces/ws_failures/billing-accounts/{account}"

    answer = program.send(path, method, UPDATE if method == "PATCH" else None)

    assert outcome(answer) == (429, "altostrat_rate_limited", str(seconds))
    assert answer["RateLimit"] == f'"caller";r=4;t=36, "token";r=0;t={seconds}'


def test_limits_can_be_switched_off(program: Program, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 0

    answers = [program.send(EXAMPLE) for _ in range(7)]

    assert {answer.status_code for answer in answers} == {200}
    assert {"RateLimit", "RateLimit-Policy"}.isdisjoint(answers[-1].headers)


@pytest.mark.postgresql_only
def test_a_read_calls_redis_once(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    original = SharedCache._run_or

    def counted(*functions: Callable[[], Any]) -> Any:
        calls.append("call")
        return original(*functions)

    monkeypatch.setattr(SharedCache, "_run_or", staticmethod(counted))

    program.send(EXAMPLE)
    program.send("nowhere")

    assert len(calls) == 2
