"""Health checks: /healthz for the process, /readyz for the database, its migrations and the vault keys.

/readyz answers within two seconds, whatever the database does.

They ignore Altostrat, so that its outage does not remove the portal from a load balancer.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from billing.services.storage import key_ring, outages, shared_cache, write_probe

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
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _alive() -> JsonResponse:
    return JsonResponse({"status": "ok"})


def _ready() -> JsonResponse:
    checks = {"database": _state(_writable), "migrations": "unknown", "vault": "unknown"}
    if checks["database"] == "ok":
        checks |= {"migrations": _state(_migrated), "vault": _state(key_ring.verify)}
    is_ready = set(checks.values()) == {"ok"}
    # Without Redis the portal works, and each process counts for itself.
    cache.get("readyz")
    checks["cache"] = "ok" if shared_cache.health.is_good else "unavailable"
    body = {"status": "ok" if is_ready else "failed", "checks": checks}
    return JsonResponse(body, status=200 if is_ready else 503)


def _state(check: Callable[[], object]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - the probe must answer, whatever fails
        if outages.outage_of(error) is not None:
            outages.log(error)
        # Only the error's class is logged, and the response shows no reason.
        logger.error("readiness check %s failed: %s", check.__name__, type(error).__name__)
        return "failed"
    return "ok"


def _writable() -> None:
    write_probe.verify()
    if outages.was_full():
        raise RuntimeError("the database was full a moment ago")


@functools.cache  # exceptions are not cached
def _migrated() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise RuntimeError("unapplied migrations")
