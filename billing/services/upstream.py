"""The process's one way to Altostrat: the pooled transport, the log line of each call, and the request budget."""

from __future__ import annotations

import logging
import os
import time
from functools import cache
from typing import Final

from django.conf import settings
from django.core.cache import cache as shared_cache

from billing.altostrat.client import AltostratClient, CallRecord
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import RateLimited
from billing.altostrat.transport import Transport, TransportConfig

logger = logging.getLogger(__name__)

# Altostrat's older pages name 60 requests a minute and token. Whether this service enforces it is not known, so a token
# is held to it only after Altostrat has said 429 to that token, and for a while.
_REQUESTS_PER_MINUTE: Final = 60
_HELD_SECONDS: Final = 600


def transport_config() -> TransportConfig:
    """The transport that the settings describe. Raises ValueError naming the variable that is wrong."""
    return TransportConfig(
        base_url=settings.ALTOSTRAT_API_URL,
        connect_timeout_seconds=settings.ALTOSTRAT_CONNECT_TIMEOUT,
        read_timeout_seconds=settings.ALTOSTRAT_READ_TIMEOUT,
        deadline_seconds=settings.ALTOSTRAT_DEADLINE,
        max_body_bytes=settings.ALTOSTRAT_MAX_BODY_BYTES,
    )


@cache
def transport() -> Transport:
    """This process's transport, made at first use. A forked child makes its own: sockets must not be shared."""
    return Transport(transport_config())


os.register_at_fork(after_in_child=transport.cache_clear)


def client(token: BearerToken, *, request_id: str) -> AltostratClient:
    """A client that acts with `token`."""
    return AltostratClient(transport(), token, portal_request_id=request_id, on_answer=_log_call)


def spend(budget: str) -> None:
    """Counts one request on a budget (a token's id). Raises RateLimited, unsent, when a held token has none left."""
    minute, second = divmod(time.time(), 60)
    counter = f"altostrat-requests:{budget}:{int(minute)}"
    shared_cache.add(counter, 0, timeout=120)
    try:
        count = shared_cache.incr(counter)
    except ValueError:  # evicted between the two calls
        return
    if count > _REQUESTS_PER_MINUTE and shared_cache.get(f"altostrat-held:{budget}"):
        raise RateLimited.before_sending(retry_after_seconds=int(60 - second) + 1)


def hold(budget: str) -> None:
    """Keeps a token to its request budget from now on, for ten minutes: Altostrat has said 429."""
    shared_cache.set(f"altostrat-held:{budget}", True, timeout=_HELD_SECONDS)


def _log_call(call: CallRecord) -> None:
    logger.info(
        "altostrat %s %s %s in %d ms, upstream_request_id=%s",
        call.method,
        call.path_template,
        call.outcome,
        round(call.duration_seconds * 1000),
        call.request_id or "-",
    )
