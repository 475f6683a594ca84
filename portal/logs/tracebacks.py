"""Tracebacks without the messages of databases, which quote rows ("Failing row contains (…)")."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Final

_DATABASES: Final = ("psycopg", "psycopg_pool", "sqlite3", "django.db")
_DIAGNOSTICS: Final = ("table_name", "constraint_name")


def traceback_of(error: BaseException) -> str:
    """Return a traceback, with the driver's code and the constraint instead of each database message."""
    text = "".join(traceback.format_exception(error)).rstrip("\n")
    for one in _with_causes(error):
        message = str(one)
        if message and _is_database_error(one):
            text = text.replace(message, _summary(one))
    return text


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        related = (current.__cause__, current.__context__, *getattr(current, "exceptions", ()))
        pending += [one for one in related if one is not None]


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
