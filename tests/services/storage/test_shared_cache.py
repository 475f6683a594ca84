"""The cache that all processes share, in Redis."""

from __future__ import annotations

from threading import Thread

import pytest
from django.core.cache import cache, caches

from billing.services.storage.shared_cache import SharedCache

pytestmark = pytest.mark.postgresql_only


def connections_received() -> int:
    shared = caches["default"]
    assert isinstance(shared, SharedCache)
    return int(shared._cache.get_client().info("stats")["total_connections_received"])


def test_threads_share_their_connections() -> None:
    before = connections_received()
    for _ in range(5):
        thread = Thread(target=lambda: cache.get("key"))
        thread.start()
        thread.join()

    assert connections_received() == before
