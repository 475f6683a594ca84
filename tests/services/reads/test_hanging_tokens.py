"""Many callers whose tokens hang, beside others. It counts outcomes while they hang, and does not measure times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.tokens import COMPANY, FINANCE

pytestmark = pytest.mark.slow

_PATHS = [
    EXAMPLE,
    f"{EXAMPLE}/subscriptions",
    f"{EXAMPLE}/payment-methods",
    f"{EXAMPLE}/invoices",
    "workspaces",
]


@pytest.fixture(scope="module")
def crowded(
    sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Run a portal with one process, which waits for Altostrat for a while."""
    patient = {"ALTOSTRAT_DEADLINE": "15", "ALTOSTRAT_READ_TIMEOUT": "15"}
    with running_portal(tmp_path_factory.mktemp("crowded"), sandbox.url, **patient) as running:
        yield running


@pytest.fixture
def callers(crowded: Portal) -> Callable[[str, int, str], list[Caller]]:
    """Create programs of people who have this token."""

    def create(name: str, number: int, token: str) -> list[Caller]:
        keys = []
        for index in range(number):
            crowded.staff(f"{name}{index}", "viewer", token)
            keys.append(crowded.key(f"{name}{index}", "billing:read"))
        return [Caller(crowded.url, key) for key in keys]

    return create


def get(caller: Caller, path: str) -> requests.Response | None:
    """Return a response, or None if it hangs."""
    try:
        return Caller(caller.base, caller.key).get(path)
    except requests.Timeout:
        return None


def status(caller: Caller) -> int | None:
    answer = get(caller, EXAMPLE)
    return None if answer is None else answer.status_code


def test_tokens_that_hang_do_not_affect_others(
    callers: Callable[[str, int, str], list[Caller]], fresh_sandbox: Sandbox
) -> None:
    hanging, others = callers("hanging", 12, COMPANY), callers("other", 3, FINANCE)
    fresh_sandbox.fault("hang_before", times=None, token=COMPANY)

    with ThreadPoolExecutor(200) as pool:
        waiting = [pool.submit(get, hanging[index % 12], _PATHS[index % len(_PATHS)]) for index in range(200)]
        answers = [get(others[index % 3], _PATHS[index % len(_PATHS)]) for index in range(30)]
        still_hanging = sum(not one.done() for one in waiting)
        _until(lambda: {status(caller) for caller in hanging} == {503})
        refused = [answer for one in waiting if one.done() and (answer := one.result()) is not None]
        fresh_sandbox.no_faults()
        _until(lambda: {status(caller) for caller in hanging} == {200})

    assert still_hanging > 0
    assert sum(answer is not None and answer.status_code == 200 for answer in answers) >= 27
    assert refused
    for answer in refused:
        assert answer.status_code == 504 or answer.json()["code"] == "altostrat_unavailable"
        assert answer.status_code == 504 or int(answer.headers["Retry-After"]) > 0
    assert 503 in {answer.status_code for answer in refused}


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 40
    while not holds():
        assert time.monotonic() < end, "the condition never held"
        time.sleep(0.2)
