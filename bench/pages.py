"""Measures the page of a billing account with its reads side by side, and the same reads one after the other; then what
a slow Altostrat is asked for one page with its late panels, and what somebody else's hanging workspace costs a page.

All in one run against the same sandbox, each of whose answers takes 300 ms at first. `python -m bench.pages` prints the
ratios.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import tests.plugins.environment  # noqa: F401 - the environment that the settings read
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
_ASKS_LATER = re.compile(r'hx-get="([^"]+)" hx-trigger="load"')
_ROUNDS = 7
_LIVE_PANELS = 8
# As in production, where tests wait for less.
_PATIENT = {"LOG_LEVEL": "INFO", "ALTOSTRAT_READ_TIMEOUT": "10", "ALTOSTRAT_DEADLINE": "15"}


def main() -> None:
    """Prints both times and the ratio."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox() as sandbox,
        running_portal(Path(folder), sandbox.url, **_PATIENT) as portal,
    ):
        portal.staff("bench", "viewer", FINANCE)
        portal.staff("other", "viewer", FINANCE)
        browser, other = _signed_in(portal, "bench"), _signed_in(portal, "other")
        upstream = requests.Session()
        upstream.headers["Authorization"] = f"Bearer {FINANCE}"
        page = f"{portal.url}{_ACCOUNT}/"
        _get(browser, page)
        _set(sandbox, _DELAY)
        rounds = [
            (
                _seconds(lambda: [_get(upstream, sandbox.url + path) for path in _READS]),
                _seconds(lambda: [_get(browser, page)]),
            )
            for _ in range(_ROUNDS)
        ]
        _set(sandbox, _SLOW)
        slow = _requests_of_a_view(browser, portal, sandbox)
        _set(sandbox)
        alone = _median_and_failures(other, page)
        _set(sandbox, _HANGS)
        with ThreadPoolExecutor(8) as tabs:
            for number in range(8):
                tabs.submit(browser.get, f"{portal.url}{_HANGING}cus_{number}/", timeout=60)
        beside = _median_and_failures(other, page)
    one_by_one, side_by_side = (median(times) for times in zip(*rounds, strict=True))
    print(f"{len(_READS)} reads of 300 ms, medians of {_ROUNDS} rounds")
    print(f"one after the other, nothing drawn   {one_by_one * 1000:6.0f} ms")
    print(f"the whole page, side by side         {side_by_side * 1000:6.0f} ms")
    print(f"ratio                                {one_by_one / side_by_side:6.2f}x")
    print(
        f"Altostrat takes 3 s: one page with its late panels makes {sum(slow.values())} requests for {len(slow)} reads"
    )
    print(f"somebody else's page, alone          {alone}")
    print(f"beside 8 pages that hang             {beside}")


def _requests_of_a_view(browser: requests.Session, portal: Portal, sandbox: Sandbox) -> Counter[str]:
    """What arrives when a page is looked at, and then each panel that was late."""
    sandbox.clear()
    pages = [browser.get(f"{portal.url}{_ACCOUNT}/", timeout=60).text]
    cookies = browser.cookies.get_dict()

    def panel(path: str) -> str:
        headers = {"HX-Request": "true"}
        return requests.get(portal.url + path, cookies=cookies, headers=headers, timeout=60).text

    with ThreadPoolExecutor(6) as connections:  # as many as a browser has
        while later := [path for page in pages for path in _ASKS_LATER.findall(page)]:
            pages = list(connections.map(panel, later))
    return Counter(f"{row['method']} {row['path']}" for row in sandbox.requests())


def _median_and_failures(browser: requests.Session, page: str) -> str:
    """How long a page takes, and how often not all of it was live."""
    took, failed = [], 0
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        failed += browser.get(page, timeout=60).text.count("panel-live") < _LIVE_PANELS
        took.append(time.perf_counter() - started)
    return f"{median(took) * 1000:6.0f} ms, {failed} of {_ROUNDS} not live"


def _set(sandbox: Sandbox, *rules: dict[str, Any]) -> None:
    requests.put(f"{sandbox.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()


def _signed_in(portal: Portal, name: str) -> requests.Session:
    browser = requests.Session()
    address = f"{portal.url}/accounts/sign-in/"
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(address, timeout=20).text)
    if found is None:
        raise RuntimeError("The sign-in page has no form.")
    form = {"username": name, "password": portal.passwords[name], "csrfmiddlewaretoken": found[1]}
    browser.post(address, data=form, headers={"Referer": address}, timeout=20).raise_for_status()
    return browser


def _get(session: requests.Session, address: str) -> None:
    session.get(address, timeout=30).raise_for_status()


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
