"""The order of tests: which run one after the other in one process, and which start first.

A test file runs in one process, because its tests share fixtures. A file marked `slow` starts before the others, and
`slow(pieces=3)` divides it among three processes, so that none is still busy with a long file when the others are idle.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without the garbage collector, and hide them from it: they exist until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put slow files first, and give pytest-xdist's `--dist loadgroup` the group of each test."""
    items.sort(key=_pieces, reverse=True)
    files: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        files[item.nodeid.partition("::")[0]].append(item)
    for number, tests in enumerate(files.values()):
        pieces = max(map(_pieces, tests)) or 1
        for position, item in enumerate(tests):
            item.add_marker(pytest.mark.xdist_group(f"{number}.{position * pieces // len(tests)}"))


def _pieces(item: pytest.Item) -> int:
    return max((mark.kwargs.get("pieces", 1) for mark in item.iter_markers("slow")), default=0)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fail if pytest-xdist does not know the groups, because each process would then set up every file's fixtures."""
    grouped = getattr(session.config.option, "loadgroup", False)
    if grouped and not all("@" in item.nodeid for item in session.items):
        raise pytest.UsageError(
            "pytest-xdist does not group tests of this version of pytest: requirements-dev.in."
        )
