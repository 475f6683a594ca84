"""Logging to standard error: one line for each event, with its request ID."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, TextIO

_DATABASES: Final = ("psycopg", "psycopg_pool", "sqlite3", "django.db")

_DIAGNOSTICS: Final = ("table_name", "constraint_name")

_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    """A formatter that removes database messages from tracebacks: they quote rows ("Failing row contains (…)")."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another formatter may have cached its text here
        return super().format(record)

    def usesTime(self) -> bool:  # noqa: N802 - logging's name
        return True

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Write what the format "{asctime} {levelname} …" would, which takes several calls."""
        request_id = getattr(record, "request_id", "-")
        return f"{record.asctime} {record.levelname} {record.name} request_id={request_id} {record.message}"

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - logging's name
        """Replace each database message by the driver's code and the constraint."""
        text = super().formatException(ei)
        for error in _with_causes(ei[1]):
            message = str(error)
            if message and _is_database_error(error):
                text = text.replace(message, _summary(error))
        return text


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__cause__, current.__context__, *getattr(current, "exceptions", ())]


def _is_database_error(error: BaseException) -> bool:
    return any(kind.__module__.startswith(_DATABASES) for kind in type(error).__mro__)


def _summary(error: BaseException) -> str:
    # Django's errors have the same message as their causes, which have the codes.
    causes = [error, error.__cause__]
    names = [
        *(getattr(cause, "sqlite_errorname", None) for cause in causes),
        *(getattr(cause, "sqlstate", None) for cause in causes),
        *(getattr(getattr(cause, "diag", None), name, None) for cause in causes for name in _DIAGNOSTICS),
    ]
    return " ".join(["(not logged: it may quote a row)", *filter(None, names)])


class LineHandler(logging.StreamHandler[TextIO]):
    """A handler for standard error, which Python writes line by line."""

    def flush(self) -> None: ...


# No line has the thread, the process or the place in the code, for which logging would search the stack:
# https://docs.python.org/3/howto/logging.html#optimization
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging._srcfile = None


def logging_config(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: all events from `level` on, except those that contain personal data.

    https://docs.djangoproject.com/en/5.2/topics/logging/
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "portal.middleware.RequestIdFilter"},
            "route": {"()": "portal.access_log.RouteFilter"},
        },
        "formatters": {
            "line": {"()": "portal.logs.LineFormatter"},
            "bare": {"format": "{message}", "style": "{"},
        },
        "handlers": {
            "stderr": {
                "class": "portal.logs.LineHandler",
                "formatter": "line",
                "filters": ["request_id", "route"],
            },
            "audit": {"class": "logging.StreamHandler", "formatter": "bare"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        # At DEBUG, these loggers print SQL parameters, names and addresses, so they have a fixed level.
        "loggers": {
            # One line of JSON for each audit entry, at any LOG_LEVEL.
            "audit": {"handlers": ["audit"], "level": "INFO", "propagate": False},
            "portal.access": {"level": "INFO"},  # at any LOG_LEVEL
            "django.request": {"level": "ERROR"},  # its warnings repeat the access log
            "django.db.backends": {"level": "INFO"},
            "django.template": {"level": "INFO"},
            "axes": {"level": "ERROR"},
            "asyncio": {"level": "INFO"},
            "urllib3": {"level": "ERROR"},  # it logs full paths with ids; the portal logs path templates
            "authlib": {"level": "INFO"},  # at DEBUG it logs the code verifier
        },
    }
