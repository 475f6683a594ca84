"""Django's LOGGING and the configuration of structlog."""

from __future__ import annotations

import logging
from typing import Any

from portal.logs.lines import configure_structlog, formatter

# No line has the thread, the process or the place in the code, for which logging would search the stack:
# https://docs.python.org/3/howto/logging.html#optimization
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging._srcfile = None


def configure_logs(level: str, form: str) -> dict[str, Any]:
    """Configure structlog, and return Django's LOGGING: all events from `level` on, except those with personal data.

    https://docs.djangoproject.com/en/5.2/topics/logging/
    """
    configure_structlog(form, logging.getLevelNamesMapping()[level])
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "portal.logs.access.RequestIdFilter"},
            "route": {"()": "portal.logs.access.RouteFilter"},
        },
        "formatters": {"line": {"()": formatter, "form": form}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["request_id", "route"],
            },
        },
        "root": {"handlers": ["stderr"], "level": level},
        # At DEBUG, these loggers print SQL parameters, names and addresses, so they have a fixed level.
        "loggers": {
            "django.request": {"level": "ERROR"},  # its warnings repeat the access log
            "django.db.backends": {"level": "INFO"},
            "django.template": {"level": "INFO"},
            "axes": {"level": "ERROR"},
            "asyncio": {"level": "INFO"},
            "urllib3": {"level": "ERROR"},  # it logs full paths with ids; the portal logs path templates
            # The portal logs each run of a task, and these log the ones that look for due tasks as well.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery": {"level": "INFO"},  # at DEBUG they log messages
            "kombu": {"level": "INFO"},
            "redis": {"level": "INFO"},
            "authlib": {"level": "INFO"},  # at DEBUG it logs the code verifier
        },
    }
