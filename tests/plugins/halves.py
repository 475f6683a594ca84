"""The halves of `make test`: which folders need only one of them, SQLite or PostgreSQL with Redis.

Single tests and files have the markers themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

_TESTS: Final = Path(__file__).resolve().parents[1]
_MARKERS: Final = {
    **dict.fromkeys(
        ("access", "admin", "altostrat", "identity_provider", "money", "rules", "sandbox", "vault"),
        "sqlite_only",
    ),
    **dict.fromkeys(("journeys", "pages", "tasks"), "postgresql_only"),
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even load the folders that the other half runs."""
    marker = _MARKERS.get(collection_path.name) if collection_path.parent == _TESTS else None
    return True if marker and config.option.markexpr == f"not {marker}" else None


def pytest_itemcollected(item: pytest.Item) -> None:
    folder = item.path.relative_to(_TESTS).parts[0]
    if folder in _MARKERS:
        item.add_marker(_MARKERS[folder])
    if folder == "journeys":
        item.add_marker("slow")
