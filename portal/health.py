"""Health checks: /healthz for the process, /readyz for the database, its migrations and the vault keys.

/readyz answers within two seconds, whatever the database does. It fails while the server drains, so that a load
balancer sends no further requests to it.

They ignore Altostrat, so that its outage does not remove the portal from a load balancer.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from billing.services.storage import key_ring, outages, shared_cache, write_probe
from billing.services.task_queue import broker
from portal.middleware import PROGRAM_HEADERS
from portal.server import run_folder

logger = logging.getLogger(__name__)


class HealthMiddleware:
    """Middleware that answers the health checks before host checks, redirects and sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = {"/healthz": _alive, "/readyz": _ready}.get(request.path_info)
        if probe is None or request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        answer = probe()
        for name, value in PROGRAM_HEADERS.items():
            answer.headers[name] = value
        return answer


def _alive() -> JsonResponse:
    return JsonResponse({"status": "ok"})


def _ready() -> JsonResponse:
    checks = {"database": _result("database", _writable)}
    if checks["database"]["state"] == "ok":
        checks |= {"migrations": _result("migrations", _migrated), "vault": _result("vault", key_ring.verify)}
    else:
        checks |= {"migrations": {"state": "unknown"}, "vault": {"state": "unknown"}}
    # Without Redis the portal works, and each process counts for itself.
    is_ready = all(result["state"] == "ok" for result in checks.values())
    checks["cache"] = {"state": _cache_state(), "age_seconds": 0}
    if broker.is_enabled():
        checks["tasks"] = _task_queue()
    if run_folder.is_draining():
        checks["server"], is_ready = {"state": "draining"}, False
    body = {"status": "ok" if is_ready else "failed", "checks": checks}
    return JsonResponse(body, status=200 if is_ready else 503)


def _result(name: str, check: Callable[[], float | None]) -> dict[str, Any]:
    """Return the state that a check finds, and its age: a check may return when it was made, as a monotonic time."""
    try:
        made_at = check()
    except Exception as error:  # noqa: BLE001 - the probe must answer, whatever fails
        if outages.outage_of(error) is not None:
            outages.log(error)
        # Only the error's class is logged, and the response shows no reason.
        logger.error("readiness check %s failed: %s", name, type(error).__name__)
        return {"state": "failed", "age_seconds": 0}
    return {"state": "ok", "age_seconds": 0 if made_at is None else round(time.monotonic() - made_at)}


def _cache_state() -> str:
    cache.get("readyz")
    return "ok" if shared_cache.health.is_good else "unavailable"


def _task_queue() -> dict[str, Any]:
    """Return whether a worker takes tasks, and the age of its last sign. Without one, pages do the same work."""
    queue = broker.state()
    if not queue.is_up:
        return {"state": "unavailable", "age_seconds": None}
    age = queue.heartbeat_age_seconds
    state = "ok" if queue.has_worker else "no worker"
    return {"state": state, "age_seconds": None if age is None else round(age), "waiting": queue.length}


def _writable() -> None:
    write_probe.verify()
    if outages.was_full():
        raise RuntimeError("the database was full a moment ago")


@functools.cache  # exceptions are not cached
def _migrated() -> float:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise RuntimeError("unapplied migrations")
    return time.monotonic()
