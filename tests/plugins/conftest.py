"""Chromium is tested where the pages are."""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("postgresql_only")
