"""The production server: `bin/serve` starts granian's supervisor, which starts the worker processes.

On HUP, the supervisor replaces the workers one after the other, so that they load the current code and settings. On
TERM, /readyz fails for DRAIN_SECONDS, and then the workers finish their requests.
docs/decisions/0018-production-server.md explains the values below.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.common import AbstractServer
from granian.server.mp import MPServer, WorkerProcess

from portal.logs.lines import formatter
from portal.server import run_folder
from portal.server.listeners import BACKLOG, holder, listeners, raise_file_limit, stop_listening
from portal.server.loading import load, read_settings

logger = logging.getLogger("_granian.portal")

_CONNECTIONS: Final = 4000  # at most, of each worker; further ones wait in the backlog
_HEAD_MILLISECONDS: Final = 5000  # also the longest pause between two requests of a connection
_HEAD_BYTES: Final = 65_536
_RELOAD_SECONDS: Final = 3.0  # at least, from the start of a new worker to the end of the old one
_GRACE_SECONDS: Final = 10  # for running requests when a worker ends, in addition to ALTOSTRAT_DEADLINE
_RESPAWN_SECONDS: Final = 2  # between two attempts to start a worker that dies at once


def main() -> None:
    """Serve until a signal arrives."""
    settings = read_settings()
    if settings is None:
        sys.exit(1)
    sockets = listeners(settings["HOST"], settings["PORT"], settings["WEB_CONCURRENCY"])
    with run_folder.create():
        Server(sockets, settings).serve_portal()


class Server(MPServer):
    """granian's supervisor, with listening sockets that outlive the workers.

    With granian's own sockets, connections that wait for a worker are lost when it ends.
    """

    def __init__(self, listeners: list[socket.socket], settings: dict[str, Any]) -> None:
        self._is_refused, self._drain_seconds = False, settings["DRAIN_SECONDS"]
        self._refusing: set[int] = set()  # the workers that did not start with the settings
        self._listeners = listeners
        self._holders = [holder(listener) for listener in listeners]
        address, port = listeners[0].getsockname()[:2]
        super().__init__(
            "portal.wsgi:application",
            address=address,
            port=port,
            interface=Interfaces.WSGI,
            workers=settings["WEB_CONCURRENCY"],
            blocking_threads=settings["WEB_THREADS"],
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=raise_file_limit(2 * _CONNECTIONS) // 2,
            http1_settings=HTTP1Settings(header_read_timeout=_HEAD_MILLISECONDS, max_buffer_size=_HEAD_BYTES),
            log_dictconfig=_logging(settings["LOG_FORMAT"]),
            respawn_failed_workers=True,
            respawn_interval=_RELOAD_SECONDS,
            workers_kill_timeout=int(settings["ALTOSTRAT_DEADLINE"]) + _GRACE_SECONDS,
        )

    def serve_portal(self) -> None:
        # MPServer.serve only adds a warning that there are more threads than cores.
        AbstractServer.serve(self, target_loader=_load, wrap_loader=False)
        if self._is_refused:
            sys.exit(1)

    def shutdown(self, exit_code: int = 0) -> None:
        """Turn /readyz red and keep serving for a while, so that a load balancer stops sending requests. Then stop."""
        if not self._is_refused and self._drain_seconds:
            run_folder.begin_draining()
            logger.info("Draining for %d seconds", self._drain_seconds)
            time.sleep(self._drain_seconds)
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]

    def _init_shared_socket(self) -> None:
        self._ssp = None

    def _drop_shared_socket(self) -> None:
        stop_listening(self._listeners)

    def _spawn_worker(  # type: ignore[override]  # MPServer's signature, not that of its base class
        self, idx: int, target: Any, callback_loader: Any
    ) -> WorkerProcess:
        number = idx % len(self._listeners)
        self._sso: Any = self._listeners[number]
        self._shd: Any = self._holders[number]
        others = [listener for listener in self._listeners if listener is not self._sso]
        return super()._spawn_worker(idx, target, partial(callback_loader, others))

    def _reload(self, *arguments: Any) -> None:
        """Replace the workers, unless the new ones would not start."""
        started = time.monotonic()
        if read_settings(loads_portal=True) is not None:
            # The old worker serves until the new one has loaded, which takes longer on a busy machine.
            self.respawn_interval = max(_RELOAD_SECONDS, 1.5 * (time.monotonic() - started))
            super()._reload(*arguments)  # type: ignore[no-untyped-call]
            return
        logger.error("The portal does not load, so the workers were not replaced")
        self.reload_signal = False
        self.main_loop_interrupt.clear()

    def _respawn_workers(self, workers: list[int], spawn: Any, load: Any, delay: float = 0) -> None:
        """Replace workers. granian gives up when a worker dies twice in six seconds; the portal does not.

        It gives up when each of them has refused the settings, even if at different times.
        """
        youngest = min(time.monotonic() - self.wrks[index].birth for index in workers)
        if not delay and youngest < _RESPAWN_SECONDS:
            time.sleep(_RESPAWN_SECONDS)
        self._refusing |= {index for index in workers if self.wrks[index].inner.exitcode == os.EX_CONFIG}
        if len(self._refusing) == len(self.wrks):
            self._is_refused = True
            self.signal_handler_interrupt()  # type: ignore[no-untyped-call]
            return
        self._refusing -= {index for index in workers if self.wrks[index].inner.exitcode != os.EX_CONFIG}
        super()._respawn_workers(workers, spawn, load, delay)
        self.respawned_wrks.clear()


def _logging(form: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter, "form": form}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {"_granian": {"handlers": ["stderr"], "propagate": False}},
    }


def _load(others: Sequence[socket.socket]) -> Callable[..., Any]:
    """Return the application. This runs in each worker.

    It closes the sockets of other workers, which otherwise would stay open until this one ends.
    """
    for listener in others:
        listener.close()
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        threading.Thread(target=_end_with, args=(supervisor,), daemon=True).start()
    return load()


def _end_with(supervisor: Any) -> None:
    supervisor.join()
    while True:  # a worker that is still loading has the handler of the supervisor, which does not end it
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_RESPAWN_SECONDS)
