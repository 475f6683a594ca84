"""The listening sockets, which outlive the worker processes."""

from __future__ import annotations

import ctypes
import resource
import socket
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
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

# From linux/socket.h and linux/tcp.h.
_SO_ATTACH_FILTER: Final = 26
_ACCEPT_QUEUE: Final = 24  # where TCP_INFO of a listening socket has the length of its queue
# A program for the kernel that drops a packet if it opens a connection (SYN without ACK): see filter.txt of Linux.
_DROP_NEW: Final = (
    (0x30, 0, 0, 13),  # load the flags of the TCP header
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # if only SYN is left, continue, otherwise skip one instruction
    (0x06, 0, 0, 0),  # drop the packet
    (0x06, 0, 0, 0xFFFFFFFF),  # accept the packet
)
_HANDSHAKE_SECONDS: Final = 0.2  # for the request of a connection that was just opened
_QUEUE_SECONDS: Final = 3.0


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


def stop_listening(listeners: Sequence[socket.socket]) -> None:
    """Ignore new connections, wait until the workers have accepted the others, and close the sockets of this process.

    A listening socket that its last process closes resets the connections that wait for a worker, whose requests have
    been sent already. The callers of ignored ones try again after a second, and are refused when the workers have
    closed the sockets as well.
    """
    for listener in listeners:
        _ignore_new_connections(listener)
    end = time.monotonic() + _QUEUE_SECONDS
    time.sleep(_HANDSHAKE_SECONDS)
    while any(map(_waiting, listeners)) and time.monotonic() < end:
        time.sleep(0.01)
    for listener in listeners:
        listener.close()


def _ignore_new_connections(listener: socket.socket) -> None:
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(
        b"".join(struct.pack("HBBI", *instruction) for instruction in _DROP_NEW)
    )
    pointer = struct.pack("HL", len(_DROP_NEW), ctypes.addressof(program))
    with suppress(OSError):  # the kernel may lack filters; then connections may be lost
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, pointer)


def _waiting(listener: socket.socket) -> int:
    """Return how many connections wait for a worker."""
    if sys.platform != "linux":
        return 0
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACCEPT_QUEUE + 4)
    return int(struct.unpack_from("I", info, _ACCEPT_QUEUE)[0])
