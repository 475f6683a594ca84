"""Strict parsing of HTTP responses, as in RFC 9112, sections 2 to 9.

http.client accepts a truncated head, an invalid length, two framings at once, a chunk without its end, and bytes after
the body. Each of these can make one response look like another, or leave bytes that the next caller on the same
connection would take for its own response. This module refuses all of them.

A response without a length is complete when its connection closes (sections 6.3 and 8), if it is HTTP/1.0 or announces
the close. Over TLS, only a closure alert counts. The answer to a write is not accepted like this: it may be truncated,
and a write that is taken for confirmed or refused by mistake costs more than one with an unknown outcome.
"""

from __future__ import annotations

import http.client
import re
import socket
from contextlib import suppress
from typing import Any, Final, cast

from urllib3 import HTTPHeaderDict

from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.deadlines import may_retry
from billing.altostrat.http.sockets import DeadlineSocket

# Limits for all heads of one response together, including interim responses and trailers. Those of http.client are
# higher.
_MAX_HEAD_BYTES: Final = 64 * 1024
_MAX_HEAD_LINES: Final = 99
_MAX_DIGITS: Final = 18

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})( [^\x00-\x08\x0a-\x1f\x7f]*)?\r?\n")
_FIELD_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\x00-\x08\x0a-\x1f\x7f]*)\r?\n")
_FIELD_LINES: Final = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)+")
_CHUNK_LINE: Final = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")
_BLANK_LINES: Final = (b"\r\n", b"\n")
_CONTINUE: Final = 100
_WITHOUT_BODY: Final = (204, 304)


class MalformedAnswer(Exception):
    """A response that breaks the rules of HTTP.

    It is neither an HTTPException nor an OSError, so that urllib3 closes the connection and does not retry.
    """

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason)
        self.reason = reason


class StrictResponse(http.client.HTTPResponse):
    """A response that raises MalformedAnswer where http.client would be lenient.

    A connection that ends before the first byte still raises http.client's RemoteDisconnected.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._sock = cast(DeadlineSocket, sock)
        self._head_bytes_left = _MAX_HEAD_BYTES
        self._head_lines_left = _MAX_HEAD_LINES
        self._chunk_bytes_left = 0

    def begin(self) -> None:
        """Read the head. The inherited method would parse it as an email, which takes several times longer."""
        self.status = _CONTINUE
        while self.status == _CONTINUE:
            self._read_status_line()
            self.headers = self.msg = self._read_fields()  # type: ignore[assignment]  # urllib3 needs this class
        if not 200 <= self.status <= 599:
            raise MalformedAnswer(FailureReason.STATUS_UNKNOWN)
        lengths = self.headers.get_all("Content-Length", [])
        encodings = self.headers.get_all("Transfer-Encoding", [])
        self._check_framing(lengths, encodings)
        self.code, self.chunked = self.status, bool(encodings)
        if self.status in _WITHOUT_BODY:
            self.length = 0
        else:
            self.length = int(lengths[0]) if lengths else None
        self.will_close = self._check_close() or not (self.chunked or self.length is not None)  # type: ignore[attr-defined]

    def _read_status_line(self) -> None:
        line = self.fp.readline(_MAX_HEAD_BYTES + 1)
        if not line:
            raise http.client.RemoteDisconnected("The connection ended without a response.")
        self._check_line(line)
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise MalformedAnswer(FailureReason.HEAD_MALFORMED)
        self.version, self.status = 10 + int(match[1]), int(match[2])
        self.reason = (match[3] or b"").decode("latin-1").strip()

    def _read_fields(self) -> HTTPHeaderDict:
        """Read the lines until the blank one: all at once if they have arrived and are well-formed."""
        fields = HTTPHeaderDict()
        arrived: bytes = self.fp.peek(1)
        size = arrived.find(b"\r\n\r\n") + 2
        if size > 1 and _FIELD_LINES.fullmatch(arrived, 0, size):
            head = self.fp.read(size + 2)
            self._count_head(len(head), head.count(b"\n"))
            for text in head[: size - 2].decode("latin-1").split("\r\n"):
                name, _, value = text.partition(":")
                fields.add(name, value.strip(" \t"))
            return fields
        while True:
            line = self.fp.readline(_MAX_HEAD_BYTES + 1)
            self._check_line(line)
            if line in _BLANK_LINES:
                return fields
            match = _FIELD_LINE.fullmatch(line)
            if match is None:
                raise MalformedAnswer(FailureReason.HEAD_MALFORMED)
            fields.add(match[1].decode("ascii"), match[2].decode("latin-1").strip(" \t"))

    def _check_line(self, line: bytes) -> None:
        self._count_head(len(line), 1)
        if not line.endswith(b"\n"):
            raise MalformedAnswer(FailureReason.HEAD_CUT)

    def _count_head(self, size: int, lines: int) -> None:
        self._head_bytes_left -= size
        self._head_lines_left -= lines
        if self._head_bytes_left < 0 or self._head_lines_left < 0:
            raise MalformedAnswer(FailureReason.HEAD_MALFORMED)

    def read(self, amt: int | None = None) -> bytes:
        if self.chunked and self.fp is not None and amt is not None:
            return self._read_chunk(amt)
        ends_at_close = self.length is None and not self.chunked
        piece = super().read(amt)
        if not piece and ends_at_close and self._sock.was_cut_off:
            raise MalformedAnswer(FailureReason.BODY_CUT)
        return piece

    def _check_framing(self, lengths: list[str], encodings: list[str]) -> None:
        if encodings and not self._may_be_chunked(encodings):
            raise MalformedAnswer(FailureReason.ENCODING_UNKNOWN)
        if lengths and encodings:
            raise MalformedAnswer(FailureReason.TWO_FRAMINGS)
        if lengths and (len(lengths) > 1 or not _is_length(lengths[0].strip())):
            raise MalformedAnswer(FailureReason.LENGTH_MALFORMED)
        if not lengths and not encodings and self.status not in _WITHOUT_BODY and not self._ends_at_close():
            raise MalformedAnswer(FailureReason.NO_FRAMING)

    def _may_be_chunked(self, encodings: list[str]) -> bool:
        known = [encoding.strip().lower() for encoding in encodings] == ["chunked"]
        return known and self.version >= 11 and self.status not in _WITHOUT_BODY

    def _ends_at_close(self) -> bool:
        options = ",".join(self.headers.get_all("Connection", [])).lower().split(",")
        named = {option.strip() for option in options}
        closes = "close" in named or (self.version < 11 and "keep-alive" not in named)
        return closes and may_retry()

    def _read_chunk(self, amt: int) -> bytes:
        if not self._chunk_bytes_left:
            self._chunk_bytes_left = self._next_chunk_size()
        if not self._chunk_bytes_left:
            self._skip_trailer()
            self._close_conn()
            return b""
        piece = self._exactly(min(amt, self._chunk_bytes_left))
        self._chunk_bytes_left -= len(piece)
        if not self._chunk_bytes_left and self._exactly(2) != b"\r\n":
            raise MalformedAnswer(FailureReason.BODY_MALFORMED)
        return piece

    def _next_chunk_size(self) -> int:
        line = self.fp.readline(1024)
        match = _CHUNK_LINE.fullmatch(line)
        if not match:
            raise MalformedAnswer(
                FailureReason.BODY_MALFORMED if line.endswith(b"\n") else FailureReason.BODY_CUT
            )
        return int(match[1], 16)

    def _skip_trailer(self) -> None:
        self._read_fields()

    def _exactly(self, size: int) -> bytes:
        piece = self.fp.read(size)
        if len(piece) < size:
            raise MalformedAnswer(FailureReason.BODY_CUT)
        return piece

    def _close_conn(self) -> None:
        # http.client calls this at the end of the body. It also calls it on failures, where the check is harmless.
        if self._has_leftover_bytes():
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
        super()._close_conn()  # type: ignore[misc]

    def _has_leftover_bytes(self) -> bool:
        self._sock.reads_paused = True
        try:
            return bool(self.fp.peek(1)) or self._sock.holds_unread()
        except (OSError, ValueError):
            return True
        finally:
            self._sock.reads_paused = False


def _is_length(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
