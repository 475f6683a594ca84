"""Name resolution with a timeout.

`getaddrinfo` blocks in C for as long as the system's resolver is configured to try (often 10 to 30 s) and takes no
timeout. So it runs in a separate thread, which is abandoned at the timeout and ends when the resolver gives up. The
limit of concurrent calls also limits these threads. Only new connections resolve names, so the cost of a thread does
not matter.
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
    """Return the result of `socket.getaddrinfo`. Raise socket.gaierror, and TimeoutError if it takes too long."""
    results: queue.SimpleQueue[Addresses | Exception] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            results.put(lookup(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001 - passed to the waiting thread
            results.put(error)

    threading.Thread(target=resolve, name="altostrat-resolver", daemon=True).start()
    try:
        result = results.get(timeout=max(0.0, min(timeout_seconds, seconds_left())))
    except queue.Empty:
        raise TimeoutError("The host name was not resolved in time.") from None
    if isinstance(result, Exception):
        raise result
    return result
