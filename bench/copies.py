"""Compare reads that a program makes cheaper, a short copy and a 304 of one, with the same read without a copy.

Each connection has a person of its own, because equal reads of one person in flight share a call. One connection alone
would measure the way of a request through kernel, server and threads more than what differs.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

import requests

from bench import nginx
from bench.load import Server, last_core, patient
from bench.reads import alternate, portal_server
from bench.report import Row

_CONNECTIONS: Final = 16
_ACCEPTING: Final = {"Cache-Control": "max-age=60"}


def rows(rounds: int, seconds: int) -> Iterator[Row]:
    """Measure, and return a row for each kind of read."""
    with tempfile.TemporaryDirectory() as name, nginx.running(Path(name)) as upstream, ExitStack() as stack:
        os.sched_setaffinity(upstream.pid, {last_core()})
        portal = portal_server(stack, Path(name) / "portal", upstream.plain, people=_CONNECTIONS)
        measured = alternate(
            {
                "uncached": portal,
                "short copy": replace(portal, headers=_ACCEPTING),
                "304": replace(portal, headers={**_ACCEPTING, "If-None-Match": _etag(portal)}),
            },
            _CONNECTIONS,
            rounds,
            seconds,
        )
    for kind in ("short copy", "304"):
        pairs = zip(measured[kind], measured["uncached"], strict=True)
        ratio = median(one.per_second / max(other.per_second, 1e-6) for one, other in pairs)
        yield Row(f"API read, {kind}: requests/s, uncached read", ratio, at_least=2)


def _etag(server: Server) -> str:
    answer = patient(requests.Session()).get(
        server.url, headers={"Authorization": server.callers[0]}, timeout=20
    )
    return answer.headers["ETag"]
