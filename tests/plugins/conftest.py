"""These tests run with the tests of pages."""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("postgresql_only")
