"""Sockets that know the deadline.

A timeout on a socket is for one operation, so an upstream that sends a byte now and then never meets it.
These set it anew before each operation, to what is left of the call. No watchdog thread is needed, and no
operation is missed, as http.client and ssl do all their waiting in the methods below.
"""

from __future__ import annotations

import errno
import math
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from billing.altostrat.http.deadlines import seconds_left


class DeadlineSocket(socket.socket):
    """A socket whose operations end with the running call, or with their own timeout if that is sooner."""

    _operation_timeout: float | None = None
    _mute = False

    def settimeout(self, value: float | None) -> None:
        self._operation_timeout = value
        super().settimeout(value)

    def connect(self, address: Any) -> None:
        self._arm()
        super().connect(address)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        if self._mute:
            raise BlockingIOError(errno.EAGAIN, "Nothing is read now.")
        self._arm()
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._arm()
        return super().send(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._arm()
        super().sendall(*args, **kwargs)

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Inside, a buffered reader finds only what it has buffered already."""
        self._mute = True
        try:
            yield
        finally:
            self._mute = False

    def holds_unread(self) -> bool:
        """Whether bytes wait above the kernel, where polling the file descriptor misses them."""
        return False

    def _arm(self) -> None:
        left = seconds_left()
        if left <= 0:
            raise TimeoutError("The call's deadline has passed.")
        if left < math.inf:
            operation = self._operation_timeout
            super().settimeout(left if operation is None else min(operation, left))


class DeadlineTLSSocket(DeadlineSocket, ssl.SSLSocket):
    """The same over TLS. Made by an SSLContext that has it as `sslsocket_class`."""

    def do_handshake(self, block: bool = False) -> None:
        self._arm()
        super().do_handshake(block)

    def holds_unread(self) -> bool:
        return self.pending() > 0
