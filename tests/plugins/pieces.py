"""What runs side by side: each test file is one piece for one process, and what takes long is several, and comes first.

So no process is left alone with the longest file at the end. For pytest-xdist, whose own `--dist loadfile` keeps every
file whole: https://pytest-xdist.readthedocs.io/en/stable/distribution.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

# The longest first, by the beginning of their path, and in how many pieces.
_LONG: Final[Mapping[str, int]] = {
    "tests/journeys/sign_in/test_outlive_a_session.py": 3,
    "tests/journeys/test_look_at_every_page.py": 4,
    "tests/journeys/sign_in/test_single_sign_on.py": 2,
    "tests/journeys/": 1,
    "tests/access/test_matrix.py": 2,
    "tests/journeys/changes/test_in_the_browser.py": 1,
    "tests/pages/billing_accounts/test_slow_altostrat.py": 1,
    "tests/sign_in/sso/test_in_the_browser.py": 1,
    "tests/services/audit/test_writers.py": 1,
    "tests/services/changes/test_real_processes.py": 1,
    "tests/api/test_failures.py": 1,
}


class PieceScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each process a piece at a time."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        self._pieces: dict[str, str] = {}

    def _split_scope(self, nodeid: str) -> str:
        if not self._pieces:
            self._pieces = _pieces_of(self.collection or ())
        return self._pieces[nodeid]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> PieceScheduling | None:
    """The scheduler of `--dist loadfile`."""
    return PieceScheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what takes long first."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    return next((rank for rank, place in enumerate(_LONG) if nodeid.startswith(place)), len(_LONG))


def _pieces_of(nodeids: Iterable[str]) -> dict[str, str]:
    """The piece of each test. A file is cut in its own order: neighbours share fixtures."""
    files: dict[str, list[str]] = {}
    for nodeid in nodeids:
        files.setdefault(nodeid.partition("::")[0], []).append(nodeid)
    counts = {file: next((n for place, n in _LONG.items() if file.startswith(place)), 1) for file in files}
    return {
        nodeid: f"{file} {at * counts[file] // len(tests)}"
        for file, tests in files.items()
        for at, nodeid in enumerate(tests)
    }
