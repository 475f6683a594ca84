"""Compares responses with the contract while they are used. Once a minute for each operation, a thread compares one.

So requests pay next to nothing. Servers and workers compare the responses that they get anyway, with anybody's token.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Final

from django.db import DatabaseError

from billing.altostrat.operations.operation import Operation
from billing.services.contract_drift import findings
from billing.services.contract_drift.comparison import find
from billing.services.storage import connections

logger = logging.getLogger(__name__)

INTERVAL_SECONDS: Final = 60.0
THREAD_NAME: Final = "contract-drift"
_MAX_BYTES: Final = 1024 * 1024

is_on = False
# When the next response of an operation is compared, by name, on the monotonic clock.
_due: dict[str, float] = {}


def begin() -> None:
    """Compare responses from now on, in a server or worker. A command would end before a comparison does."""
    global is_on
    is_on = True


def watch(operation: Operation[Any], body: bytes) -> None:
    """Compare the body of a success in a thread, if none of this operation was compared for a minute."""
    now = time.monotonic()
    if now < _due.get(operation.name, 0.0):
        return
    _due[operation.name] = now + INTERVAL_SECONDS
    if body and len(body) <= _MAX_BYTES and not operation.media_types:
        start(operation, body)


def start(operation: Operation[Any], body: bytes) -> None:
    """Start the thread. It is a function of its own so that tests can do without threads."""
    try:
        threading.Thread(target=check, args=(operation, body), name=THREAD_NAME, daemon=True).start()
    except RuntimeError:  # no more threads
        logger.warning("a response was not compared with the contract: no thread")


def check(operation: Operation[Any], body: bytes) -> None:
    """Compare a body and record the findings."""
    try:
        if found := find(operation, body):
            findings.record(operation.name, found)
    except DatabaseError as error:
        logger.warning("contract drift was not recorded: %s", type(error).__name__)
    finally:
        connections.close()
