"""Logs: one line an event on standard error, each with its request id."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final

_DATABASES: Final = ("psycopg", "psycopg_pool", "sqlite3", "django.db")

_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    """Tracebacks without what the database says of an error: it quotes the row ("Failing row contains (…)")."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. What another formatter made of the exception is kept in the record, and is not taken."""
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - logging's name
        """The traceback, with the kind of a database's error and the constraint in place of its words."""
        text = super().formatException(ei)
        for error in _with_causes(ei[1]):
            words = str(error)
            if words and _is_of_a_database(error):
                text = text.replace(words, _told(error))
        return text


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def _is_of_a_database(error: BaseException) -> bool:
    return any(kind.__module__.startswith(_DATABASES) for kind in type(error).__mro__)


def _told(error: BaseException) -> str:
    facts = getattr(error, "diag", None)
    named = [getattr(facts, name, None) for name in ("sqlstate", "table_name", "constraint_name")]
    return " ".join(["(not logged: it may quote a row)", *filter(None, named)])


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
                "()": "portal.logs.LineFormatter",
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
