"""The settings of the server and the application, loaded in processes that may be replaced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn

PRINT_SETTINGS: Final = "from portal.server.loading import print_settings; print_settings()"
LOAD_AND_PRINT_SETTINGS: Final = "from portal.server.loading import load; load(); " + PRINT_SETTINGS


def print_settings() -> None:
    """Print the settings of the server."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        from portal import settings

        names = (
            "HOST",
            "PORT",
            "WEB_CONCURRENCY",
            "WEB_THREADS",
            "ALTOSTRAT_DEADLINE",
            "DRAIN_SECONDS",
            "LOG_FORMAT",
        )
        sys.stdout.write(json.dumps({name: getattr(settings, name) for name in names}))
    except ImproperlyConfigured as error:
        _refuse(error)


def load() -> Callable[..., Any]:
    """Return the application, or end this process with EX_CONFIG if the portal does not start with its settings."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        from portal.wsgi import application
    except ImproperlyConfigured as error:
        _refuse(error)
    return application


def _refuse(error: Exception) -> NoReturn:
    sys.stderr.write(f"The portal does not start. {error}\n")
    sys.exit(os.EX_CONFIG)


def printed_settings(code: str) -> dict[str, Any] | None:
    """Return the settings that the code prints, or None if it fails.

    It runs in another process, because a worker forked from one that has loaded the portal would not load current code.
    """
    command = [sys.executable, "-c", code]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    return dict(json.loads(finished.stdout)) if finished.returncode == 0 else None
