"""Idempotency-Key across replicas, and after a worker was killed while it sent a write."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.tokens import FINANCE

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]

BODY = {"description": "Killed"}
# As if the worker had been killed two minutes ago.
_LATER = """
from datetime import timedelta
from django.db.models import F
from billing.models import Change, IdempotencyKey, UsedOnce
Change.objects.exclude(sent_at=None).update(sent_at=F('sent_at') - timedelta(minutes=2))
IdempotencyKey.objects.update(claimed_at=F('claimed_at') - timedelta(minutes=2))
UsedOnce.objects.all().delete()  # the lock of the object has expired
"""


@pytest.fixture(scope="module")
def first(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with running_portal(tmp_path_factory.mktemp("first"), sandbox.url) as portal:
        portal.staff("alice", "editor", FINANCE)
        yield portal


@pytest.fixture(scope="module")
def second(first: Portal, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    database = first.environment["DATABASE_URL"]
    with running_portal(tmp_path_factory.mktemp("second"), sandbox.url, DATABASE_URL=database) as portal:
        yield portal


@pytest.fixture(scope="module")
def key(first: Portal) -> str:
    return first.key("alice", "billing:write")


def write(portal: Portal, key: str, name: str) -> requests.Response:
    return Caller(portal.url, key).get(EXAMPLE, method="PATCH", json=BODY, headers={"Idempotency-Key": name})


def test_another_replica_returns_the_first_answer(
    first: Portal, second: Portal, key: str, fresh_sandbox: Sandbox
) -> None:
    answers = [write(portal, key, "replicas") for portal in (first, second)]

    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len(fresh_sandbox.writes()) == 1


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("hang_after", 200, None), ("hang_before", 409, "change_not_applied")]
)
def test_a_killed_worker_leaves_one_write(
    first: Portal, second: Portal, key: str, fresh_sandbox: Sandbox, fault: str, status: int, code: str | None
) -> None:
    fresh_sandbox.fault(fault, method="PATCH")
    sender = threading.Thread(target=_in_vain, args=(first, key, fault))
    sender.start()
    _until(lambda: len(fresh_sandbox.writes()) == 1)
    for worker in first.workers():
        os.kill(worker, signal.SIGKILL)
    sender.join()

    assert write(second, key, fault).json()["code"] == "idempotency_key_in_use"
    first.manage("shell", "-c", _LATER)
    settled = write(second, key, fault)
    assert (settled.status_code, settled.json().get("code")) == (status, code)
    _until(lambda: requests.get(f"{first.url}/readyz", timeout=5).status_code == 200)
    assert write(first, key, fault).status_code == status
    assert len(fresh_sandbox.writes()) == 1


def _in_vain(portal: Portal, key: str, name: str) -> None:
    with suppress(requests.RequestException):
        write(portal, key, name)


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with suppress(requests.RequestException):
            if condition():
                return
        time.sleep(0.1)
    raise AssertionError("The condition was not met within 30 seconds.")
