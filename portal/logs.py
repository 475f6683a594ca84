"""Logs: one line an event on standard error, each with its request id."""

from __future__ import annotations

from typing import Any


def lines_on_standard_error(level: str) -> dict[str, Any]:
    """LOGGING for Django: everything from `level` on, but for the loggers that would then print what is personal.

    https://docs.djangoproject.com/en/5.2/topics/logging/
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "portal.middleware.RequestIdFilter"}},
        "formatters": {
            "line": {
                "format": "{asctime} {levelname} {name} request_id={request_id} {message}",
                "style": "{",
            },
            "bare": {"format": "{message}", "style": "{"},
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
            "audit": {"class": "logging.StreamHandler", "formatter": "bare"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        # Whatever the level, these stay above DEBUG: there they print SQL parameters, names and addresses.
        "loggers": {
            # One line of JSON for every row of the audit, at any LOG_LEVEL: a machine reads them.
            "audit": {"handlers": ["audit"], "level": "INFO", "propagate": False},
            "django.db.backends": {"level": "INFO"},
            "django.template": {"level": "INFO"},
            "axes": {"level": "ERROR"},
            "asyncio": {"level": "INFO"},
            "urllib3": {"level": "ERROR"},  # its lines hold whole paths, with ids; ours hold path templates
            "authlib": {"level": "INFO"},  # at DEBUG it prints the code verifier
        },
    }
