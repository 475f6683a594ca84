"""The cache that all processes share, in Redis."""

from __future__ import annotations

from threading import Thread

import pytest
from django.core.cache import cache, caches

pytestmark = pytest.mark.postgresql_only


def connections_received() -> int:
    client = caches["default"]._cache
    return int(client.get_client().info("stats")["total_connections_received"])


def test_threads_share_their_connections() -> None:
    before = connections_received()
    for _ in range(5):
        thread = Thread(target=lambda: cache.get("key"))
        thread.start()
        thread.join()

    assert connections_received() == before
