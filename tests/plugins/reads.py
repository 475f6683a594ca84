"""Reads of Altostrat that this process still has in flight, in threads of their own."""

from __future__ import annotations

import threading

from billing.services.reads import in_flight

_WAIT_SECONDS = 20


def wait_for_reads() -> None:
    """Wait for the reads of pages that were answered without them."""
    for thread in threading.enumerate():
        if thread.name == in_flight.THREAD_NAME:
            thread.join(_WAIT_SECONDS)
