"""The connection of a thread is the one that Django's models use."""

from __future__ import annotations

import asyncio

from django.db import connections

from billing.services.storage.connections import current


def test_connection_is_that_of_the_models_with_and_without_an_event_loop() -> None:
    async def is_that_of_the_models() -> bool:
        return current() is connections["default"]

    assert current() is connections["default"]
    assert asyncio.run(is_that_of_the_models())
