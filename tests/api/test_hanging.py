"""Altostrat hangs for a dozen tokens with many clients: what happens to them, and to everybody else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller
from tests.plugins.processes import Portal, Sandbox, running_portal, running_sandbox

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only]

HANGING = [f"hang{number}" for number in range(12)]
OTHERS = [f"good{number}" for number in range(6)]
CLIENTS_OF_EACH = 6
TOKENS = {name: f"alto_sk_{name:x<40}" for name in (*HANGING, *OTHERS)}
# Longer than it takes until a call counts as hanging.
PATIENT = {"ALTOSTRAT_READ_TIMEOUT": "6", "ALTOSTRAT_DEADLINE": "9"}
PEOPLE = """
from tests.services.cast import actor_called
from billing.roles import Permission
from billing.services.people import keys
for name, token in {tokens}.items():
    actor = actor_called(name, token=token)
    print(name, keys.issue(actor, name="test", scopes=[Permission.BILLING_READ])[1])
"""


@dataclass(frozen=True)
class Company:
    """People with a token and a portal key each."""

    sandbox: Sandbox
    portal: Portal
    keys: dict[str, str]

    def read(self, name: str, number: int = 0) -> requests.Response:
        """Read an account. Each number is another read, because equal ones share a call."""
        path = f"{EXAMPLE}/invoices?limit={number + 1}"
        return Caller(self.portal.url, self.keys[name]).get(path)


@pytest.fixture(scope="module")
def company(static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    allowed = "{" + ", ".join(f'"{token}": ["*"]' for token in TOKENS.values()) + "}"
    with (
        running_sandbox(allowed) as sandbox,
        running_portal(tmp_path_factory.mktemp("portal"), sandbox.url, **PATIENT) as portal,
    ):
        printed = portal.manage("shell", "-v0", "-c", PEOPLE.format(tokens=TOKENS))
        yield Company(sandbox, portal, dict(line.split() for line in printed.splitlines()))


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.1)


def arrived(sandbox: Sandbox) -> set[str]:
    """Return the tokens of the requests that arrived, as digests."""
    return {row["authorization_sha256"] for row in sandbox.requests()}


def test_a_dozen_hanging_tokens_stop_nobody_else(company: Company) -> None:
    for name in HANGING:
        company.sandbox.fault("hang_before", token=TOKENS[name], times=None)
    company.sandbox.clear()
    with ThreadPoolExecutor(len(HANGING) * CLIENTS_OF_EACH) as pool:
        waiting: list[Future[requests.Response]] = [
            pool.submit(company.read, name, number) for number in range(CLIENTS_OF_EACH) for name in HANGING
        ]
        wait_until(lambda: len(arrived(company.sandbox)) == len(HANGING))
        served = [company.read(name) for name in OTHERS for _ in range(3)]
        still_waiting = sum(not one.done() for one in waiting)
        ended = [one.result() for one in waiting]

    assert [answer.status_code for answer in served] == [200] * len(served)
    assert still_waiting, "The others were served only after those that hang."
    surplus = [answer for answer in ended if answer.status_code == 503]
    assert {answer.status_code for answer in ended} == {503, 504}
    assert all("Retry-After" in answer.headers for answer in surplus)

    company.sandbox.no_faults()
    wait_until(lambda: all(company.read(name).status_code == 200 for name in TOKENS))
