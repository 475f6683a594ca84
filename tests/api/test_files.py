"""Long files are passed on in pieces: memory, broken upstreams, limits, and what is released afterwards."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.altostrat.upstream import Upstream
from tests.api.conftest import Caller, signed_in
from tests.plugins.processes import Portal, running_portal
from tests.tokens import FINANCE

pytestmark = [pytest.mark.slow, pytest.mark.postgresql_only]

PDF = "workspaces/ws_a/organizations/usage.pdf"
CSV = "workspaces/ws_a/organizations/usage.csv"
MEGABYTE = 1024 * 1024
ROW = b"ws_a,org_%07d,Some organization,12,34\r\n"
HEADING = b"workspace_id,organization_id,name,users,locations\r\n"


def rows(size: int, name: bytes = b"Some organization") -> Iterator[bytes]:
    """Yield a CSV file of about this size. A long name makes fewer rows, which cost less to read."""
    yield HEADING
    block = b"".join(ROW % number for number in range(2000)).replace(b"Some organization", name)
    for _ in range(size // len(block)):
        yield block


def days(megabytes: int) -> Iterator[bytes]:
    yield b"day,site,received\n"
    for _ in range(megabytes):
        yield b"2026-11-01,site_01,3000\n" * (MEGABYTE // 24 + 1)


def send(connection: socket.socket, kind: str, pieces: Iterator[bytes], length: int | None = None) -> None:
    """Send a response with this length, or chunked."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n".encode())
    for piece in pieces:
        connection.sendall(piece if length is not None else b"%x\r\n%s\r\n" % (len(piece), piece))
    if length is None:
        connection.sendall(b"0\r\n\r\n")


def pdf(megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield b"%PDF-1.7" * (MEGABYTE // 8)


class Altostrat:
    """An upstream whose answer a test sets."""

    def __init__(self) -> None:
        self.script: Callable[[socket.socket], None] = lambda connection: None
        self.server = Upstream(lambda connection, number: self.script(connection))


@pytest.fixture(scope="module")
def altostrat() -> Iterator[Altostrat]:
    running = Altostrat()
    yield running
    running.server.close()


@pytest.fixture(scope="module")
def portal_of_files(
    altostrat: Altostrat, tmp_path_factory: pytest.TempPathFactory, static_files: None
) -> Iterator[Portal]:
    folder, limits = tmp_path_factory.mktemp("files"), {"ALTOSTRAT_MAX_FILE_BYTES": str(60 * MEGABYTE)}
    with running_portal(
        folder, altostrat.server.url, ALTOSTRAT_DEADLINE="120", ALTOSTRAT_READ_TIMEOUT="20", **limits
    ) as portal:
        portal.staff("alice", "editor", FINANCE)
        yield portal


@pytest.fixture(scope="module")
def reader(portal_of_files: Portal) -> Caller:
    return Caller(portal_of_files.url, portal_of_files.key("alice", "billing:read"))


def size_of(reader: Caller, path: str) -> int:
    with reader.get(path, stream=True) as answer:
        assert answer.status_code == 200
        return sum(map(len, answer.iter_content(64 * 1024)))


def memory(portal: Portal, name: str) -> int:
    (worker,) = portal.workers()
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{worker}/status").read_text())
    assert found
    return int(found[1]) * 1024


def test_fifty_megabytes_grow_memory_by_less_than_five(
    portal_of_files: Portal, altostrat: Altostrat, reader: Caller
) -> None:
    altostrat.script = lambda connection: send(connection, "text/csv", rows(5 * MEGABYTE))
    size_of(reader, CSV)
    (worker,) = portal_of_files.workers()

    for path, script, least in (
        (PDF, lambda one: send(one, "application/pdf", pdf(50), 50 * MEGABYTE), 50 * MEGABYTE),
        (CSV, lambda one: send(one, "text/csv", rows(50 * MEGABYTE)), 49 * MEGABYTE),
        (CSV, lambda one: send(one, "text/csv", days(50)), 50 * MEGABYTE),
    ):
        altostrat.script = script
        Path(f"/proc/{worker}/clear_refs").write_text("5")  # resets the peak
        before = memory(portal_of_files, "VmRSS")

        assert size_of(reader, path) >= least

        assert memory(portal_of_files, "VmHWM") - before < 5 * MEGABYTE


def test_pages_pass_files_on_in_pieces_too(portal_of_files: Portal, altostrat: Altostrat) -> None:
    browser = signed_in(portal_of_files, "alice")
    (worker,) = portal_of_files.workers()

    for path, script, least in (
        (CSV, lambda one: send(one, "text/csv", rows(MEGABYTE)), MEGABYTE // 2),
        (PDF, lambda one: send(one, "application/pdf", pdf(50), 50 * MEGABYTE), 50 * MEGABYTE),
        (CSV, lambda one: send(one, "text/csv", rows(50 * MEGABYTE, b"Long " * 60)), 49 * MEGABYTE),
    ):
        altostrat.script = script
        Path(f"/proc/{worker}/clear_refs").write_text("5")
        before = memory(portal_of_files, "VmRSS")

        with browser.get(f"{portal_of_files.url}/{path}", stream=True, timeout=60) as answer:
            assert sum(map(len, answer.iter_content(64 * 1024))) >= least

        if least > MEGABYTE:  # the first one warms up
            assert memory(portal_of_files, "VmHWM") - before < 5 * MEGABYTE


def test_a_page_that_breaks_off_ends_visibly(portal_of_files: Portal, altostrat: Altostrat) -> None:
    def pieces() -> Iterator[bytes]:
        yield from rows(MEGABYTE)
        yield b"too,few\r\n"

    altostrat.script = lambda one: send(one, "text/csv", pieces())
    browser = signed_in(portal_of_files, "alice")

    with browser.get(f"{portal_of_files.url}/{CSV}", stream=True, timeout=60) as answer:
        assert answer.status_code == 200
        with pytest.raises(requests.RequestException):
            receive(answer, bytearray())


def test_a_long_file_is_the_same(altostrat: Altostrat, reader: Caller) -> None:
    altostrat.script = lambda connection: send(connection, "text/csv; charset=x", rows(MEGABYTE))

    answer = reader.get(CSV)

    assert answer.content == b"".join(rows(MEGABYTE))
    assert answer.headers["Content-Type"] == "text/csv; charset=x"
    assert answer.headers["Portal-Origin"] == "altostrat"
    assert "ETag" not in answer.headers


def test_head_states_the_length_without_a_body(altostrat: Altostrat, reader: Caller) -> None:
    altostrat.script = lambda connection: send(connection, "application/pdf", pdf(1), MEGABYTE)

    for _ in range(12):  # more than the slots of a token
        answer = reader.get(PDF, method="HEAD")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Length"] == str(MEGABYTE)


def cut(connection: socket.socket, length: int | None) -> None:
    send(connection, "application/pdf", pdf(1), length)
    connection.shutdown(socket.SHUT_RDWR)


def other(connection: socket.socket) -> None:
    def pieces() -> Iterator[bytes]:
        yield from rows(MEGABYTE)
        yield ROW.replace(b"ws_a", b"ws_b") % 1

    send(connection, "text/csv", pieces())


def echo(connection: socket.socket) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"%PDF" * MEGABYTE + FINANCE[:30].encode()
        yield FINANCE[30:].encode() + b"%PDF" * MEGABYTE

    send(connection, "application/pdf", pieces())


def endless(connection: socket.socket) -> None:
    send(connection, "application/pdf", pdf(70))


def cut_chunk(connection: socket.socket) -> None:
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    connection.sendall(b"%x\r\n" % (2 * MEGABYTE) + b"x" * MEGABYTE)
    connection.shutdown(socket.SHUT_RDWR)


def receive(answer: requests.Response, received: bytearray) -> None:
    for piece in answer.iter_content(64 * 1024):
        received += piece


@pytest.mark.parametrize(
    ("path", "script"),
    [(PDF, lambda one: cut(one, 2 * MEGABYTE)), (PDF, cut_chunk), (CSV, other), (PDF, echo), (PDF, endless)],
    ids=["cut off", "cut chunk", "another owner", "token", "too long"],
)
def test_a_broken_file_ends_visibly(
    altostrat: Altostrat, reader: Caller, path: str, script: Callable[[socket.socket], None]
) -> None:
    altostrat.script = script
    received = bytearray()

    with reader.get(path, stream=True) as answer, pytest.raises(requests.RequestException):
        receive(answer, received)

    assert len(received) > MEGABYTE // 2
    assert b"ws_b" not in received
    assert FINANCE[20:].encode() not in received


def test_slots_and_connections_are_released(altostrat: Altostrat, reader: Caller) -> None:
    for script in [cut_chunk] * 10 + [endless] * 10:  # a token has eight slots
        altostrat.script = script
        with reader.get(PDF, stream=True) as answer:
            assert answer.status_code == 200
            assert next(answer.iter_content(1024))  # then the caller disconnects
        reader.session.close()
    altostrat.script = lambda connection: send(connection, "application/pdf", pdf(1), MEGABYTE)

    assert size_of(reader, PDF) == MEGABYTE


def test_a_short_broken_file_is_an_error(altostrat: Altostrat, reader: Caller) -> None:
    altostrat.script = lambda one: send(one, "text/csv", iter([HEADING, ROW.replace(b"ws_a", b"ws_b") % 1]))

    answer = reader.get(CSV)

    assert (answer.status_code, answer.json()["code"]) == (502, "altostrat_bad_answer")
