"""Reports of errors to Sentry and spans to an OpenTelemetry collector. Both are off by default, and then load nothing.

    error_reports.py  errors with SENTRY_DSN
    spans.py          requests, calls and tasks with OTEL_EXPORTER_OTLP_ENDPOINT

docs/decisions/0030-error-reports-and-spans.md says what they contain.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_MODULES: Final = {"SENTRY_DSN": "error_reports", "OTEL_EXPORTER_OTLP_ENDPOINT": "spans"}


def start() -> None:
    """Start what the settings ask for. Raise ImproperlyConfigured if its packages are not installed."""
    for name, module in _MODULES.items():
        if address := getattr(settings, name):
            try:
                started = import_module(f"{__name__}.{module}")
            except ImportError:
                raise ImproperlyConfigured(f"{name} needs the packages of requirements-extras.txt.") from None
            started.start(address)
