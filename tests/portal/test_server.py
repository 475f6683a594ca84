"""The production server, `bin/serve`, with hostile callers and with signals."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import requests

from tests.plugins.processes import ROOT, Portal, Sandbox, running_portal
from tests.tokens import FINANCE

pytestmark = [pytest.mark.sqlite_only, pytest.mark.slow]

SECONDS = 60  # a busy machine takes long; the server's own limits are far below
SIGN_IN = "/accounts/sign-in/"
ACCOUNT = "/api/v1/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"
SLOW_BODY = f"POST {SIGN_IN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nusername="
SECOND = "GET /second HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file with the portal's host names, for tests that change a setting."""
    path = tmp_path_factory.mktemp("settings") / "hosts"
    path.write_text("127.0.0.1")
    return path


@pytest.fixture(scope="module")
def server(hosts: Path, static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Yield a portal of two workers, without Altostrat."""
    folder = tmp_path_factory.mktemp("server")
    settings = {"WEB_CONCURRENCY": "2", "ALLOWED_HOSTS_FILE": str(hosts)}
    with running_portal(folder, "http://127.0.0.1:1", command=["bin/serve"], **settings) as running:
        yield running


@pytest.fixture
def stoppable(sandbox: Sandbox, static_files: None, tmp_path: Path) -> Iterator[Portal]:
    """Yield a portal that the test may stop."""
    patient = {"ALTOSTRAT_READ_TIMEOUT": "50", "ALTOSTRAT_DEADLINE": "50", "WEB_CONCURRENCY": "2"}
    with running_portal(tmp_path, sandbox.url, command=["bin/serve"], **patient) as running:
        yield running


def connect(portal: Portal, text: str = "") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(portal.environment["PORT"])), timeout=SECONDS)
    connection.sendall(text.encode())
    return connection


@contextmanager
def connections(portal: Portal, number: int, text: str = "") -> Iterator[list[socket.socket]]:
    """Open this many connections which have all sent the same text."""
    with ExitStack() as stack:
        yield [stack.enter_context(connect(portal, text)) for _ in range(number)]


def answer(connection: socket.socket) -> str:
    """Return what arrives until the server closes the connection."""
    received = b""
    while piece := connection.recv(65_536):
        received += piece
    return received.decode()


def assert_answers(portal: Portal, path: str = "/healthz") -> None:
    for _ in range(5):
        assert requests.get(portal.url + path, timeout=20).status_code == 200


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 2 * SECONDS
    while not holds():
        assert time.monotonic() < end, "the condition never held"
        time.sleep(0.1)


@pytest.mark.parametrize(
    "headers",
    [
        "Transfer-Encoding: chunked",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer_Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: gzip",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5",
        "Content-Length : 5",
    ],
)
@pytest.mark.parametrize("path", [SIGN_IN, "/healthz", "/api/v1/workspaces"])
def test_request_with_ambiguous_length_is_refused(server: Portal, path: str, headers: str) -> None:
    with connect(
        server, f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n\r\n0\r\n\r\n"
    ) as connection:
        first = answer(connection)

    assert re.match(r"HTTP/1\.1 4(00|11) ", first)
    assert "/second" not in server.log


def test_request_after_an_ambiguous_length_is_not_answered(server: Portal) -> None:
    head = f"POST {SIGN_IN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connect(server, f"{head}0\r\n\r\n{SECOND}") as connection:
        assert answer(connection).count("HTTP/1.1 ") == 1


def test_refusal_has_a_request_id_and_forbids_caching(server: Portal) -> None:
    head = f"POST {SIGN_IN} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connect(server, f"{head}0\r\n\r\n") as connection:
        refusal = answer(connection)

    (request_id,) = re.findall(r"x-request-id: (\w{32})", refusal)
    assert refusal.count(request_id) == 2
    assert "cache-control: no-store" in refusal


@pytest.mark.parametrize("text", ["", "GET /healthz HTTP/1.1\r\nHost:"])
def test_connection_without_a_complete_head_is_closed(server: Portal, text: str) -> None:
    with connect(server, text) as connection:
        assert answer(connection) == ""


def test_body_that_ends_early_is_refused(server: Portal) -> None:
    with connect(server, SLOW_BODY) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert "The request ended early" in answer(connection)


def test_health_check_answers_next_to_silent_connections(server: Portal) -> None:
    with connections(server, 500):
        assert_answers(server)


def test_health_check_answers_next_to_incomplete_requests(server: Portal) -> None:
    with connections(server, 400, "GET / HTTP/1.1\r\nHost:"), connections(server, 200, SLOW_BODY):
        assert_answers(server)
        assert_answers(server, SIGN_IN)


def test_callers_that_read_nothing_leave_threads_to_others(server: Portal) -> None:
    name = next(path.name for path in ROOT.glob("staticfiles/**/*.css") if path.stat().st_size > 500_000)
    folder = next(path for path in (ROOT / "staticfiles").rglob(name)).parent.relative_to(
        ROOT / "staticfiles"
    )
    large = f"GET /static/{folder}/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with connections(server, 300, large):
        assert_answers(server)
        assert_answers(server, SIGN_IN)


def test_request_line_may_have_8_kilobytes(server: Portal) -> None:
    path = f"{SIGN_IN}?next=/{'a' * 8_192}"
    assert requests.get(server.url + path, timeout=SECONDS).status_code == 200


def test_access_log_line_contains_nothing_that_the_caller_wrote(server: Portal) -> None:
    identifiers = {"ws_forged4711", "cus_forged4711"}
    path = "/workspaces/ws_forged4711/billing-accounts/cus_forged4711/%0aforged%1b%22?q=forged"
    headers = {
        "User-Agent": "forged",
        "Referer": "forged",
        "X-Request-ID": "forged-4711",
        "X-Forwarded-For": "forged",
    }
    with connect(
        server,
        f"FORGED {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        + "\r\n",
    ) as connection:
        (request_id,) = re.findall(r"x-request-id: (\w{32})", answer(connection))
    known = requests.get(
        f"{server.url}/workspaces/ws_forged4711/billing-accounts/", timeout=SECONDS, allow_redirects=False
    )

    lines = {line["request_id"]: line for line in server.log_lines if line["logger"] == "portal.access"}
    line = lines[request_id]
    assert (line["method"], line["route"]) == ("other", "-")
    assert line["status"] in (403, 404, 405)
    line = lines[known.headers["X-Request-ID"]]
    assert (line["method"], line["route"]) == ("GET", "/workspaces/<str:workspace_id>/billing-accounts/")
    assert not any(one in server.log for one in identifiers | {"forged"})


def test_lines_of_django_have_the_request_id_and_no_ids_of_the_path(server: Portal) -> None:
    server.staff("lena", "viewer", FINANCE)
    headers = {"Authorization": f"Bearer {server.key('lena', 'billing:read')}"}

    failed = requests.get(f"{server.url}{ACCOUNT}", headers=headers, timeout=SECONDS)

    assert failed.status_code == 502
    lines = [line for line in server.log_lines if line["logger"] == "django.request"]
    assert failed.headers["X-Request-ID"] in {line["request_id"] for line in lines}
    assert not any(ACCOUNT in str(line) for line in lines)


def test_headers_of_callers_that_are_no_proxies_are_ignored(server: Portal) -> None:
    headers = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "Script-Name": "/evil",
        "Script_Name": "/evil",
    }
    headers |= {"X-Request-ID": "forged-4711", "Proxy": "http://evil.example"}
    page = requests.get(f"{server.url}/account/", headers=headers, timeout=SECONDS, allow_redirects=False)

    assert page.headers["Location"] == f"{SIGN_IN}?next=/account/"
    assert page.headers["X-Request-ID"] != "forged-4711"


def test_killed_workers_are_replaced_every_time(server: Portal) -> None:
    for _ in range(3):
        until(lambda: len(server.workers()) == 2)
        killed = server.workers()
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        until(partial(_are_replaced, server, killed))

    assert requests.get(f"{server.url}/healthz", timeout=SECONDS).status_code == 200


def _are_replaced(server: Portal, killed: set[int]) -> bool:
    return len(server.workers() - killed) == 2


def test_reload_loses_no_request_and_reads_the_settings(server: Portal, hosts: Path) -> None:
    before, statuses, stop = server.workers(), list[int](), threading.Event()
    senders = [threading.Thread(target=_send_until, args=(server, stop, statuses)) for _ in range(4)]
    for sender in senders:
        sender.start()
    hosts.write_text("127.0.0.1,other.example")
    os.kill(server.pid, signal.SIGHUP)
    until(lambda: len(server.workers()) == 2 and not server.workers() & before)
    stop.set()
    for sender in senders:
        sender.join()
    other = requests.get(server.url + SIGN_IN, headers={"Host": "other.example"}, timeout=SECONDS)

    assert len(statuses) > len(senders)
    assert set(statuses) == {200}
    assert other.status_code == 200


def _send_until(portal: Portal, stop: threading.Event, statuses: list[int]) -> None:
    while not stop.is_set():
        try:
            statuses.append(requests.get(f"{portal.url}/healthz", timeout=SECONDS).status_code)
        except requests.RequestException:
            statuses.append(0)
        stop.wait(0.05)  # leaves time to the new workers


def test_reload_with_wrong_settings_keeps_the_workers(server: Portal, hosts: Path) -> None:
    until(lambda: len(server.workers()) == 2)
    before = server.workers()
    hosts.rename(hosts.with_suffix(".old"))
    os.kill(server.pid, signal.SIGHUP)
    until(lambda: "the workers were not replaced" in server.log)
    hosts.with_suffix(".old").rename(hosts)

    assert server.workers() == before
    assert "ALLOWED_HOSTS_FILE names a file that cannot be read" in server.log
    assert_answers(server)


def test_running_requests_finish_when_the_server_stops(stoppable: Portal, fresh_sandbox: Sandbox) -> None:
    stoppable.staff("alice", "viewer", FINANCE)
    headers = {"Authorization": f"Bearer {stoppable.key('alice', 'billing:read')}"}
    fresh_sandbox.fault("delay:3", ACCOUNT.removeprefix("/api/v1"), times=None)
    fresh_sandbox.clear()

    def status(path: str) -> int:
        return requests.get(stoppable.url + ACCOUNT + path, headers=headers, timeout=SECONDS).status_code

    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(status, path) for path in ("", "/invoices", "/subscriptions")]
        until(lambda: len(fresh_sandbox.requests()) == len(sent))
        os.kill(stoppable.pid, signal.SIGTERM)

    assert [one.result() for one in sent] == [200] * len(sent)
    until(lambda: not _is_running(stoppable.pid))


def test_connections_are_answered_or_refused_while_the_server_stops(
    stoppable: Portal, fresh_sandbox: Sandbox
) -> None:
    stoppable.staff("alice", "viewer", FINANCE)
    headers = {"Authorization": f"Bearer {stoppable.key('alice', 'billing:read')}"}
    fresh_sandbox.fault("delay:3", ACCOUNT.removeprefix("/api/v1"), times=None)
    fresh_sandbox.clear()
    with ThreadPoolExecutor(5) as pool:
        slow = pool.submit(requests.get, stoppable.url + ACCOUNT, headers=headers, timeout=SECONDS)
        until(lambda: fresh_sandbox.requests())
        answers = list[str]()
        callers = [pool.submit(_connect_until_refused, stoppable, answers) for _ in range(4)]
        until(lambda: len(answers) > 20)
        os.kill(stoppable.pid, signal.SIGTERM)
        for caller in callers:
            caller.result()

    assert slow.result().status_code == 200
    assert set(answers) == {"HTTP/1.1 200 OK"}
    _assert_stopped_by_itself(stoppable)


def _assert_stopped_by_itself(portal: Portal) -> None:
    until(lambda: not _is_running(portal.pid))
    assert "Granian shutdown completed" in portal.log
    assert "refused to gracefully stop" not in portal.log


def _connect_until_refused(portal: Portal, answers: list[str]) -> None:
    """Add the first line of each answer; it is empty if a connection was accepted and then closed."""
    while True:
        try:
            connection = connect(portal)
        except ConnectionRefusedError:
            return
        line = ""
        with connection, suppress(ConnectionError):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            line = answer(connection).partition("\r\n")[0]
        answers.append(line)
        time.sleep(0.02)  # leaves time to the server


def test_server_that_was_asked_to_stop_drains_first(static_files: None, tmp_path: Path) -> None:
    with running_portal(tmp_path, "http://127.0.0.1:1", DRAIN_SECONDS="5") as portal:
        os.kill(portal.pid, signal.SIGTERM)
        until(lambda: requests.get(f"{portal.url}/readyz", timeout=SECONDS).status_code == 503)
        ready = requests.get(f"{portal.url}/readyz", timeout=SECONDS).json()
        page = requests.get(portal.url + SIGN_IN, timeout=SECONDS)
        until(lambda: not _is_running(portal.pid))

    assert ready["checks"]["server"] == {"state": "draining"}
    assert ready["checks"]["database"]["state"] == "ok"
    assert page.status_code == 200
    assert "Draining for 5 seconds" in [line["event"] for line in portal.log_lines]


def test_workers_end_with_their_supervisor(stoppable: Portal) -> None:
    orphans = stoppable.workers()
    os.kill(stoppable.pid, signal.SIGKILL)

    until(lambda: not any(_is_running(pid) for pid in orphans))


def test_workers_end_with_their_supervisor_while_they_load(stoppable: Portal) -> None:
    before = stoppable.workers()
    os.kill(stoppable.pid, signal.SIGHUP)
    until(lambda: stoppable.workers() - before)
    orphans = stoppable.workers()
    os.kill(stoppable.pid, signal.SIGKILL)

    until(lambda: not any(_is_running(pid) for pid in orphans))


def _is_running(pid: int) -> bool:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()[:1] not in ("", "Z")
