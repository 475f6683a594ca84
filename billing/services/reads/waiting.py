"""Slots for requests that wait for reads: half of the threads of a process, and a share of them for each token.

A request waits in its thread, also if it only joins the reads of another one. So the more requests of some tokens wait
for calls that hang, the fewer slots each of these tokens gets, and some remain for others.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from django.conf import settings

from billing.altostrat.http.slots import KeyedSlots

WAIT_SECONDS: Final = 1.0
# One late page asks for eleven panels.
_PER_TOKEN: Final = 16
# With fewer, one person's page would not get enough.
_LEAST: Final = 64


@cache
def waiting_slots() -> KeyedSlots:
    """Return the slots of this process."""
    return KeyedSlots(_PER_TOKEN, max(settings.WEB_THREADS // 2, _LEAST))
