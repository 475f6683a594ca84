"""Compare the portal's API with a naive passthrough.

Both run under `bin/serve` with one worker process, on SQLite, in front of the same upstream, which
answers immediately. Rounds alternate, so other load on the machine affects both. Takes about a minute.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import requests

from bench.load import Measured, measure
from bench.upstream import ACCOUNT
from tests.plugins.processes import ROOT, Portal, running_portal
from tests.tokens import FINANCE

_OUR_PATH = "/api/v1/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"
_NAIVE_PATH = _OUR_PATH.removeprefix("/api/v1")  # not through the portal's handler of API calls
_NAIVE_CALLER = """
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
_WARM_UP = 80


def main(rounds: int = 3, requests_each: int = 800) -> None:
    """Print requests per second and CPU time per request of both, and the ratios."""
    with tempfile.TemporaryDirectory() as name, _upstream() as upstream:
        folders = [Path(name, "ours"), Path(name, "naive")]
        for folder in folders:
            folder.mkdir()
        naive_settings = {"DJANGO_SETTINGS_MODULE": "bench.naive_settings", "LOG_LEVEL": "INFO"}
        with (
            running_portal(folders[0], upstream, LOG_LEVEL="INFO") as ours,
            running_portal(folders[1], upstream, **naive_settings) as naive,
        ):
            sides = [
                (naive.url + _NAIVE_PATH, _naive_caller(naive), naive.pid),
                (ours.url + _OUR_PATH, _our_caller(ours), ours.pid),
            ]
            for url, authorization, pid in sides:
                _check(url, authorization)
                measure(url, authorization, pid, _WARM_UP)
            measured = [[measure(*side, requests_each) for side in sides] for _ in range(rounds)]
    print(f"{rounds} rounds of {requests_each} requests each, 8 connections, medians\n")
    _report(measured)


@contextmanager
def _upstream() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "bench.upstream"], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()
    finally:
        process.terminate()
        process.communicate()


def _our_caller(portal: Portal) -> str:
    portal.staff("bench", "viewer", FINANCE)
    return f"Bearer {portal.key('bench', 'billing:read')}"


def _naive_caller(portal: Portal) -> str:
    portal.staff("bench", "viewer")
    made = portal.manage("shell", "-c", _NAIVE_CALLER, stdin=FINANCE)
    return f"Token {made.partition('key: ')[2].strip()}"


def _check(url: str, authorization: str) -> None:
    answer = requests.get(url, headers={"Authorization": authorization}, timeout=20)
    if answer.status_code != 200 or json.loads(answer.content) != ACCOUNT:
        raise RuntimeError(f"{url} does not pass the account through: {answer.status_code}")


def _report(rounds: list[list[Measured]]) -> None:
    print(f"{'':20}{'requests/s':>12}{'CPU ms/request':>16}")
    for side, title in enumerate(("naive passthrough", "this portal")):
        row = [one[side] for one in rounds]
        cpu = [measured.cpu_ms for measured in row if measured.cpu_ms is not None]
        cpu_ms = f"{median(cpu):16.2f}" if cpu else f"{'-':>16}"
        print(f"{title:20}{median(one.per_second for one in row):12.0f}{cpu_ms}")
    faster = median(ours.per_second / naive.per_second for naive, ours in rounds)
    cheaper = [naive.cpu_ms / ours.cpu_ms for naive, ours in rounds if naive.cpu_ms and ours.cpu_ms]
    print(f"{'ratio':20}{faster:11.2f}x{f'{median(cheaper):15.2f}x' if cheaper else ''}\n")
