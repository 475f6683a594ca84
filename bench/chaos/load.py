"""A steady load: so many requests a second, whether or not earlier ones have been answered."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Final, Self

from bench.chaos.topology import Topology
from tests.api.writes.trial.clients import FINAL, Clients, Heard, Said
from tests.api.writes.trial.plan import WORKSPACE, Plan, Write, account_id

PER_SECOND: Final = 20
_WRITES: Final = 0.5  # of the requests
_THREADS: Final = 200  # further requests wait for a thread
_PATIENCE: Final = 20
_PAUSE_SECONDS: Final = 3.0
_READS: Final = ("", "/subscriptions", "/invoices?limit=5", "/payment-methods")


class Load:
    """Reads, and writes by key. Each request is repeated until it has its final answer."""

    def __init__(self, topology: Topology, seconds: int, chance: random.Random, *, first: int) -> None:
        self.plan = Plan.of(int(PER_SECOND * _WRITES * seconds), chance, first=first, has_faults=False)
        self.plan.prepare(topology.sandbox)
        self.clients = Clients(
            [topology.nginx.url],
            topology.key,
            chance,
            authority=topology.nginx.authority,
            pause_seconds=_PAUSE_SECONDS,
        )
        self.sent: list[Write] = []
        self._chance = chance
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
        requests, started = self._requests(), time.monotonic()
        for number in count():
            if self._is_stopped.wait(max(0.0, started + number / PER_SECOND - time.monotonic())):
                return
            request = next(requests, None)
            if request is None:
                return
            self.sent.append(request)
            self._pool.submit(self.clients.send_one, request, _PATIENCE)

    def _requests(self) -> Iterator[Write]:
        writes, number = iter(self.plan.writes), -1
        while True:
            if self._chance.random() < _WRITES:
                write = next(writes, None)
                if write is None:
                    return
                yield write
            else:
                account = account_id(self._chance.choice(self.plan.accounts))
                path = f"workspaces/{WORKSPACE}/billing-accounts/{account}{self._chance.choice(_READS)}"
                yield Write(number, "GET", path, None, "")
                number -= 1


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
