"""Measure a worker's memory under mixed traffic with faults: API reads, pages, searches, scans and downloads.

It measures no time, so the machine may be busy.
"""

from __future__ import annotations

import random
import re
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any, Final

import requests

from bench.load import memory_mb
from bench.pages import signed_in
from bench.report import Row
from tests.plugins.processes import Portal, Sandbox, running_portal, running_sandbox
from tests.tokens import FINANCE

_PEOPLE: Final = 4
_PAUSE_SECONDS: Final = 0.2
_SETTINGS: Final = {"LOG_LEVEL": "INFO", "ALTOSTRAT_DEADLINE": "3", "ALTOSTRAT_READ_TIMEOUT": "2"}
# One after the other, for a minute each: what the sandbox does to a share of the requests.
_FAULTS: Final[tuple[list[dict[str, Any]], ...]] = (
    [{"method": "*", "path": "invoices", "times": None, "does": "status:503"}],
    [{"method": "*", "path": "subscriptions", "times": 40, "does": "close_before"}],
    [],
    [{"method": "*", "path": "", "times": None, "does": "delay:0.4"}],
    [{"method": "*", "path": "payment-methods", "times": 40, "does": "hang_before"}],
    [{"method": "*", "path": "", "times": 40, "does": "status:429"}],
)
_READS: Final = ("", "/invoices", "/invoices?limit=100", "/subscriptions", "/payment-methods")
_TABS: Final = (
    "",
    "invoices/",
    "invoices/?status=open",
    "aging/",
    "subscriptions/",
    "payment-methods/",
    "history/",
)
_PAGES: Final = (
    *(
        "/",
        "/workspaces/",
        "/queues/",
        "/queues/counts/",
        "/reports/",
        "/reports/ageing/",
        "/reports/invoices/",
    ),
    *("/tokens/", "/keys/", "/account/", "/changes/", "/search/?q=baltic", "/nothing/here/"),
)
_TEXTS: Final = ("acme", "cus_a1b2", "baltic gmbh", "nothing like it", "in_")


@dataclass(frozen=True)
class _Caller:
    """A person with a browser and a program, and the accounts of the sandbox, those that fail included."""

    portal: Portal
    browser: requests.Session
    key: str
    accounts: Sequence[str]
    choice: random.Random

    def send(self) -> None:
        """Send one request."""
        account = self.choice.choice(self.accounts)
        match self.choice.randrange(10):
            case 0 | 1 | 2 | 3:
                headers = {"Authorization": f"Bearer {self.key}"}
                read = self.choice.choice(_READS)
                self._get(requests, f"/api/v1{account}{read}", headers=headers)
            case 4 | 5 | 6:
                self._get(self.browser, f"{account}/{self.choice.choice(_TABS)}")
            case 7:
                self._get(self.browser, f"{account}/invoices/?format=csv")
            case 8:
                text = self.choice.choice(_TEXTS)
                self._post("/search/suggestions/", {"q": text})
            case _:
                page = self._get(self.browser, self.choice.choice(_PAGES))
                for step in re.findall(r'"(/scans/[a-z-]+/)"', page)[:1]:
                    self._post(step, {})

    def _get(self, client: requests.Session | Any, path: str, **options: Any) -> str:
        return str(client.get(self.portal.url + path, timeout=30, **options).text)

    def _post(self, path: str, data: dict[str, str]) -> None:
        token = self.browser.cookies.get("csrftoken", "")
        headers = {"X-CSRFToken": token, "Referer": self.portal.url + "/"}
        self.browser.post(self.portal.url + path, data=data, headers=headers, timeout=30)


def rows(minutes: int) -> Iterator[Row]:
    """Send requests for some minutes, print the memory of each, and return a row for the last third."""
    with tempfile.TemporaryDirectory() as name, running_sandbox() as sandbox, ExitStack() as stack:
        portal = stack.enter_context(
            running_portal(Path(name), sandbox.url, command=["bin/serve"], **_SETTINGS)
        )
        accounts = _accounts(sandbox)
        callers = [_caller(portal, accounts, number) for number in range(_PEOPLE)]
        end = threading.Event()
        threads = [threading.Thread(target=_work, args=(caller, end)) for caller in callers]
        for thread in threads:
            thread.start()
        try:
            measured = list(_each_minute(portal, sandbox, minutes))
        finally:
            end.set()
            for thread in threads:
                thread.join()
    last = measured[-max(minutes // 3, 1) :]
    deviation = max(abs(one - median(last)) for one in last) / median(last) * 100
    title = f"memory in the last {len(last)} of {minutes} minutes of mixed traffic: deviation in %"
    yield Row(title, deviation, at_most=5)


def _work(caller: _Caller, end: threading.Event) -> None:
    while not end.wait(_PAUSE_SECONDS):
        with suppress(requests.RequestException):
            caller.send()


def _each_minute(portal: Portal, sandbox: Sandbox, minutes: int) -> Iterator[float]:
    faults = cycle(_FAULTS)
    print("\nMixed traffic with faults, memory in MB")
    for minute in range(minutes):
        requests.put(f"{sandbox.url}/_sandbox/faults", json=next(faults), timeout=30).raise_for_status()
        ends_at, seen = time.monotonic() + 60, []
        while time.monotonic() < ends_at:
            time.sleep(5)
            seen.append(memory_mb(portal.pid))
        sandbox.clear()  # its journal would grow
        lines = portal.log.count("portal.access")
        print(f"  minute {minute + 1:3}{median(seen):8.0f} MB after {lines} requests", flush=True)
        yield median(seen)


def _accounts(sandbox: Sandbox) -> list[str]:
    """Return the path of each account."""
    headers = {"Authorization": f"Bearer {FINANCE}"}
    paths = []
    for workspace in requests.get(f"{sandbox.url}/workspaces", headers=headers, timeout=10).json()["data"]:
        address = f"/workspaces/{workspace['id']}/billing-accounts"
        found = requests.get(sandbox.url + address, headers=headers, timeout=10).json()
        paths += [f"{address}/{account['id']}" for account in found.get("data", ())]
    return paths


def _caller(portal: Portal, accounts: Sequence[str], number: int) -> _Caller:
    name = f"bench{number}"
    portal.staff(name, "viewer", FINANCE)
    return _Caller(
        portal, signed_in(portal, name), portal.key(name, "billing:read"), accounts, random.Random(number)
    )
