"""Measure people and programs whose Altostrat answers, while it hangs for a dozen other tokens with 200 clients.

With `TEST_SERVICES=on`, the portal has two processes with PostgreSQL and Redis, otherwise one with SQLite.
"""

from __future__ import annotations

import http.client
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from bench.load import cpu_seconds
from bench.pages import signed_in
from bench.report import Row
from tests.plugins.environment import ON_SERVICES
from tests.plugins.processes import Portal, running_portal, running_sandbox

_HANGING, _OTHERS = 12, 6
_CLIENTS_THAT_HANG, _OTHER_CLIENTS = 200, 12
_PAUSE_SECONDS: Final = 0.5  # between two requests of a client
_SECONDS: Final = 15
_RECOVERY_SECONDS: Final = 30
_ACCOUNT: Final = "/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"
_SETTINGS: Final = {
    **{"LOG_LEVEL": "INFO", "ALTOSTRAT_READ_TIMEOUT": "10", "ALTOSTRAT_DEADLINE": "15"},
    "WEB_CONCURRENCY": "2" if ON_SERVICES else "1",
    # People are never refused for their own rate here.
    **dict.fromkeys(("ALTOSTRAT_REQUESTS_PER_MINUTE", "API_REQUESTS_PER_MINUTE"), str(10**9)),
}


@dataclass(frozen=True)
class _Person:
    token: str
    api: dict[str, str]
    page: dict[str, str]


@dataclass
class _Seen:
    """The outcomes of requests, by "API" and "page": how many had which, and the seconds of each."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"API": [], "page": []})
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, outcome: str, seconds: float) -> None:
        with self.lock:
            self.outcomes[kind, outcome] += 1
            self.seconds[kind].append(seconds)

    def count(self, *outcomes: str) -> int:
        return sum(number for (_, outcome), number in self.outcomes.items() if outcome in outcomes)


class _Client:
    """One connection, which reads the account as a program and as a person, in turn."""

    def __init__(self, portal: Portal, person: _Person, number: int) -> None:
        parts = urlsplit(portal.url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        self._person, self._is_page = person, bool(number % 2)

    def send(self, seen: _Seen | None = None) -> str:
        """Send a request, and return its outcome: "live", "copy", or a status."""
        kind, self._is_page = "page" if self._is_page else "API", not self._is_page
        path = f"{_ACCOUNT}/" if kind == "page" else f"/api/v1{_ACCOUNT}"
        began = time.monotonic()
        try:
            outcome = self._outcome(path, self._person.page if kind == "page" else self._person.api)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            outcome = type(error).__name__
        if seen is not None:
            seen.add(kind, outcome, time.monotonic() - began)
        return outcome

    def _outcome(self, path: str, headers: dict[str, str]) -> str:
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status == 200:
            return "copy" if b"Based on a copy" in body or b"Based in part on a copy" in body else "live"
        is_vague = answer.status == 503 and "Retry-After" not in answer.headers
        return f"{answer.status}{' without Retry-After' if is_vague else ''}"


def rows() -> Iterator[Row]:
    """Measure, print the outcomes, and return a row for each target."""
    names = [f"hang{number}" for number in range(_HANGING)] + [f"good{number}" for number in range(_OTHERS)]
    tokens = {name: f"alto_sk_{name:x<40}" for name in names}
    allowed = "{" + ", ".join(f'"{token}": ["*"]' for token in tokens.values()) + "}"
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox(allowed) as sandbox,
        running_portal(Path(folder), sandbox.url, command=["bin/serve"], **_SETTINGS) as portal,
    ):
        people = [_person(portal, name, tokens[name]) for name in names]
        hanging, others = people[:_HANGING], people[_HANGING:]
        _views(portal, people)  # from now on, everyone has copies
        alone = _measure(portal, [], others, _SECONDS // 3)[1]
        for person in hanging:
            sandbox.fault("hang_before", token=person.token, times=None)
        stuck, served = _measure(portal, hanging, others, _SECONDS)
        sandbox.no_faults()
        recovery = _recovery(portal, people)
    _print("Others, alone", alone)
    _print("Hanging tokens", stuck)
    _print("Others, beside them", served)
    total = sum(served.outcomes.values())
    within = sum(one <= 1 for kind in served.seconds.values() for one in kind)
    yield Row("others: share that was live", served.count("live") / total, at_least=1)
    yield Row("others: share within a second", within / total, at_least=0.9)
    yield Row("hanging: 503 without Retry-After", stuck.count("503 without Retry-After"), at_most=0)
    odd = sum(stuck.outcomes.values()) - stuck.count("503", "504", "copy", "503 without Retry-After")
    yield Row("hanging: neither a copy, 503 nor 504", odd, at_most=0)
    yield Row("seconds until all was normal", recovery, at_most=10)


def _person(portal: Portal, name: str, token: str) -> _Person:
    portal.staff(name, "viewer", token)
    cookies = "; ".join(f"{one.name}={one.value}" for one in signed_in(portal, name).cookies)
    key = portal.key(name, "billing:read")
    return _Person(token, {"Authorization": f"Bearer {key}"}, {"Cookie": cookies})


def _views(portal: Portal, people: Sequence[_Person]) -> None:
    for person in people:
        for number in range(2):
            if _Client(portal, person, number).send() != "live":
                raise RuntimeError("The account cannot be read.")


def _measure(
    portal: Portal, hanging: Sequence[_Person], others: Sequence[_Person], seconds: float
) -> tuple[_Seen, _Seen]:
    """Let all clients send requests for some seconds. Return the outcomes of both groups."""
    stuck, served, end = _Seen(), _Seen(), threading.Event()
    groups = ((hanging, _CLIENTS_THAT_HANG if hanging else 0, stuck), (others, _OTHER_CLIENTS, served))
    threads = [
        threading.Thread(
            target=_work,
            args=(_Client(portal, people[number % len(people)], number // len(people)), seen, end),
        )
        for people, clients, seen in groups
        for number in range(clients)
    ]
    spent, began = cpu_seconds(portal.pid), time.monotonic()
    for thread in threads:
        thread.start()
        time.sleep(_PAUSE_SECONDS / len(threads))
    time.sleep(seconds)
    share = (cpu_seconds(portal.pid) - spent) / (time.monotonic() - began)
    print(f"\n{len(threads)} clients: the portal uses {share:.2f} cores")
    end.set()
    for thread in threads:
        thread.join()
    return stuck, served


def _work(client: _Client, seen: _Seen, end: threading.Event) -> None:
    while not end.wait(_PAUSE_SECONDS):
        client.send(seen)


def _recovery(portal: Portal, people: Sequence[_Person]) -> float:
    """Return the seconds after which every request that is sent has a live answer."""
    began = time.monotonic()

    def send(person: _Person, number: int) -> float:
        client, last, lives = _Client(portal, person, number), 0.0, 0
        while lives < 3 and time.monotonic() < began + _RECOVERY_SECONDS:
            at = time.monotonic() - began
            outcome = {client.send(), client.send()}
            lives = lives + 1 if outcome == {"live"} else 0
            last = last if lives else at
            time.sleep(_PAUSE_SECONDS)
        return last

    with ThreadPoolExecutor(4 * len(people)) as pool:
        return max(pool.map(lambda one: send(*one), [(one, number) for one in people for number in range(4)]))


def _print(title: str, seen: _Seen) -> None:
    print(f"\n{title}")
    for kind, seconds in seen.seconds.items():
        found = {outcome: number for (one, outcome), number in sorted(seen.outcomes.items()) if one == kind}
        if seconds:
            slow = sorted(seconds)[int(len(seconds) * 0.9)]
            print(f"  {kind:5} median {median(seconds):5.2f} s, 90 % within {slow:5.2f} s: {found}")
