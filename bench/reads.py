"""Compare API reads: the portal, a naive passthrough, other proxies, and the limits of each part.

Every server has one process on core 0; wrk and the upstream have the last core. Rounds alternate between the servers,
so that other load on the machine affects all of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import requests

from bench import nginx
from bench.account import ACCOUNT
from bench.load import Measured, Server, last_core, measure, memory_mb, patient
from bench.report import Row
from tests.plugins.processes import ROOT, Portal, migrate, own_database, running_portal
from tests.plugins.services import free_port
from tests.tokens import FINANCE

_PATH: Final = "/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"
_NAIVE_CALLER: Final = """
import sys
from cryptography.fernet import Fernet
from django.conf import settings
from rest_framework.authtoken.models import Token
from billing.models import AltostratToken, User
user = User.objects.get(username='bench')
envelope = Fernet(settings.FERNET_KEY).encrypt(sys.stdin.read().encode()).decode()
AltostratToken.objects.create(owner=user, label='bench', is_default=True, envelope=envelope)
print('key:', Token.objects.create(user=user).key)
"""
NAIVE_SETTINGS: Final = {"DJANGO_SETTINGS_MODULE": "bench.peers.naive_settings", "LOG_LEVEL": "INFO"}
_DJANGO_SETTINGS: Final = {"DJANGO_SETTINGS_MODULE": "bench.peers.django_settings", "LOG_LEVEL": "INFO"}
# As most people run Django.
GUNICORN: Final = (
    sys.executable,
    "-m",
    "gunicorn",
    "bench.peers.wsgi",
    "--threads",
    "64",
    "--no-control-socket",
)
# The portal's own server.
_GRANIAN: Final = (
    *(sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "64", "--no-access-log"),
    *("--log-level", "warning", "bench.peers.wsgi:application"),
)
# Requests are counted, and never refused.
_NO_LIMITS: Final = dict.fromkeys(("ALTOSTRAT_REQUESTS_PER_MINUTE", "API_REQUESTS_PER_MINUTE"), str(10**9))
_PEOPLE: Final = 64  # of the row with a slow upstream

Rounds = dict[str, list[Measured]]


def rows(rounds: int, seconds: int, connections: Sequence[int]) -> Iterator[Row]:
    """Measure with these numbers of connections, and return a row for each target."""
    with tempfile.TemporaryDirectory() as name, nginx.running(Path(name)) as upstream, ExitStack() as stack:
        os.sched_setaffinity(upstream.pid, {last_core()})
        servers = _servers(stack, Path(name), upstream)
        for number in connections:
            yield from _fast(number, alternate(servers, number, rounds, seconds))
    with tempfile.TemporaryDirectory() as name, nginx.running(Path(name)) as upstream, ExitStack() as stack:
        os.sched_setaffinity(upstream.pid, {last_core()})
        yield from _over_tls(stack, Path(name), upstream, rounds, seconds)
    with tempfile.TemporaryDirectory() as name, _slow_upstream() as url, ExitStack() as stack:
        yield from _slow(stack, Path(name), url, seconds)


def _servers(stack: ExitStack, folder: Path, upstream: nginx.Nginx) -> dict[str, Server]:
    django = start_portal(stack, folder / "django", upstream.plain, _DJANGO_SETTINGS, _GRANIAN)
    return {
        "portal": portal_server(stack, folder / "portal", upstream.plain),
        "naive": naive_server(stack, folder / "naive", upstream.plain),
        "naive on granian": naive_server(stack, folder / "naive2", upstream.plain, _GRANIAN),
        "django-revproxy": Server(django.url + _PATH, django.pid),
        "DRF constant": Server(f"{django.url}/constant", django.pid),
        "FastAPI, httpx": stack.enter_context(_fastapi(upstream.plain)),
        "nginx": Server(upstream.proxy + _PATH, upstream.pid),
        "direct": Server(upstream.plain + _PATH, upstream.pid),
    }


def portal_server(stack: ExitStack, folder: Path, upstream: str, people: int = 1, **settings: str) -> Server:
    """Start the portal with keys of this many people."""
    portal = start_portal(stack, folder, upstream, {"LOG_LEVEL": "INFO", **settings})
    keys = []
    for number in range(people):
        portal.staff(f"bench{number}", "editor", FINANCE)
        keys.append(f"Bearer {portal.key(f'bench{number}', 'billing:read', 'billing:write')}")
    return _checked(Server(f"{portal.url}/api/v1{_PATH}", portal.pid, keys))


def naive_server(
    stack: ExitStack, folder: Path, upstream: str, command: Sequence[str] = GUNICORN, **settings: str
) -> Server:
    portal = start_portal(stack, folder, upstream, {**NAIVE_SETTINGS, **settings}, command)
    return _checked(Server(portal.url + _PATH, portal.pid, [naive_caller(portal)]))


def naive_caller(portal: Portal) -> str:
    """Return the Authorization header of a new caller of the naive passthrough."""
    portal.staff("bench", "viewer")
    printed = portal.manage("shell", "-c", _NAIVE_CALLER, stdin=FINANCE)
    return f"Token {printed.partition('key: ')[2].strip()}"


def start_portal(
    stack: ExitStack,
    folder: Path,
    upstream: str,
    settings: Mapping[str, str],
    command: Sequence[str] = ("bin/serve",),
) -> Portal:
    """Start a portal or a peer in this folder, on core 0."""
    folder.mkdir()
    environment = {"GRANIAN_PORT": (port := str(free_port())), "PORT": port, **_NO_LIMITS, **settings}
    if "DATABASE_URL" not in settings:
        environment["DATABASE_URL"] = own_database(folder)
        migrate(environment["DATABASE_URL"], **settings)
    with _on_core(0):
        return stack.enter_context(running_portal(folder, upstream, command=command, **environment))


@contextmanager
def _fastapi(upstream: str) -> Iterator[Server]:
    port = free_port()
    with _on_core(0):
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.peers.fastapi_httpx", str(port), upstream], cwd=ROOT
        )
    try:
        yield _checked(Server(f"http://127.0.0.1:{port}{_PATH}", process.pid))
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _slow_upstream() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.peers.slow_upstream"]
    with _on_core(last_core()):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def _on_core(core: int) -> Iterator[None]:
    """Keep the processes that start within the block on this core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _checked(server: Server) -> Server:
    answer = patient(requests.Session()).get(
        server.url, headers={"Authorization": server.callers[0]}, timeout=20
    )
    if answer.status_code != 200 or answer.json() != ACCOUNT:
        raise RuntimeError(f"{server.url} does not pass the account through: {answer.status_code}")
    return server


def alternate(servers: Mapping[str, Server], connections: int, rounds: int, seconds: int) -> Rounds:
    """Measure each server in each round."""
    for server in servers.values():
        measure(server, connections, 1)
    measured: Rounds = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            measured[name].append(measure(server, connections, seconds))
    return measured


def _fast(connections: int, rounds: Rounds) -> Iterator[Row]:
    print(f"\nFast upstream, connections: {connections}")
    for name, row in rounds.items():
        rate, cpu, p50, p99 = (
            median(getattr(one, key) for one in row) for key in ("per_second", "cpu", "p50", "p99")
        )
        print(f"  {name:16}{rate:9.0f}/s {cpu:8.3f} ms CPU   p50 {p50:7.2f} ms   p99 {p99:7.2f} ms")
    title = f"API read, {connections} connection{'s' if connections > 1 else ''}"
    yield Row(f"{title}: requests/s, naive", _ratio(rounds, "naive", "per_second"), at_least=5)
    yield Row(f"{title}: CPU, naive", 1 / _ratio(rounds, "naive", "cpu"), at_least=5)
    yield Row(
        f"{title}: requests/s, django-revproxy", _ratio(rounds, "django-revproxy", "per_second"), at_least=1.1
    )
    yield Row(f"{title}: requests/s, FastAPI", _ratio(rounds, "FastAPI, httpx", "per_second"), at_least=2.5)
    if connections == 1:
        added = {name: median(one.p50 for one in rounds[name]) for name in ("portal", "naive", "direct")}
        latency = (added["portal"] - added["direct"]) / (added["naive"] - added["direct"])
        yield Row(f"{title}: added latency, naive", latency, at_most=0.25)
    if connections == 16:
        yield Row(f"{title}: p99 to p50", median(one.spread for one in rounds["portal"]), at_most=10)


def _ratio(rounds: Rounds, peer: str, name: str) -> float:
    pairs = zip(rounds["portal"], rounds[peer], strict=True)
    return float(
        median(max(getattr(ours, name), 1e-6) / max(getattr(theirs, name), 1e-6) for ours, theirs in pairs)
    )


def _over_tls(
    stack: ExitStack, folder: Path, upstream: nginx.Nginx, rounds: int, seconds: int
) -> Iterator[Row]:
    trusted = str(upstream.ca_bundle)
    servers = {
        "portal": portal_server(stack, folder / "portal", upstream.tls, ALTOSTRAT_CA_BUNDLE=trusted),
        "naive": naive_server(stack, folder / "naive", upstream.tls, REQUESTS_CA_BUNDLE=trusted),
    }
    measured = alternate(servers, 16, rounds, seconds)
    yield Row(
        "API read over TLS, 16 connections: requests/s, naive",
        _ratio(measured, "naive", "per_second"),
        at_least=5,
    )
    yield Row(
        "API read over TLS, 16 connections: CPU, naive", 1 / _ratio(measured, "naive", "cpu"), at_least=5
    )


def _slow(stack: ExitStack, folder: Path, upstream: str, seconds: int) -> Iterator[Row]:
    server = portal_server(stack, folder / "portal", upstream, people=_PEOPLE)
    measure(server, _PEOPLE, 2)
    measured = measure(server, _PEOPLE, seconds)
    possible = min(_PEOPLE / 0.05, 1000 / max(measured.cpu, 1e-6))
    title = f"upstream of 50 ms, {_PEOPLE} people"
    yield Row(f"{title}: share of what is possible", measured.per_second / possible, at_least=0.8)
    yield Row(f"{title}: refused", measured.refused, at_most=0)
    yield Row(f"{title}: memory in MB", memory_mb(server.pid), at_most=200)
