"""The process's access to Altostrat: the pooled transport, a log line for each call, and the request budget."""

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

# Altostrat's older documentation states this limit per token and minute. Whether billing enforces it is unknown.
_DOCUMENTED_PER_MINUTE: Final = 60
_SCAN_SECONDS: Final = 5.0
_SCAN_CALLS: Final = 16


def transport_config() -> TransportConfig:
    """Read the transport's configuration from the settings. Raise ValueError with the name of a wrong variable."""
    return TransportConfig(
        base_url=settings.ALTOSTRAT_API_URL,
        connect_timeout_seconds=settings.ALTOSTRAT_CONNECT_TIMEOUT,
        read_timeout_seconds=settings.ALTOSTRAT_READ_TIMEOUT,
        deadline_seconds=settings.ALTOSTRAT_DEADLINE,
        max_body_bytes=settings.ALTOSTRAT_MAX_BODY_BYTES,
        ca_bundle=settings.ALTOSTRAT_CA_BUNDLE or None,
        version=settings.PORTAL_VERSION,
    )


@cache
def transport() -> Transport:
    """Return this process's transport. A forked child creates its own, because sockets must not be shared."""
    return Transport(transport_config())


os.register_at_fork(after_in_child=transport.cache_clear)


@lru_cache(maxsize=2)
def _scan_transport(config: TransportConfig) -> Transport:
    """Return the transport for scans. It has slots of its own, so that pages need not wait, and a shorter deadline."""
    return Transport(replace(config, deadline_seconds=scan_seconds(), max_concurrent_calls=_SCAN_CALLS))


def scan_seconds() -> float:
    """Return the deadline of one call of a scan."""
    return float(min(settings.ALTOSTRAT_DEADLINE, _SCAN_SECONDS))


os.register_at_fork(after_in_child=_scan_transport.cache_clear)


def client(
    token: BearerToken, *, share: str, request_id: str, is_for_scan: bool = False, is_for_write: bool = False
) -> AltostratClient:
    """Return a client that acts with `token`.

    Its reads use the slots of `share` (the token's id), those of a scan the slots of scans, and those `is_for_write`
    the slots of writes.
    """
    return AltostratClient(
        _scan_transport(transport_config()) if is_for_scan else transport(),
        token,
        portal_request_id=request_id,
        on_answer=_log_call,
        share=share,
        is_for_write=is_for_write,
    )


def count_request(budget: str) -> None:
    """Count one request against a budget (a token's id), which all processes share.

    Log a warning when a token exceeds the documented rate. Raise RateLimited, before the request is sent, if the
    operator's ALTOSTRAT_REQUESTS_PER_MINUTE is exceeded.
    """
    counter, seconds_left = _counter(budget)
    try:
        count = shared_cache.incr(counter)
    except ValueError:  # the first request of the minute
        shared_cache.add(counter, 0, timeout=120)  # no effect if another process was faster
        try:
            count = shared_cache.incr(counter)
        except ValueError:  # evicted between the two calls
            return
    if count == _DOCUMENTED_PER_MINUTE + 1:
        logger.warning("token %s makes more than %d requests this minute", budget, _DOCUMENTED_PER_MINUTE)
    if 0 < settings.ALTOSTRAT_REQUESTS_PER_MINUTE < count:
        raise RateLimited.before_sending(retry_after_seconds=seconds_left)


def remaining_requests(budget: str) -> tuple[int, int]:
    """Return how many requests a scan may still make this minute, and the seconds until the next minute.

    A quarter of the operator's limit, or else of the documented one, is reserved for people's own requests.
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
