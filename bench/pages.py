"""Compare the page of a billing account with a naive page of four calls in sequence and 100 invoices.

Altostrat answers after 50 ms. The servers have core 0, everything else the last core.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import requests

from bench.load import cpu_seconds
from bench.reads import GUNICORN, NAIVE_SETTINGS, naive_caller, start_portal
from bench.report import Row
from tests import html
from tests.plugins.processes import Portal, Sandbox, running_sandbox
from tests.tokens import FINANCE

_WORKSPACE: Final = "ws_a1b2c3d4e5f6g7h8"
_ACCOUNT: Final = "cus_a1b2c3d4e5f6g7h8"
_PAGE: Final = f"/workspaces/{_WORKSPACE}/billing-accounts/{_ACCOUNT}/"
_DELAY_MS: Final = 50
_VISITORS: Final = 8


@dataclass(frozen=True)
class _View:
    """One view of a page: milliseconds from request to answer, and of the server's CPU."""

    p50: float
    cpu: float


def rows(views: int) -> Iterator[Row]:
    """Measure, and return a row for each target."""
    with tempfile.TemporaryDirectory() as name, running_sandbox() as sandbox, ExitStack() as stack:
        ours = start_portal(stack, Path(name, "portal"), sandbox.url, {"LOG_LEVEL": "INFO"})
        naive = start_portal(stack, Path(name, "naive"), sandbox.url, NAIVE_SETTINGS, GUNICORN)
        ours.staff("bench", "viewer", FINANCE)
        browsers = [signed_in(ours, "bench") for _ in range(_VISITORS)]
        address = f"{naive.url}/page/{_WORKSPACE}/{_ACCOUNT}"
        authorization = {"Authorization": naive_caller(naive)}
        _prepare(sandbox)
        page = _get(browsers[0], ours.url + _PAGE)
        view = _measure(ours.pid, lambda: _get(browsers[0], ours.url + _PAGE), views)
        chain = _p50(_chain_of(sandbox), views)
        peer = _measure(naive.pid, lambda: requests.get(address, headers=authorization, timeout=30), views)
        print(f"\nAccount page, calls of {_DELAY_MS} ms, medians of {views} views")
        for title, one in (("portal", view), ("naive", peer)):
            print(f"  {title:16}{one.p50:9.0f} ms {one.cpu:8.1f} ms CPU")
        print(f"  longest chain   {chain:9.0f} ms")
        yield Row("account page: CPU, naive page", view.cpu / peer.cpu, at_most=1.5)
        yield Row("account page: p50 to the longest chain of calls", view.p50 / chain, at_most=1.3)
        yield Row("account page: KB of HTML", len(page.content) / 1024, at_most=40)
        yield _together(ours, browsers, views, view)


def _prepare(sandbox: Sandbox) -> None:
    seed = requests.get(
        f"{sandbox.url}/workspaces/{_WORKSPACE}/billing-accounts/{_ACCOUNT}/invoices?limit=1",
        headers={"Authorization": f"Bearer {FINANCE}"},
        timeout=10,
    ).json()["data"][0]
    sandbox.put("invoices", _ACCOUNT, *({**seed, "id": f"in_bench{number:04}"} for number in range(100)))
    rule = {"method": "*", "path": "", "times": None, "does": f"delay:{_DELAY_MS / 1000}"}
    requests.put(f"{sandbox.url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()


def _measure(pid: int, view: Callable[[], Any], views: int) -> _View:
    view()
    spent = cpu_seconds(pid)
    return _View(_p50(view, views), (cpu_seconds(pid) - spent) / views * 1000)


def _p50(view: Callable[[], Any], views: int) -> float:
    times = []
    for _ in range(views):
        started = time.perf_counter()
        view()
        times.append((time.perf_counter() - started) * 1000)
    return median(times)


def _chain_of(sandbox: Sandbox) -> Callable[[], None]:
    """Return a function that makes the longest chain of calls directly: the next bill needs the subscriptions."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {FINANCE}"
    account = f"{sandbox.url}/workspaces/{_WORKSPACE}/billing-accounts/{_ACCOUNT}"

    def calls() -> None:
        (subscription,) = _get(session, f"{account}/subscriptions").json()["data"]
        preview = {"subscription_id": subscription["id"]}
        session.post(f"{account}/invoices/preview", json=preview, timeout=30).raise_for_status()

    return calls


def _together(portal: Portal, browsers: list[requests.Session], views: int, alone: _View) -> Row:
    """Compare the rate of several visitors at once with what one core allows by the CPU time of a lone view."""
    started = time.perf_counter()
    with ThreadPoolExecutor(len(browsers)) as pool:
        list(pool.map(lambda one: [_get(one, portal.url + _PAGE) for _ in range(views)], browsers))
    rate = len(browsers) * views / (time.perf_counter() - started)
    title = f"account page, {len(browsers)} visitors at once: share of what a core allows"
    return Row(title, rate / (1000 / alone.cpu), at_least=0.7)


def signed_in(portal: Portal, name: str) -> requests.Session:
    """Return a browser in which this person has signed in."""
    browser = requests.Session()
    address = f"{portal.url}/accounts/sign-in/"
    form = html.fields(browser.get(address, timeout=20))
    form |= {"username": name, "password": portal.passwords[name]}
    browser.post(address, data=form, headers={"Referer": address}, timeout=20).raise_for_status()
    return browser


def _get(session: requests.Session, address: str) -> requests.Response:
    answer = session.get(address, timeout=30)
    answer.raise_for_status()
    return answer
