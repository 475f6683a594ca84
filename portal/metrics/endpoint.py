"""/metrics, for METRICS_NETWORKS and for programs with METRICS_KEY. For everyone else it does not exist."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from billing.metrics import REGISTRY
from portal.metrics.database import DatabaseCollector
from portal.metrics.tasks import QueueCollector
from portal.middleware import PROGRAM_HEADERS

_PATH: Final = "/metrics"
_SCHEME: Final = "Bearer "


class MetricsMiddleware:
    """Middleware that answers /metrics before host checks, as for health checks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._collectors = (DatabaseCollector(), QueueCollector())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info != _PATH or request.method not in {"GET", "HEAD"} or not _may_read(request):
            return self.get_response(request)
        body = generate_latest(_processes()) + generate_latest(_registry_of(*self._collectors))
        return HttpResponse(body, content_type=CONTENT_TYPE_PLAIN_0_0_4, headers=PROGRAM_HEADERS)


def _may_read(request: HttpRequest) -> bool:
    sent = request.headers.get("Authorization", "")
    key = settings.METRICS_KEY
    if key and sent.startswith(_SCHEME):
        return compare_digest(sent.removeprefix(_SCHEME).encode(), key.encode())
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_NETWORKS)


def _processes() -> CollectorRegistry:
    """Return the metrics of all worker processes together."""
    together = CollectorRegistry()
    try:
        collector = MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    except ValueError:  # the server did not set the folder in which processes count
        return REGISTRY
    for file in Path(collector._path).glob("gauge_live*.db"):
        process = file.stem.rpartition("_")[2]
        if not Path("/proc", process).exists():
            mark_process_dead(int(process), collector._path)  # type: ignore[no-untyped-call]
    return together


def _registry_of(*collectors: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return registry
