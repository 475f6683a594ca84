"""Measure the page of a billing account, against a slow sandbox.

Compare its concurrent reads with the same reads one after the other, count the requests for a page with late panels,
and measure how much another person's hanging pages slow it down.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import requests

from tests import html
from tests.plugins.processes import Portal, Sandbox, running_portal, running_sandbox
from tests.tokens import FINANCE

_WORKSPACE = "/workspaces/ws_a1b2c3d4e5f6g7h8"
_ACCOUNT = f"{_WORKSPACE}/billing-accounts/cus_a1b2c3d4e5f6g7h8"
_READS = (
    *(_ACCOUNT, f"{_ACCOUNT}/subscriptions", f"{_ACCOUNT}/invoices?limit=100"),
    *(f"{_ACCOUNT}/payment-methods", _WORKSPACE, f"{_WORKSPACE}/organizations"),
)
_DELAY = {"method": "*", "path": "", "times": None, "does": "delay:0.3"}
_SLOW = {"method": "*", "path": "", "times": None, "does": "delay:3"}
_HANGING = "/workspaces/ws_supportdesk0002/billing-accounts/"
_HANGS = {"method": "*", "path": _HANGING, "times": None, "does": "hang_before"}
_LATE = "[hx-trigger=load]"
_LIVE_PANELS = 8
# The timeouts of production; those of the tests are shorter.
_TIMEOUTS = {"LOG_LEVEL": "INFO", "ALTOSTRAT_READ_TIMEOUT": "10", "ALTOSTRAT_DEADLINE": "15"}


def main(rounds: int = 7) -> None:
    """Print what each measurement found."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox() as sandbox,
        running_portal(Path(folder), sandbox.url, **_TIMEOUTS) as portal,
    ):
        portal.staff("bench", "viewer", FINANCE)
        portal.staff("other", "viewer", FINANCE)
        browser, other = _signed_in(portal, "bench"), _signed_in(portal, "other")
        page = f"{portal.url}{_ACCOUNT}/"
        _get(browser, page)
        _compare_reads(browser, page, sandbox, rounds)
        _count_requests(browser, portal, sandbox)
        _compare_neighbors(other, browser, portal, sandbox, rounds)


def _compare_reads(browser: requests.Session, page: str, sandbox: Sandbox, rounds: int) -> None:
    upstream = requests.Session()
    upstream.headers["Authorization"] = f"Bearer {FINANCE}"
    _set_faults(sandbox, _DELAY)
    times = [
        (
            _seconds(upstream, *(sandbox.url + path for path in _READS)),
            _seconds(browser, page),
        )
        for _ in range(rounds)
    ]
    sequential, concurrent = (median(column) for column in zip(*times, strict=True))
    print(f"{len(_READS)} reads of 300 ms, medians of {rounds} rounds")
    print(f"reads one after the other      {sequential * 1000:6.0f} ms")
    print(f"the page, concurrent reads     {concurrent * 1000:6.0f} ms")
    print(f"ratio                          {sequential / concurrent:6.2f}x\n")


def _count_requests(browser: requests.Session, portal: Portal, sandbox: Sandbox) -> None:
    _set_faults(sandbox, _SLOW)
    sent = _requests_of_a_view(browser, portal, sandbox)
    print("Altostrat answers after 3 s: a page and its late panels")
    print(f"send {sum(sent.values())} requests for {len(sent)} reads\n")


def _compare_neighbors(
    person: requests.Session, other: requests.Session, portal: Portal, sandbox: Sandbox, rounds: int
) -> None:
    _set_faults(sandbox)
    page = f"{portal.url}{_ACCOUNT}/"
    alone = _median_and_failures(person, page, rounds)
    _set_faults(sandbox, _HANGS)
    with ThreadPoolExecutor(8) as tabs:
        for number in range(8):
            tabs.submit(other.get, f"{portal.url}{_HANGING}cus_{number}/", timeout=60)
        beside = _median_and_failures(person, page, rounds)
    print(f"a page, alone                  {alone}")
    print(f"beside 8 hanging pages         {beside}\n")


def _requests_of_a_view(browser: requests.Session, portal: Portal, sandbox: Sandbox) -> Counter[str]:
    """The requests that arrive for a page and then for each late panel."""
    sandbox.clear()
    pages = [browser.get(f"{portal.url}{_ACCOUNT}/", timeout=60).text]
    cookies = browser.cookies.get_dict()

    def panel(path: str) -> str:
        headers = {"HX-Request": "true"}
        return requests.get(portal.url + path, cookies=cookies, headers=headers, timeout=60).text

    with ThreadPoolExecutor(6) as connections:  # as many as a browser has
        while late := [path for page in pages for path in html.attributes(page, _LATE, "hx-get")]:
            pages = list(connections.map(panel, late))
    return Counter(f"{row['method']} {row['path']}" for row in sandbox.requests())


def _median_and_failures(browser: requests.Session, page: str, rounds: int) -> str:
    """How long a page takes, and how often one of its panels was not live."""
    times, failures = [], 0
    for _ in range(rounds):
        started = time.perf_counter()
        failures += browser.get(page, timeout=60).text.count("panel-live") < _LIVE_PANELS
        times.append(time.perf_counter() - started)
    return f"{median(times) * 1000:6.0f} ms, {failures} of {rounds} not live"


def _set_faults(sandbox: Sandbox, *rules: dict[str, Any]) -> None:
    requests.put(f"{sandbox.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()


def _signed_in(portal: Portal, name: str) -> requests.Session:
    browser = requests.Session()
    address = f"{portal.url}/accounts/sign-in/"
    form = html.fields(browser.get(address, timeout=20))
    form |= {"username": name, "password": portal.passwords[name]}
    browser.post(address, data=form, headers={"Referer": address}, timeout=20).raise_for_status()
    return browser


def _get(session: requests.Session, address: str) -> None:
    session.get(address, timeout=30).raise_for_status()


def _seconds(session: requests.Session, *addresses: str) -> float:
    started = time.perf_counter()
    for address in addresses:
        _get(session, address)
    return time.perf_counter() - started
