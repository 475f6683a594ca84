"""A steady load: a fixed number of requests a second, whether or not earlier ones have been answered."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Final, Self

from bench.chaos.topology import Topology
from tests.api.writes.trial.clients import FINAL, Clients, Heard, Said
from tests.api.writes.trial.plan import WORKSPACE, Plan, Write, account_id
from tests.plugins.processes import Sandbox

PER_SECOND: Final = 20
_WRITES: Final = 0.5  # of the requests
_LATENCY_SECONDS: Final = 0.2
_THREADS: Final = 200  # further requests wait for a thread
_PATIENCE: Final = 20
_PAUSE_SECONDS: Final = 3.0
_READS: Final = ("", "/subscriptions", "/invoices?limit=5", "/payment-methods")


class Source:
    """The requests of all experiments."""

    def __init__(self, writes: int, chance: random.Random) -> None:
        self.plan = Plan.of(writes, chance, has_faults=False)
        self.chance = chance
        # An account has several writes, which are sent far from each other: while the outcome of one is not recorded,
        # the others wait for it.
        self._writes = iter(chance.sample(self.plan.writes, len(self.plan.writes)))
        self._reads = count(-1, -1)

    def prepare(self, sandbox: Sandbox) -> None:
        """Create the accounts. Altostrat takes a moment for each answer, so that requests are in flight at any time."""
        self.plan.prepare(sandbox)
        sandbox.fault(f"delay:{_LATENCY_SECONDS}", times=None)

    def next(self) -> Write:
        """Return a read, or a write that has not been sent. Raise StopIteration when there is none."""
        if self.chance.random() < _WRITES:
            return next(self._writes)
        account = account_id(self.chance.choice(self.plan.accounts))
        path = f"workspaces/{WORKSPACE}/billing-accounts/{account}{self.chance.choice(_READS)}"
        return Write(next(self._reads), "GET", path, None, "")


class Load:
    """Reads, and writes by key. Each request is repeated until it has its final answer."""

    def __init__(self, topology: Topology, source: Source) -> None:
        self.plan = source.plan
        self.clients = Clients(
            [topology.nginx.url],
            topology.key,
            source.chance,
            authority=topology.nginx.authority,
            pause_seconds=_PAUSE_SECONDS,
        )
        self.sent: list[Write] = []
        self.is_exhausted = False
        self._source = source
        self._is_stopped = threading.Event()
        self._sender = threading.Thread(target=self._send)
        self._pool = ThreadPoolExecutor(_THREADS)

    def __enter__(self) -> Self:
        self._sender.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Send no new requests, and wait until each has its final answer or has been repeated often enough."""
        self._is_stopped.set()
        self._sender.join()
        self._pool.shutdown()

    @property
    def written(self) -> list[Write]:
        return [request for request in self.sent if request.method != "GET"]

    def first_answers(self) -> list[Heard]:
        """Return what was heard first of each request so far."""
        return [heard[0] for request in list(self.sent) if (heard := self.clients.heard.get(request.number))]

    def _send(self) -> None:
        started = time.monotonic()
        for number in count():
            if self._is_stopped.wait(max(0.0, started + number / PER_SECOND - time.monotonic())):
                return
            try:
                request = self._source.next()
            except StopIteration:
                self.is_exhausted = True
                return
            self.sent.append(request)
            self._pool.submit(self.clients.send_one, request, _PATIENCE)


@dataclass(frozen=True)
class Counts:
    """The results of the requests. `recovery` is in seconds after the end of the fault."""

    requests: int
    errors: int
    lost: int
    recovery: float


def counts(load: Load, ended_at: float) -> Counts:
    answers = [one for request in load.sent for one in load.clients.heard[request.number]]
    late = [one.asked_at - ended_at for one in load.first_answers() if one.said not in FINAL]
    return Counts(
        len(load.sent),
        sum(map(is_error, answers)),
        sum(not load.clients.is_final(request) for request in load.sent),
        max([0.0, *late]),
    )


def is_error(heard: Heard) -> bool:
    """Return whether the caller got no answer, one of the proxy, or an error that does not say when to try again."""
    return heard.said is Said.NOTHING or (heard.status >= 500 and not heard.has_retry_after)
