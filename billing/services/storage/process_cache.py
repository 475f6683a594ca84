"""A cache in this process, whose entries all threads share."""

from __future__ import annotations

from django.core.cache.backends.locmem import LocMemCache


class ProcessCache(LocMemCache):
    def make_and_validate_key(self, key: str, version: int | None = None) -> str:
        """Return the key itself: there are no versions, and Django's checks are for memcached."""
        return key


def process_cache() -> ProcessCache:
    """Return the cache that replaces Redis."""
    return ProcessCache("instead-of-redis", {"OPTIONS": {"MAX_ENTRIES": 10_000}})
