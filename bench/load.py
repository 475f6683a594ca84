"""Send requests with wrk, and measure the server's CPU time, its memory and the response times."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from requests import Session
from requests.adapters import HTTPAdapter, Retry

from tests.plugins.services import MissingProgram

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_SCRIPT = Path(__file__).with_name("callers.lua")


@dataclass(frozen=True)
class Server:
    """A server under load. Its CPU time is that of `pid` and all processes below it.

    `write` is the method and the JSON of each request, such as `PATCH {"name": "A"}`, which has a new Idempotency-Key.
    """

    url: str
    pid: int
    callers: Sequence[str] = ("Bearer none",)
    headers: Mapping[str, str] = field(default_factory=dict)
    write: str = ""


@dataclass(frozen=True)
class Measured:
    """One round. Times are in milliseconds."""

    per_second: float
    p50: float
    p99: float
    cpu: float
    refused: int

    @property
    def spread(self) -> float:
        """The p99 in multiples of the p50."""
        return self.p99 / max(self.p50, 1e-6)


def measure(server: Server, connections: int, seconds: int) -> Measured:
    """Send requests over this many connections for some seconds. The callers take turns. Raise MissingProgram."""
    program = shutil.which("wrk")
    if program is None:
        raise MissingProgram("wrk is not installed. `make bench` installs it or prints how to.")
    command = [program, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
    headers = [f"{name}: {value}" for name, value in server.headers.items()]
    headers += [f"@{server.write}"] if server.write else []
    spent = cpu_seconds(server.pid)
    printed = subprocess.run(
        [
            "taskset",
            "-c",
            str(last_core()),
            *command,
            "-s",
            str(_SCRIPT),
            server.url,
            "--",
            *headers,
            *server.callers,
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    spent = cpu_seconds(server.pid) - spent
    requests = int(_found(r"(\d+) requests in", printed)) or 1
    refused = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", printed)))
    return Measured(
        float(_found(r"Requests/sec:\s+([\d.]+)", printed)),
        _milliseconds(_found(r"\n +50%\s+(\S+)", printed)),
        _milliseconds(_found(r"\n +99%\s+(\S+)", printed)),
        spent / requests * 1000,
        refused,
    )


def patient(session: Session) -> Session:
    """Let a session repeat requests without a connection, or with 503, which other load on the machine may cause."""
    session.mount("http://", HTTPAdapter(max_retries=Retry(10, backoff_factor=0.2, status_forcelist=[503])))
    return session


_CPUCLOCK_SCHED: Final = 2


def last_core() -> int:
    """Return the core of everything that is not the server under load, which gets core 0."""
    return (os.cpu_count() or 1) - 1


def cpu_seconds(pid: int) -> float:
    """Return the CPU time so far of a process and those below it, by the scheduler's clock.

    /proc/PID/stat counts ticks of 10 ms, whose errors are larger than the differences measured here.
    """
    clock = (~pid << 3) | _CPUCLOCK_SCHED  # as clock_getcpuclockid(3) returns it on Linux
    return time.clock_gettime(clock) + sum(map(cpu_seconds, _children(pid)))


def memory_mb(pid: int) -> float:
    """Return the proportional set size of a process and those below it, so that what they share counts once.

    https://docs.kernel.org/filesystems/proc.html
    """
    sizes = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(_found(r"\nPss:\s+(\d+)", sizes)) / 1024 + sum(map(memory_mb, _children(pid)))


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"wrk printed something else: {text[:500]}")
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", text).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]
