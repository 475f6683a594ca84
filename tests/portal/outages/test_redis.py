"""The portal while Redis is down, stalled, slow, something else, or holds garbage."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis as redis_client
import requests

from billing.services.storage.shared_cache import SECONDS_PER_REQUEST, _Health
from tests.journeys.changes.visitor import Visitor
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.plugins.services import free_port, redis
from tests.portal.outages.conftest import until
from tests.tokens import FINANCE

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only]

ACCOUNT = "workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"
WARNING = "each process counts for itself"


@dataclass
class Installation:
    portal: Portal
    key: str

    def api(self) -> int:
        headers = {"Authorization": f"Bearer {self.key}"}
        return requests.get(f"{self.portal.url}/api/v1/{ACCOUNT}", headers=headers, timeout=20).status_code

    @property
    def uses_redis(self) -> bool:
        """Return whether Redis answered last. On a busy machine it may need longer than a request may wait."""
        return self.portal.log.rfind(WARNING) <= self.portal.log.rfind("Redis answers again")

    def wait_for_redis(self) -> None:
        self._call_until(lambda: self.uses_redis)

    def counts_in(self, client: redis_client.Redis) -> None:
        """Wait until requests are counted in Redis, in numbers that are no garbage."""

        def counts(name: bytes) -> bool:
            found = client.get(name) if client.type(name) == b"string" else None
            return found is not None and found.isdigit() and 0 < int(found) < 1000

        self._call_until(lambda: any(map(counts, client.scan_iter("*:requests:*"))))

    def _call_until(self, holds: Callable[[], bool]) -> None:
        def holds_after_a_call() -> bool:
            self.api()
            return holds()

        until(holds_after_a_call)

    def works(self) -> None:
        """Sign in, open a page, call the API, and refuse a caller."""
        assert [self.api() for _ in range(3)] == [200, 200, 200]
        Visitor(self.portal, "alice").sign_in().get("/workspaces/")
        refused = requests.get(
            f"{self.portal.url}/api/v1/{ACCOUNT}", headers={"Authorization": "Bearer abp_wrong"}, timeout=20
        )
        assert refused.status_code == 401
        ready = requests.get(f"{self.portal.url}/readyz", timeout=2)
        assert ready.status_code == 200


@contextmanager
def desk_with(folder: Path, sandbox: Sandbox, cache_url: str) -> Iterator[Installation]:
    with running_portal(folder, sandbox.url, CACHE_URL=cache_url) as portal:
        portal.staff("alice", "editor", FINANCE)
        yield Installation(portal, portal.key("alice", "billing:read"))


def talk(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that answers each connection in its own way."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(connection,), daemon=True).start()

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def silent(connection: socket.socket) -> None:
    connection.recv(1)
    time.sleep(20)


def dripping(connection: socket.socket) -> None:
    connection.recv(4096)
    for _ in range(500):
        connection.sendall(b"+")
        time.sleep(SECONDS_PER_REQUEST / 4)


def web_server(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def nonsense(connection: socket.socket) -> None:
    while connection.recv(4096):
        connection.sendall(b":not a number\r\n$-7\r\n*x\r\n")


def refusing(connection: socket.socket) -> None:
    while connection.recv(4096):
        connection.sendall(b"-OOM command not allowed when used memory > 'maxmemory'.\r\n")


@pytest.mark.parametrize("answer", [silent, dripping, web_server, nonsense, refusing])
def test_the_portal_works_with_a_server_that_is_no_redis(
    answer: Callable[[socket.socket], None], tmp_path: Path, sandbox: Sandbox, static_files: None
) -> None:
    for url in talk(answer):
        with desk_with(tmp_path, sandbox, url) as installation:
            installation.works()
            assert installation.portal.log.count(WARNING) == 1
            ready = requests.get(f"{installation.portal.url}/readyz", timeout=2).json()
            assert ready["checks"]["cache"]["state"] == "unavailable"


def test_the_portal_works_without_redis(tmp_path: Path, sandbox: Sandbox, static_files: None) -> None:
    with desk_with(tmp_path, sandbox, f"redis://127.0.0.1:{free_port()}/0") as installation:
        installation.works()
        assert installation.portal.log.count(WARNING) == 1


def test_the_throttle_of_passwords_works_without_redis(
    tmp_path: Path, sandbox: Sandbox, static_files: None
) -> None:
    with desk_with(tmp_path, sandbox, f"redis://127.0.0.1:{free_port()}/0") as installation:
        visitor = Visitor(installation.portal, "alice")
        form = {"username": "alice", "password": "wrong"}
        statuses = [
            visitor.post("/accounts/sign-in/", form, page="/accounts/sign-in/").status_code for _ in range(11)
        ]
        assert statuses[-1] == 429
        assert 429 not in statuses[:9]


def test_a_stalled_redis_is_used_again_when_it_answers(
    tmp_path: Path, sandbox: Sandbox, static_files: None
) -> None:
    with redis() as url, redis_client.Redis.from_url(url) as client:
        pid = int(client.info("server")["process_id"])
        with desk_with(tmp_path, sandbox, url) as installation:
            installation.works()
            installation.wait_for_redis()
            earlier = installation.portal.log.count(WARNING)
            os.kill(pid, signal.SIGSTOP)
            try:
                installation.works()
            finally:
                os.kill(pid, signal.SIGCONT)
            assert installation.portal.log.count(WARNING) == earlier + 1
            installation.wait_for_redis()
            installation.works()


def test_earlier_calls_do_not_end_an_outage() -> None:
    health, began_at = _Health(), time.monotonic()
    health.note(TimeoutError(), began_at)
    health.note(None, began_at)
    assert not health.is_good

    health.note(None, time.monotonic())
    assert health.is_good


@pytest.fixture(scope="module")
def with_redis(
    tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, static_files: None
) -> Iterator[tuple[Installation, redis_client.Redis]]:
    """Yield an installation with a Redis, and a client of it."""
    folder = tmp_path_factory.mktemp("redis")
    with (
        redis() as url,
        redis_client.Redis.from_url(url) as client,
        desk_with(folder, sandbox, url) as running,
    ):
        yield running, client


@pytest.mark.parametrize("value", [b"garbage", b"\x80\x04.", b"", b"[1, 2]", b"9" * 30, b'"text"', None])
def test_garbage_is_overwritten(
    value: bytes | None, with_redis: tuple[Installation, redis_client.Redis]
) -> None:
    installation, client = with_redis
    client.flushdb()
    installation.works()
    installation.counts_in(client)
    for name in client.scan_iter("*"):
        client.delete(name)
        if value is None:
            client.rpush(name, "a list")
        else:
            client.set(name, value)
    installation.works()
    installation.counts_in(client)
    lines = installation.portal.log_lines
    assert not [line for line in lines if line.get("status") == 500]
    causes = {line["event"].partition(WARNING)[0] for line in lines if WARNING in line["event"]}
    assert all(cause.endswith("(TimeoutError): ") for cause in causes), causes
