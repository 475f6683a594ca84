"""The listening sockets, which outlive the worker processes."""

from __future__ import annotations

import resource
import socket
import sys
from typing import Final

from granian._granian import SocketHolder

BACKLOG: Final = 4096
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


def listeners(host: str, port: int, workers: int) -> list[socket.socket]:
    """Return a listening socket for each worker. The kernel divides the connections among them; on Linux only."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    many = sys.platform == "linux"
    try:
        socket.create_server((host, port), family=family).close()  # fails if another server listens
        return [
            _with_options(socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=many))
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


def holder(listener: socket.socket) -> SocketHolder:
    is_unix_socket = False
    return SocketHolder(listener.fileno(), is_unix_socket, BACKLOG)  # type: ignore[call-arg]  # granian's stub is old


def raise_file_limit(files: int) -> int:
    """Raise the limit of open files, usually 1,024, and return it. Each connection is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return files
