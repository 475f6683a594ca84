"""A real Redis and real workers. Both are the tests' own, because they are stopped and killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.plugins import services
from tests.plugins.command_line import Program
from tests.plugins.processes import ROOT, Portal, Sandbox, running_portal, running_sandbox
from tests.tokens import FINANCE, SUPPORT

_WAIT_SECONDS = 90


@dataclass
class Worker:
    """A running worker, with its log."""

    program: Program
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the fields of all lines; fails if one is not a JSON object."""
        return [dict(json.loads(line)) for line in self.log.splitlines()]

    def children(self) -> list[int]:
        listed = subprocess.run(
            ["pgrep", "-P", str(self.program.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in listed.stdout.split()]

    def kill_children(self) -> None:
        for pid in self.children():
            os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """Kill the worker and its children, as a machine that fails does."""
        for pid in (self.program.pid, *self.children()):
            os.kill(pid, signal.SIGKILL)
        self.program.close()


def ask(office: Portal, code: str) -> Any:
    """Run code with the portal's database. Return the value of its variable `out`."""
    whole = f"""
import json
from billing.models import *
out = None
{code}
print(json.dumps(out))
"""
    return json.loads(office.manage("shell", "--no-imports", "-c", whole).splitlines()[-1])


def wait_until(is_true: Callable[[], bool], what: Callable[[], str] = lambda: "") -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not is_true():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


@pytest.fixture(scope="package")
def broker() -> Iterator[str]:
    with services.redis() as url:
        yield url


@pytest.fixture(scope="package")
def queue(broker: str) -> Redis:
    return Redis.from_url(broker)


@pytest.fixture(scope="package")
def slow_sandbox() -> Iterator[Sandbox]:
    """Yield a sandbox whose answers take a while, so that a worker can be killed in the middle."""
    with running_sandbox("", "--latency-ms", "150") as running:
        yield running


@pytest.fixture(scope="package")
def office(
    broker: str, slow_sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Yield a portal with a task queue, alice and carol."""
    folder = tmp_path_factory.mktemp("office")
    with running_portal(
        folder, slow_sandbox.url, CELERY_BROKER_URL=broker, WORKER_CONCURRENCY="1"
    ) as running:
        running.staff("alice", "editor", FINANCE)
        running.staff("carol", "viewer", SUPPORT)
        yield running


@contextmanager
def running_worker(
    office: Portal, folder: Path, queue: Redis, program: str = "bin/worker"
) -> Iterator[Worker]:
    log = folder / f"{program.replace('/', '-')}.log"
    log.touch()
    with closing(Program([str(ROOT / program)], office.environment, log)) as running:
        worker = Worker(running, log)
        if program == "bin/worker":
            queue.delete("billing-portal:worker")
            wait_until(lambda: bool(queue.exists("billing-portal:worker")), lambda: worker.log)
        yield worker


@pytest.fixture
def worker(office: Portal, tmp_path: Path, queue: Redis) -> Iterator[Worker]:
    with running_worker(office, tmp_path, queue) as running:
        yield running
