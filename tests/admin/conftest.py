"""These tests give the same results with any database and cache."""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("sqlite_only")
