"""The production server: `bin/serve` starts granian's supervisor, which starts the worker processes.

On HUP, the supervisor replaces the workers one after the other, so that they load the current code and settings. On
TERM, /readyz fails for DRAIN_SECONDS, and then the workers finish their requests.
docs/decisions/0018-production-server.md explains the values below.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final, NoReturn

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.common import AbstractServer
from granian.server.mp import MPServer, WorkerProcess

from portal import run_folder
from portal.logs.lines import formatter

logger = logging.getLogger("_granian.portal")

_BACKLOG: Final = 4096
_CONNECTIONS: Final = 4000  # at most, of each worker; further ones wait in the backlog
_HEAD_MILLISECONDS: Final = 5000  # also the longest pause between two requests of a connection
_HEAD_BYTES: Final = 65_536
_RELOAD_SECONDS: Final = 3.0  # at least, from the start of a new worker to the end of the old one
_GRACE_SECONDS: Final = 10  # for running requests when a worker ends, in addition to ALTOSTRAT_DEADLINE
_RESPAWN_SECONDS: Final = 2  # between two attempts to start a worker that dies at once
# Accepted connections inherit these options. They close connections whose peer has disappeared or reads nothing.
_TCP_OPTIONS: Final = {
    "TCP_NODELAY": 1,
    "TCP_KEEPIDLE": 30,
    "TCP_KEEPINTVL": 10,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 30_000,
    # A connection is accepted when its request arrives, so a worker that ends has none whose request is still to come.
    "TCP_DEFER_ACCEPT": 10,
}
_PRINT_SETTINGS: Final = "from portal.server import print_settings; print_settings()"
_LOAD_AND_PRINT_SETTINGS: Final = "from portal.server import load; load(); " + _PRINT_SETTINGS


def main() -> None:
    """Serve until a signal arrives."""
    settings = _printed_settings(_PRINT_SETTINGS)
    if settings is None:
        sys.exit(1)
    listeners = _listeners(settings["HOST"], settings["PORT"], settings["WEB_CONCURRENCY"])
    with run_folder.create():
        Server(listeners, settings).serve_portal()


def _open_files() -> int:
    """Raise the limit of open files, usually 1,024, and return it. Each connection is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = 2 * _CONNECTIONS if hard == resource.RLIM_INFINITY else min(2 * _CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return files


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


def _printed_settings(code: str) -> dict[str, Any] | None:
    """Return the settings that the code prints, or None if it fails.

    It runs in another process, because a worker forked from one that has loaded the portal would not load current code.
    """
    command = [sys.executable, "-c", code]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    return dict(json.loads(finished.stdout)) if finished.returncode == 0 else None


def _listeners(host: str, port: int, workers: int) -> list[socket.socket]:
    """Return a listening socket for each worker. The kernel divides the connections among them; on Linux only."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    many = sys.platform == "linux"
    try:
        socket.create_server((host, port), family=family).close()  # fails if another server listens
        return [
            _with_options(
                socket.create_server((host, port), family=family, backlog=_BACKLOG, reuse_port=many)
            )
            for _ in range(workers if many else 1)
        ]
    except (OSError, OverflowError) as error:
        sys.exit(f"The portal cannot listen at HOST={host} PORT={port}: {error}")


def _with_options(listener: socket.socket) -> socket.socket:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _TCP_OPTIONS.items():
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    listener.set_inheritable(True)
    return listener


def _holder(listener: socket.socket) -> SocketHolder:
    is_unix_socket = False
    return SocketHolder(listener.fileno(), is_unix_socket, _BACKLOG)  # type: ignore[call-arg]  # granian's stub is old


class Server(MPServer):
    """granian's supervisor, with listening sockets that outlive the workers.

    With granian's own sockets, connections that wait for a worker are lost when it ends.
    """

    def __init__(self, listeners: list[socket.socket], settings: dict[str, Any]) -> None:
        self._is_refused, self._drain_seconds = False, settings["DRAIN_SECONDS"]
        self._listeners = listeners
        self._holders = [_holder(listener) for listener in listeners]
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
            backlog=_BACKLOG,
            backpressure=_open_files() // 2,
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
        for listener in self._listeners:
            listener.close()

    def _spawn_worker(  # type: ignore[override]  # MPServer's signature, not that of its base class
        self, idx: int, target: Any, callback_loader: Any
    ) -> WorkerProcess:
        number = idx % len(self._listeners)
        self._sso: Any = self._listeners[number]
        self._shd: Any = self._holders[number]
        return super()._spawn_worker(idx, target, callback_loader)

    def _reload(self, *arguments: Any) -> None:
        """Replace the workers, unless the new ones would not start."""
        started = time.monotonic()
        if _printed_settings(_LOAD_AND_PRINT_SETTINGS) is not None:
            # The old worker serves until the new one has loaded, which takes longer on a busy machine.
            self.respawn_interval = max(_RELOAD_SECONDS, 1.5 * (time.monotonic() - started))
            super()._reload(*arguments)  # type: ignore[no-untyped-call]
            return
        logger.error("The portal does not load, so the workers were not replaced")
        self.reload_signal = False
        self.main_loop_interrupt.clear()

    def _respawn_workers(self, workers: list[int], spawn: Any, load: Any, delay: float = 0) -> None:
        """Replace workers. granian gives up when a worker dies twice in six seconds; the portal does not.

        It gives up when its settings are wrong for all workers.
        """
        youngest = min(time.monotonic() - self.wrks[index].birth for index in workers)
        if not delay and youngest < _RESPAWN_SECONDS:
            time.sleep(_RESPAWN_SECONDS)
        if all(worker.inner.exitcode == os.EX_CONFIG for worker in self.wrks):
            self._is_refused = True
            self.signal_handler_interrupt()  # type: ignore[no-untyped-call]
            return
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


def _load() -> Callable[..., Any]:
    """Return the application. This runs in each worker."""
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        threading.Thread(target=_end_with, args=(supervisor,), daemon=True).start()
    return load()


def _end_with(supervisor: Any) -> None:
    supervisor.join()
    while True:  # a worker that is still loading has the handler of the supervisor, which does not end it
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_RESPAWN_SECONDS)


if __name__ == "__main__":
    main()
