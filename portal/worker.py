"""Celery's application with all tasks, for `bin/worker` and `bin/beat`. It does not load if a system check fails."""

import os
import sys
from types import SimpleNamespace
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.core.exceptions import ImproperlyConfigured

from portal import start
from portal.logs.context import current_request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

try:
    start.set_up()
    from django.conf import settings

    if not settings.CELERY_BROKER_URL:
        raise ImproperlyConfigured("Set CELERY_BROKER_URL to run a worker.")
    start.require_valid_settings()
except ImproperlyConfigured as error:
    sys.stderr.write(f"The worker does not start. {error}\n")
    sys.exit(os.EX_CONFIG)

from billing.tasks import app

__all__ = ("app",)

# Celery would write "Warm shutdown" there, past the log, and standard output has the audit log alone.
sys.__stdout__ = None  # type: ignore[misc]


@task_prerun.connect
def _begin(args: tuple[str, ...], **kwargs: Any) -> None:
    """Write the ID of the task's row as the request ID of its log lines. Each run is a span of its own."""
    span_id = os.urandom(8).hex()
    task = SimpleNamespace(request_id=args[0] if args else "", resolver_match=None, span_id=span_id)
    current_request.set(task)  # type: ignore[arg-type]


@task_postrun.connect
def _end(**kwargs: Any) -> None:
    current_request.set(None)
