"""The connection of a thread is the one that Django's models use."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from billing.services.storage.connections import current


def test_connection_is_that_of_the_models_with_and_without_an_event_loop() -> None:
    async def is_that_of_the_models() -> bool:
        return current() is connections["default"]

    with ThreadPoolExecutor(1) as pool:  # other tests leave an event loop in this thread
        assert pool.submit(lambda: current() is connections["default"]).result()
        assert pool.submit(asyncio.run, is_that_of_the_models()).result()
