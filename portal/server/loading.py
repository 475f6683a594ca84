"""The settings of the server and the application, loaded in processes that may be replaced."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final, NoReturn

_NAMES: Final = (
    "HOST",
    "PORT",
    "WEB_CONCURRENCY",
    "WEB_THREADS",
    "ALTOSTRAT_DEADLINE",
    "DRAIN_SECONDS",
    "LOG_FORMAT",
)


def load() -> Callable[..., Any]:
    """Return the application, or end this process with EX_CONFIG if the portal does not start with its settings."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        from portal.wsgi import application
    except ImproperlyConfigured as error:
        _refuse(error)
    _prepare_garbage_collection()
    return application


def _prepare_garbage_collection() -> None:
    """Exclude what is loaded now, which is used until the process ends, from full garbage collections.

    With it, each of them would stop all requests of the process for a tenth of a second, every few seconds.
    """
    gc.collect()
    gc.freeze()


def _refuse(error: Exception) -> NoReturn:
    sys.stderr.write(f"The portal does not start. {error}\n")
    sys.exit(os.EX_CONFIG)


def read_settings(*, loads_portal: bool = False) -> dict[str, Any] | None:
    """Return the settings of the server, or None if they are wrong, or if the portal is loaded and does not start.

    Another process reads them, because a worker forked from one that has loaded the portal would not load current code.
    """
    receiver, sender = multiprocessing.Pipe(duplex=False)
    reader = multiprocessing.Process(target=_send_settings, args=(sender, loads_portal))
    reader.start()
    sender.close()
    with receiver:
        try:
            settings: dict[str, Any] | None = receiver.recv()
        except EOFError:
            settings = None
    reader.join()
    return settings


def _send_settings(sender: Connection, loads_portal: bool) -> None:
    from django.core.exceptions import ImproperlyConfigured

    if loads_portal:
        load()
    try:
        from portal import settings
    except ImproperlyConfigured as error:
        _refuse(error)
    sender.send({name: getattr(settings, name) for name in _NAMES})
