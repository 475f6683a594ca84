"""Compare the page of a billing account with a naive page of four calls in sequence and 100 invoices.

Altostrat answers after 50 ms. The servers have core 0, everything else the last core.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

import requests

from bench.load import cpu_seconds, patient
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


def rows(views: int) -> Iterator[Row]:
    """Measure, and return a row for each target."""
    with tempfile.TemporaryDirectory() as name, running_sandbox() as sandbox, ExitStack() as stack:
        ours = start_portal(stack, Path(name, "portal"), sandbox.url, {"LOG_LEVEL": "INFO"})
        naive = start_portal(stack, Path(name, "naive"), sandbox.url, NAIVE_SETTINGS, GUNICORN)
        ours.staff("bench", "viewer", FINANCE)
        browsers = [patient(signed_in(ours, "bench")) for _ in range(_VISITORS)]
        address = f"{naive.url}/page/{_WORKSPACE}/{_ACCOUNT}"
        authorization = {"Authorization": naive_caller(naive)}
        _prepare(sandbox)
        calls = {
            "portal": lambda: _get(browsers[0], ours.url + _PAGE),
            "naive": lambda: requests.get(address, headers=authorization, timeout=30),
            "longest chain": _chain_of(sandbox),
        }
        page = _get(browsers[0], ours.url + _PAGE)
        p50, cpu = _measure(calls, {"portal": ours.pid, "naive": naive.pid}, views)
        print(f"\nAccount page, calls of {_DELAY_MS} ms, medians of {views} views")
        for title, milliseconds in p50.items():
            used = f"{cpu[title]:8.1f} ms CPU" if title in cpu else ""
            print(f"  {title:16}{milliseconds:9.0f} ms {used}")
        yield Row("account page: CPU, naive page", cpu["portal"] / cpu["naive"], at_most=1.5)
        yield Row(
            "account page: p50 to the longest chain of calls",
            p50["portal"] / p50["longest chain"],
            at_most=1.3,
        )
        yield Row("account page: KB of HTML", len(page.content) / 1024, at_most=40)
        yield _together(ours, browsers, views, cpu["portal"])


def _prepare(sandbox: Sandbox) -> None:
    seed = requests.get(
        f"{sandbox.url}/workspaces/{_WORKSPACE}/billing-accounts/{_ACCOUNT}/invoices?limit=1",
        headers={"Authorization": f"Bearer {FINANCE}"},
        timeout=10,
    ).json()["data"][0]
    sandbox.put("invoices", _ACCOUNT, *({**seed, "id": f"in_bench{number:04}"} for number in range(100)))
    rule = {"method": "*", "path": "", "times": None, "does": f"delay:{_DELAY_MS / 1000}"}
    requests.put(f"{sandbox.url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()


def _measure(
    calls: Mapping[str, Callable[[], Any]], pids: Mapping[str, int], views: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the p50 of each call, and the CPU time that it takes its process, in milliseconds.

    The calls take turns, so that other load on the machine affects all of them.
    """
    for call in calls.values():
        call()
    spent = {title: cpu_seconds(pid) for title, pid in pids.items()}
    times: dict[str, list[float]] = {title: [] for title in calls}
    for _ in range(views):
        for title, call in calls.items():
            started = time.perf_counter()
            call()
            times[title].append((time.perf_counter() - started) * 1000)
    cpu = {title: (cpu_seconds(pid) - spent[title]) / views * 1000 for title, pid in pids.items()}
    return {title: median(found) for title, found in times.items()}, cpu


def _chain_of(sandbox: Sandbox) -> Callable[[], None]:
    """Return a function that makes the longest chain of calls directly: the next bill needs the subscriptions."""
    session = patient(requests.Session())
    session.headers["Authorization"] = f"Bearer {FINANCE}"
    account = f"{sandbox.url}/workspaces/{_WORKSPACE}/billing-accounts/{_ACCOUNT}"

    def calls() -> None:
        (subscription,) = _get(session, f"{account}/subscriptions").json()["data"]
        preview = {"subscription_id": subscription["id"]}
        session.post(f"{account}/invoices/preview", json=preview, timeout=30).raise_for_status()

    return calls


def _together(portal: Portal, browsers: list[requests.Session], views: int, cpu: float) -> Row:
    """Compare the rate of several visitors at once with what one core allows by the CPU time of a lone view."""
    started = time.perf_counter()
    with ThreadPoolExecutor(len(browsers)) as pool:
        list(pool.map(lambda one: [_get(one, portal.url + _PAGE) for _ in range(views)], browsers))
    rate = len(browsers) * views / (time.perf_counter() - started)
    title = f"account page, {len(browsers)} visitors at once: share of what a core allows"
    return Row(title, rate / (1000 / cpu), at_least=0.7)


def signed_in(portal: Portal, name: str) -> requests.Session:
    """Return a browser in which this person has signed in."""
    browser = requests.Session()
    address = f"{portal.url}/accounts/sign-in/"
    form = html.fields(_get(browser, address))
    form |= {"username": name, "password": portal.passwords[name]}
    browser.post(address, data=form, headers={"Referer": address}, timeout=20).raise_for_status()
    return browser


def _get(session: requests.Session, address: str) -> requests.Response:
    answer = session.get(address, timeout=30)
    answer.raise_for_status()
    return answer
