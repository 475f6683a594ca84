"""Sockets that obey the deadline of the running call.

A socket timeout applies to one operation, so an upstream that sends a byte now and then never reaches it. These sockets
set the timeout before each operation to the time that the call has left. No watchdog thread is needed, and no operation
escapes, because http.client and ssl wait only in the methods below.
"""

from __future__ import annotations

import math
import socket
import ssl
from typing import Any

from billing.altostrat.http.deadlines import seconds_left


class DeadlineSocket(socket.socket):
    """A socket whose operations end at the deadline of the running call, or at their own timeout if that is sooner."""

    was_cut_off = False
    """Whether the other side ended the stream in a way that an attacker on the network could imitate."""

    reads_paused = False
    """Whether a buffered reader sees only what it has buffered already."""

    _operation_timeout: float | None = None

    def settimeout(self, value: float | None) -> None:
        if value != self._operation_timeout:
            self._operation_timeout = value
            super().settimeout(value)

    def connect(self, address: Any) -> None:
        self._set_timeout()
        super().connect(address)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        if self.reads_paused:
            return None  # type: ignore[return-value]  # nothing to read now, as readers of sockets understand it
        self._set_timeout()
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._set_timeout()
        return super().send(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._set_timeout()
        super().sendall(*args, **kwargs)

    def holds_unread(self) -> bool:
        """Return whether received bytes are buffered outside the kernel, where polling the descriptor misses them."""
        return False

    def _set_timeout(self) -> None:
        left = seconds_left()
        if left <= 0:
            raise TimeoutError("The call's deadline has passed.")
        operation = self._operation_timeout
        if left < math.inf:
            super().settimeout(left if operation is None else min(operation, left))
        else:
            super().settimeout(operation)


class DeadlineTLSSocket(DeadlineSocket, ssl.SSLSocket):
    """A deadline socket over TLS. An SSLContext with this `sslsocket_class` creates it."""

    def do_handshake(self, block: bool = False) -> None:
        self._set_timeout()
        super().do_handshake(block)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        # By default, ssl reports an end without a closure alert like any other.
        self.suppress_ragged_eofs = False
        try:
            return super().recv_into(*args, **kwargs)
        except ssl.SSLEOFError:
            self.was_cut_off = True
            return 0

    def holds_unread(self) -> bool:
        return self.pending() > 0
