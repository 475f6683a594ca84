"""Compare writes with an Idempotency-Key, recorded before and after they are sent, with the naive passthrough's."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

from bench import nginx
from bench.account import ACCOUNT
from bench.load import last_core
from bench.reads import alternate, naive_server, portal_server
from bench.report import Row

_CONNECTIONS: Final = 1  # the writes of an account are sent one after another
_WRITE: Final = f"PATCH {json.dumps({'name': ACCOUNT['name']})}"


def rows(rounds: int, seconds: int) -> Iterator[Row]:
    """Measure, and return the rows."""
    with tempfile.TemporaryDirectory() as name, nginx.running(Path(name)) as upstream, ExitStack() as stack:
        os.sched_setaffinity(upstream.pid, {last_core()})
        portal = portal_server(stack, Path(name) / "portal", upstream.plain)
        naive = naive_server(stack, Path(name) / "naive", upstream.plain)
        servers = {"portal": replace(portal, write=_WRITE), "naive": replace(naive, write=_WRITE)}
        measured = alternate(servers, _CONNECTIONS, rounds, seconds)
    pairs = list(zip(measured["portal"], measured["naive"], strict=True))
    ratio = median(ours.per_second / max(theirs.per_second, 1e-6) for ours, theirs in pairs)
    yield Row("API write with Idempotency-Key: requests/s, naive", ratio, at_least=1)
    yield Row("API write with Idempotency-Key: refused", sum(ours.refused for ours, _ in pairs), at_most=0)
