"""The process's one way to Altostrat: the pooled transport, the log line of each call, and the request budget."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from functools import cache, lru_cache
from typing import Final

from django.conf import settings
from django.core.cache import cache as shared_cache

from billing.altostrat.client import AltostratClient, CallRecord
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import RateLimited
from billing.altostrat.http.transport import Transport, TransportConfig

logger = logging.getLogger(__name__)

# Altostrat's older pages name this many requests a minute and token; whether billing enforces it is not known.
_DOCUMENTED_PER_MINUTE: Final = 60
_WALKING_SECONDS: Final = 5.0
_WALKING_CALLS: Final = 16


def transport_config() -> TransportConfig:
    """The transport that the settings describe. Raises ValueError naming the variable that is wrong."""
    return TransportConfig(
        base_url=settings.ALTOSTRAT_API_URL,
        connect_timeout_seconds=settings.ALTOSTRAT_CONNECT_TIMEOUT,
        read_timeout_seconds=settings.ALTOSTRAT_READ_TIMEOUT,
        deadline_seconds=settings.ALTOSTRAT_DEADLINE,
        max_body_bytes=settings.ALTOSTRAT_MAX_BODY_BYTES,
        version=settings.PORTAL_VERSION,
    )


@cache
def transport() -> Transport:
    """This process's transport, made at first use. A forked child makes its own: sockets must not be shared."""
    return Transport(transport_config())


os.register_at_fork(after_in_child=transport.cache_clear)


@lru_cache(maxsize=2)
def _walking_transport(config: TransportConfig) -> Transport:
    """For walks over many accounts: with places of its own, so that they take none from pages that people wait for, and
    a deadline that a step of a walk can bear."""
    seconds = min(config.deadline_seconds, _WALKING_SECONDS)
    return Transport(replace(config, deadline_seconds=seconds, max_concurrent_calls=_WALKING_CALLS))


os.register_at_fork(after_in_child=_walking_transport.cache_clear)


def client(
    token: BearerToken, *, share: str, request_id: str, is_walking: bool = False, is_for_write: bool = False
) -> AltostratClient:
    """A client that acts with `token`. Its reads count on `share` (the token's id), a walk's among themselves; those
    `is_for_write` take the places of writes."""
    way = _walking_transport(transport_config()) if is_walking else transport()
    return AltostratClient(
        way,
        token,
        portal_request_id=request_id,
        on_answer=_log_call,
        share=share,
        is_for_write=is_for_write,
    )


def spend(budget: str) -> None:
    """Counts one request on a budget (a token's id), shared by all processes.

    Says so in the log when a token passes the documented rate. Raises RateLimited, unsent, only above
    ALTOSTRAT_REQUESTS_PER_MINUTE, which an operator may set.
    """
    counter, seconds_left = _counter(budget)
    shared_cache.add(counter, 0, timeout=120)
    try:
        count = shared_cache.incr(counter)
    except ValueError:  # evicted between the two calls
        return
    if count == _DOCUMENTED_PER_MINUTE + 1:
        logger.warning("token %s makes more than %d requests this minute", budget, _DOCUMENTED_PER_MINUTE)
    if 0 < settings.ALTOSTRAT_REQUESTS_PER_MINUTE < count:
        raise RateLimited.before_sending(retry_after_seconds=seconds_left)


def room(budget: str) -> tuple[int, int]:
    """How many more requests nobody waits for a budget has in this minute, and in how many seconds the next begins.

    They stay below the operator's limit, or the documented one, and leave a quarter of it for what a person asks.
    """
    counter, seconds_left = _counter(budget)
    limit = settings.ALTOSTRAT_REQUESTS_PER_MINUTE or _DOCUMENTED_PER_MINUTE
    return max(0, limit - limit // 4 - int(shared_cache.get(counter, 0))), seconds_left


def _counter(budget: str) -> tuple[str, int]:
    minute, second = divmod(time.time(), 60)
    return f"altostrat-requests:{budget}:{int(minute)}", int(60 - second) + 1


def _log_call(call: CallRecord) -> None:
    logger.info(
        "altostrat %s %s %s in %d ms, upstream_request_id=%s",
        call.method,
        call.path_template,
        call.outcome,
        round(call.duration_seconds * 1000),
        call.request_id or "-",
    )
