"""The process's access to Altostrat: the pooled transport, a log line for each call, and the request budget."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import replace
from functools import cache, lru_cache, partial
from typing import Final

import structlog
from django.conf import settings

from billing import metrics
from billing.altostrat.call_record import CallRecord
from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import RateLimited
from billing.altostrat.http.transport import Transport, TransportConfig
from billing.services.contract_drift import watch
from billing.services.storage import budgets
from billing.services.storage.budgets import Budget, BudgetSpent, Caller

logger = logging.getLogger(__name__)
events = structlog.get_logger(__name__)

# Altostrat's older documentation states this limit per token and minute. Whether billing enforces it is unknown.
_DOCUMENTED_PER_MINUTE: Final = 60
# After a 429 without Retry-After.
_PAUSE_SECONDS: Final = 5
_SCAN_SECONDS: Final = 5.0
_SCAN_CALLS: Final = 32


def transport_config() -> TransportConfig:
    """Read the transport's configuration from the settings. Raise ValueError with the name of a wrong variable."""
    return TransportConfig(
        base_url=settings.ALTOSTRAT_API_URL,
        connect_timeout_seconds=settings.ALTOSTRAT_CONNECT_TIMEOUT,
        read_timeout_seconds=settings.ALTOSTRAT_READ_TIMEOUT,
        deadline_seconds=settings.ALTOSTRAT_DEADLINE,
        max_body_bytes=settings.ALTOSTRAT_MAX_BODY_BYTES,
        max_file_bytes=settings.ALTOSTRAT_MAX_FILE_BYTES,
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
    """Return the transport for scans. It has slots of its own, so that pages need not wait, and a shorter deadline.

    It has no circuits, because a scan must try each account before it says that one could not be read.
    """
    return Transport(
        replace(config, deadline_seconds=scan_seconds(), max_concurrent_calls=_SCAN_CALLS, has_circuits=False)
    )


def scan_seconds() -> float:
    """Return the deadline of one call of a scan."""
    return float(min(settings.ALTOSTRAT_DEADLINE, _SCAN_SECONDS))


os.register_at_fork(after_in_child=_scan_transport.cache_clear)


def client(
    token: BearerToken,
    *,
    share: str,
    request_id: str,
    caller: Caller | None = None,
    is_for_scan: bool = False,
    is_for_write: bool = False,
    counted: str = "",
) -> AltostratClient:
    """Return a client that acts with `token`, and counts each call against its budget.

    Its reads use the slots of `share` (the token's id), those of a scan the slots of scans, and those `is_for_write`
    the slots of writes. `counted` is the name of the token's budget if the calls are counted already.
    """
    budget = counted or budget_of(token)
    return AltostratClient(
        _scan_transport(transport_config()) if is_for_scan else transport(),
        token,
        portal_request_id=request_id,
        before_call=None if counted else partial(spend, budget, caller),
        on_answer=_note_call,
        on_success=watch.watch if watch.is_on else None,
        on_rate_limit=partial(_pause, budget, caller),
        share=share,
        is_for_write=is_for_write,
    )


def budget_of(token: BearerToken) -> str:
    """Return the name of the budget that everyone with this token shares. It is keyed, so that it does not show it."""
    return hashlib.blake2b(token.reveal().encode(), key=_budget_key(), digest_size=16).hexdigest()


def spend(budget: str, caller: Caller | None = None) -> None:
    """Count one call of a token, and the caller's request if it was not counted yet.

    Log a warning when a token exceeds the documented rate. Raise, before anything is sent, RateLimited if
    ALTOSTRAT_REQUESTS_PER_MINUTE is exceeded or Altostrat has refused the rate, and BudgetSpent if the caller's own
    budget is.
    """
    token = Budget("token", budget, settings.ALTOSTRAT_REQUESTS_PER_MINUTE)
    try:
        budgets.spend([*(caller.pending() if caller else ()), token], caller)
    except BudgetSpent as error:
        if error.budget is not token:
            raise
        raise RateLimited.before_sending(retry_after_seconds=error.seconds) from None
    if token.count == _DOCUMENTED_PER_MINUTE + 1 and token.limit != _DOCUMENTED_PER_MINUTE:
        logger.warning("a token makes more than %d requests this minute", _DOCUMENTED_PER_MINUTE)


def remaining_requests(budget: str) -> tuple[int, int]:
    """Return how many requests a scan may still make this minute, and the seconds until there are more.

    A quarter of the operator's limit, or else of the documented one, is reserved for people's own requests.
    """
    limit = settings.ALTOSTRAT_REQUESTS_PER_MINUTE or _DOCUMENTED_PER_MINUTE
    return budgets.remaining(budget, limit - limit // 4)


def _pause(budget: str, caller: Caller | None, seconds: int | None) -> None:
    """Refuse the calls of everyone with a token until Altostrat accepts them again, and tell the caller how long."""
    seconds = budgets.pause(budget, _PAUSE_SECONDS if seconds is None else seconds)
    token = caller.budgets.get("token") if caller else None
    if token is not None:
        token.count, token.seconds_left = token.limit, seconds


@cache
def _budget_key() -> bytes:
    return hashlib.sha256(f"billing.budgets:{settings.SECRET_KEY}".encode()).digest()


def _note_call(call: CallRecord) -> None:
    metrics.call_seconds(call.operation, call.outcome).observe(call.duration_seconds)
    events.info(
        "altostrat call",
        method=call.method,
        path=call.path_template,
        outcome=call.outcome,
        duration_ms=round(call.duration_seconds * 1000, 1),
        upstream_request_id=call.request_id,
    )
