"""A real Redis and real workers. Both are the tests' own, because they are stopped and killed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from billing.services.task_queue import broker
from tests.plugins import services
from tests.plugins.command_line import Server
from tests.plugins.processes import Portal, Sandbox, running_portal, running_sandbox
from tests.plugins.smtp import MailServer
from tests.tokens import COMPANY, SUPPORT

_WAIT_SECONDS = 120
# Tokens, people, customers and their IDs.
SECRETS = (
    COMPANY,
    SUPPORT,
    "alto_sk",
    "alice",
    "carol",
    "portal.example",
    "cus_",
    "ws_",
    "Prairie",
    "pass phrase",
)
_HEARTBEAT = broker._HEARTBEAT


@dataclass
class Worker:
    """A running worker, with its log."""

    program: Server
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the fields of all lines; fails if one is not a JSON object."""
        return [dict(json.loads(line)) for line in self.log.splitlines()]

    def runs(self, task: str) -> list[str]:
        """Return the outcomes of all runs of a task, waiting ones included."""
        runs = [line for line in self.lines if line["event"] == "task run"]
        return [str(line["outcome"]) for line in runs if line["task"] == task]

    def kill(self) -> None:
        """Kill the worker and its children, as a machine that fails does."""
        listed = subprocess.run(
            ["pgrep", "-P", str(self.program.pid)], capture_output=True, text=True, check=False
        )
        for pid in (self.program.pid, *map(int, listed.stdout.split())):
            os.kill(pid, signal.SIGKILL)
        self.program.close()


class Commands:
    """All commands that Redis gets: https://redis.io/docs/latest/commands/monitor/"""

    def __init__(self, queue: Redis) -> None:
        options = queue.connection_pool.connection_kwargs
        self._socket = socket.create_connection((options["host"], options["port"]))
        self._socket.sendall(b"MONITOR\r\n")
        self._received = bytearray()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def texts(self) -> str:
        """Return the commands, and in clear what they have in Base64."""
        received = bytes(self._received)
        parts = re.findall(rb"[A-Za-z0-9+/]{16,}={0,2}", received)
        decoded = [b64decode(part) for part in parts if len(part) % 4 == 0]
        return b"\n".join([received, *decoded]).decode(errors="replace")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while data := self._socket.recv(65536):
                self._received += data


@dataclass
class Office:
    """A portal with a task queue, for alice and carol. Its Altostrat takes a while to answer."""

    portal: Portal
    altostrat: Sandbox
    queue: Redis
    mail: MailServer
    commands: Commands

    def ask(self, code: str) -> Any:
        """Run code with the portal's database. Return the value of its variable `out`."""
        whole = f"""
import json
from billing.models import *
out = None
{code}
print(json.dumps(out))
"""
        printed = self.portal.manage("shell", "--no-imports", "-c", whole)
        return json.loads(printed.splitlines()[-1])

    def signed_in(self, name: str) -> requests.Session:
        """Return a person's browser, without scripts."""
        session, address = requests.Session(), f"{self.portal.url}/accounts/sign-in/"
        session.get(address, timeout=60)
        credentials = {"username": name, "password": self.portal.passwords[name], "next": "/account/"}
        token = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
        answer = session.post(address, credentials | token, timeout=60)
        assert answer.url.endswith("/account/"), answer.url
        return session

    def is_running(self) -> bool:
        """Return whether a worker has begun a task."""
        return bool(self.ask("out = BackgroundTask.objects.exclude(holder=None).exists()"))

    def waiting(self) -> int:
        """Return how many tasks wait or run."""
        return int(self.ask("out = BackgroundTask.objects.count()"))

    def wait_for_tasks(self, worker: Worker) -> None:
        """Wait until no task waits or runs. The pause is longer, because each question costs CPU time."""
        wait_until(lambda: self.waiting() == 0, worker, pause=0.5)

    def enqueue(self, name: str, subject: str = "", owner: str = "alice") -> None:
        """Enqueue a task, whether a worker lives or not."""
        self.ask(f"""
from billing.services.task_queue import queue
row, _ = queue.add({name!r}, {subject!r}, User.objects.get(username={owner!r}))
assert queue.send(row)
""")


def wait_until(is_true: Callable[[], object], worker: Worker, pause: float = 0.1) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not is_true():
        assert time.monotonic() < deadline, worker.log[-5000:]
        time.sleep(pause)


@pytest.fixture(scope="package")
def _office(static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with (
        services.redis() as queue_url,
        running_sandbox("", "--latency-ms", "100") as sandbox,
        MailServer() as mail,
    ):
        threading.Thread(target=mail.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        folder = tmp_path_factory.mktemp("office")
        settings = {
            "AUDIT_HEAD_FILE": str(folder / "audit-head"),
            "CELERY_BROKER_URL": queue_url,
            "WORKER_CONCURRENCY": "1",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail.server_address[1]}",
            "EMAIL_FROM": "billing@portal.example",
            "PORTAL_URL": "https://billing.example",
        }
        with running_portal(folder, sandbox.url, **settings) as portal:
            queue = Redis.from_url(queue_url)
            portal.staff("alice", "editor", COMPANY)
            portal.staff("carol", "viewer", SUPPORT)
            with closing(Commands(queue)) as commands:
                yield Office(portal, sandbox, queue, mail, commands)
        mail.shutdown()


@pytest.fixture
def office(_office: Office) -> Iterator[Office]:
    """Yield the portal, with an empty queue and no scans."""
    _office.ask("BackgroundTask.objects.all().delete(); Scan.objects.all().delete()")
    _office.queue.flushdb()
    _office.altostrat.reset()
    _office.mail.raw.clear()
    yield _office
    _office.altostrat.no_faults()
    found = [secret for secret in SECRETS if secret in _office.commands.texts]
    assert not found, "the queue is not encrypted"


def living_worker(office: Office) -> None:
    """Let the portal believe that a worker has just lived."""
    office.queue.set(_HEARTBEAT, "", px=broker._LIFE_SECONDS * 1000)


@contextmanager
def running_worker(office: Office, folder: Path, **settings: str) -> Iterator[Worker]:
    log = folder / "worker.log"
    log.touch()
    office.queue.delete(_HEARTBEAT)
    with closing(Server({**office.portal.environment, **settings}, log, "bin/worker")) as running:
        worker = Worker(running, log)
        wait_until(lambda: office.queue.exists(_HEARTBEAT), worker)
        yield worker


@pytest.fixture
def worker(office: Office, tmp_path: Path) -> Iterator[Worker]:
    with running_worker(office, tmp_path) as running:
        yield running
