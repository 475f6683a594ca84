"""Name resolution with a limit of time.

`getaddrinfo` blocks in C for as long as the system's resolver is configured to try (often 10 to 30 s) and
heeds no timeout, so it runs in a thread of its own that is left behind when time is up. It ends when the
resolver gives up; how many can pile up is bounded by the calls under way. Only a new connection resolves, so
the thread costs nothing that can be noticed.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from typing import Any

from billing.altostrat.http.deadlines import seconds_left

Addresses = list[tuple[Any, ...]]


def addresses_of(
    host: str, port: int, timeout_seconds: float, lookup: Callable[..., Addresses] = socket.getaddrinfo
) -> Addresses:
    """What `socket.getaddrinfo` answers. Raises socket.gaierror, and TimeoutError when it takes too long."""
    results: queue.SimpleQueue[Addresses | Exception] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            results.put(lookup(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001 - handed over to the waiting thread
            results.put(error)

    threading.Thread(target=resolve, name="altostrat-resolver", daemon=True).start()
    try:
        result = results.get(timeout=max(0.0, min(timeout_seconds, seconds_left())))
    except queue.Empty:
        raise TimeoutError("The host name was not resolved in time.") from None
    if isinstance(result, Exception):
        raise result
    return result
