"""Send requests over open connections, as fast as the server answers, and measure its CPU time."""

from __future__ import annotations

import os
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Measured:
    """One round. `cpu_ms` is the server's CPU time per request, None where the system does not report it."""

    per_second: float
    cpu_ms: float | None


def measure(url: str, authorization: str, pid: int, requests: int, connections: int = 8) -> Measured:
    """Send this many GETs. Raise RuntimeError at the first answer that is not a 200."""
    parts = urlsplit(url)
    head = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: {authorization}\r\n"
        "Accept: application/json\r\n\r\n"
    )
    address = (parts.hostname or "", parts.port or 80)
    each = requests // connections
    cpu, started = _cpu_seconds(pid), time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        for _ in pool.map(lambda _: _ask(address, head.encode(), each), range(connections)):
            pass
    seconds = time.perf_counter() - started
    spent = None if cpu is None else ((_cpu_seconds(pid) or 0) - cpu) / (each * connections) * 1000
    return Measured(each * connections / seconds, spent)


def _ask(address: tuple[str, int], request: bytes, times: int) -> None:
    with socket.create_connection(address, timeout=20) as connection:
        for _ in range(times):
            connection.sendall(request)
            _read(connection)


def _read(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            raise RuntimeError("the server closed the connection")
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    if not head.startswith(b"HTTP/1.1 200 ") or length is None:
        raise RuntimeError(f"not the answer that was expected: {received[:200]!r}")
    missing = int(length[1]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(missing))


def _cpu_seconds(pid: int) -> float | None:
    """The CPU time of the server's workers so far, the children of `pid`; on Linux only."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return None
    ticks = 0
    for child in children.read_text().split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
