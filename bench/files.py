"""Measure how much memory a long file takes that the portal passes on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import requests

from bench import nginx
from bench.load import memory_mb
from bench.reads import portal_server
from bench.report import Row

_MB: Final = 1024 * 1024
_SIZE: Final = 50 * _MB
_MOST_SECONDS: Final = 300  # on a machine with other load
_LINE: Final = b"2026-11-01,site_0001,12345,67890\n"
_PATH: Final = "/workspaces/ws_a1b2c3d4e5f6g7h8/organizations/usage.csv"


def rows() -> Iterator[Row]:
    """Measure, and return the row."""
    with tempfile.TemporaryDirectory() as name, nginx.running(Path(name)) as upstream, ExitStack() as stack:
        (Path(name) / "usage.csv").write_bytes(b"day,site,sent,received\n" + _LINE * (_SIZE // len(_LINE)))
        portal = portal_server(
            stack, Path(name) / "portal", upstream.plain, ALTOSTRAT_DEADLINE=str(_MOST_SECONDS)
        )
        url = portal.url.partition("/workspaces/")[0] + _PATH
        before, highest, received = memory_mb(portal.pid), 0.0, 0
        with requests.get(
            url, headers={"Authorization": portal.callers[0]}, stream=True, timeout=_MOST_SECONDS
        ) as answer:
            answer.raise_for_status()
            for piece in answer.iter_content(_MB):
                received += len(piece)
                highest = max(highest, memory_mb(portal.pid))
    if received < _SIZE - _MB:
        raise RuntimeError(f"Only {received} bytes arrived.")
    yield Row("file of 50 MB: growth of memory in MB", highest - before, at_most=5)
