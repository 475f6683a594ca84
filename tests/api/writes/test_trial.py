"""Writes with faults, retries by key and killed workers: tests/api/writes/trial has the clients and the faults."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.api.writes import trial
from tests.api.writes.trial.clients import Heard, Said
from tests.api.writes.trial.verdict import faults_of_write

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow, pytest.mark.postgresql_only]


def test_sixty_writes_give_no_duplicate_and_no_lost_outcome() -> None:
    with trial.setting() as (portals, key, sandbox):
        verdict = trial.run(portals, key, sandbox, writes=60, seed=1)

    assert verdict.is_good, str(verdict)
    counts = verdict.counts
    assert min(counts["killed workers"], counts["unknown outcomes that a read has settled"]) > 0
    assert counts["writes that ended as applied"] + counts["writes that ended as refused"] >= 45


_ANSWER = Heard(Said.APPLIED, 200, change_id="a")
_UNKNOWN = Heard(Said.UNKNOWN, 504, "altostrat_outcome_unknown", "a")
_SETTLED = replace(_ANSWER, is_settled=True)
_NOT_APPLIED = Heard(Said.NOT_APPLIED, 409, "change_not_applied", "a")
_OUTAGE = Heard(Said.RETRY, 503, "portal_unavailable")
_IN_USE = Heard(Said.RETRY, 409, "idempotency_key_in_use")
_APPLIED, _LOST = {"status": 200}, {"status": None}


@pytest.mark.parametrize(
    ("heard", "arrived"),
    [
        ([_ANSWER], [_APPLIED]),
        ([_UNKNOWN, _SETTLED], [_APPLIED]),
        ([_UNKNOWN, _NOT_APPLIED], [_LOST]),
        ([_OUTAGE, _IN_USE, _NOT_APPLIED], []),
    ],
)
def test_the_trial_accepts_answers_that_agree_with_the_journal(
    heard: list[Heard], arrived: list[dict[str, int]]
) -> None:
    assert list(faults_of_write(heard, arrived, {"a": {}})) == []


@pytest.mark.parametrize(
    ("heard", "arrived"),
    [
        ([_ANSWER], [_LOST]),
        ([_UNKNOWN, _NOT_APPLIED], [_APPLIED]),
        ([_SETTLED], [_APPLIED]),
        ([_OUTAGE, _SETTLED], [_APPLIED]),
        ([_IN_USE, _NOT_APPLIED], []),
        ([_ANSWER, _NOT_APPLIED], [_APPLIED]),
        ([_ANSWER, replace(_ANSWER, change_id="b")], [_APPLIED]),
        ([replace(_ANSWER, change_id="c")], [_APPLIED]),
    ],
)
def test_the_trial_finds_answers_that_do_not(heard: list[Heard], arrived: list[dict[str, int]]) -> None:
    assert list(faults_of_write(heard, arrived, {"a": {}, "b": {}}))
