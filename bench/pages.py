"""Measures the page of a billing account with its reads side by side, and the same reads one after the other.

Both in one run against the same sandbox, each of whose answers takes 300 ms. `python -m bench.pages` prints the ratio.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import requests

from tests.plugins.processes import Portal, running_portal, running_sandbox
from tests.tokens import FINANCE

_WORKSPACE = "/workspaces/ws_a1b2c3d4e5f6g7h8"
_ACCOUNT = f"{_WORKSPACE}/billing-accounts/cus_a1b2c3d4e5f6g7h8"
_READS = (
    *(_ACCOUNT, f"{_ACCOUNT}/subscriptions", f"{_ACCOUNT}/invoices?limit=100"),
    *(f"{_ACCOUNT}/payment-methods", _WORKSPACE, f"{_WORKSPACE}/organizations"),
)
_DELAY = {"method": "*", "path": "", "times": None, "does": "delay:0.3"}
_ROUNDS = 7


def main() -> None:
    """Prints both times and the ratio."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox() as sandbox,
        running_portal(Path(folder), sandbox.url, LOG_LEVEL="INFO") as portal,
    ):
        portal.staff("bench", "viewer", FINANCE)
        browser = _signed_in(portal)
        upstream = requests.Session()
        upstream.headers["Authorization"] = f"Bearer {FINANCE}"
        page = f"{portal.url}{_ACCOUNT}/"
        _get(browser, page)
        requests.put(f"{sandbox.url}/_sandbox/faults", json=[_DELAY], timeout=5).raise_for_status()
        rounds = [
            (
                _seconds(lambda: [_get(upstream, sandbox.url + path) for path in _READS]),
                _seconds(lambda: [_get(browser, page)]),
            )
            for _ in range(_ROUNDS)
        ]
    one_by_one, side_by_side = (median(times) for times in zip(*rounds, strict=True))
    print(f"{len(_READS)} reads of 300 ms, medians of {_ROUNDS} rounds")
    print(f"one after the other, nothing drawn   {one_by_one * 1000:6.0f} ms")
    print(f"the whole page, side by side         {side_by_side * 1000:6.0f} ms")
    print(f"ratio                                {one_by_one / side_by_side:6.2f}x")


def _signed_in(portal: Portal) -> requests.Session:
    browser = requests.Session()
    address = f"{portal.url}/accounts/sign-in/"
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(address, timeout=20).text)
    if found is None:
        raise RuntimeError("The sign-in page has no form.")
    form = {"username": "bench", "password": portal.passwords["bench"], "csrfmiddlewaretoken": found[1]}
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
