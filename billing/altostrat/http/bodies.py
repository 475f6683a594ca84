"""Reading a body: streamed, unpacked and cut off at a limit that counts unpacked bytes.

zlib is used directly, with the room that is left as its bound, so that a few packed bytes never become more
in memory than the limit; urllib3's decoder neither stops at the end of the gzip stream nor notices one that
is cut short.
"""

from __future__ import annotations

import zlib
from typing import Final, Protocol

from urllib3.response import BaseHTTPResponse

from billing.altostrat.http.framing import MalformedAnswer
from billing.altostrat.reasons import Reason

_PIECE_BYTES: Final = 64 * 1024
_GZIP_WINDOW: Final = 31


class _Unpacker(Protocol):
    def unpack(self, piece: bytes, room: int) -> bytes: ...
    def finish(self) -> None: ...


class _Plain:
    def unpack(self, piece: bytes, room: int) -> bytes:
        return piece

    def finish(self) -> None:
        pass


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP_WINDOW)

    def unpack(self, piece: bytes, room: int) -> bytes:
        if self._stream.eof:
            raise MalformedAnswer(Reason.BODY_MALFORMED)
        try:
            # One byte more than there is room for tells "full" from "too much".
            unpacked = self._stream.decompress(piece, room + 1)
        except zlib.error:
            raise MalformedAnswer(Reason.BODY_MALFORMED) from None
        if self._stream.unused_data:
            raise MalformedAnswer(Reason.BODY_MALFORMED)
        return unpacked

    def finish(self) -> None:
        if not self._stream.eof:
            raise MalformedAnswer(Reason.BODY_CUT)


def read(response: BaseHTTPResponse, limit: int) -> bytes:
    """The whole body, unpacked. Raises MalformedAnswer, and what urllib3 raises when the connection fails.

    Read to its end, the connection goes back to the pool; otherwise the caller has to close the response.
    """
    unpacker = _unpacker(response.headers.get("Content-Encoding", ""))
    body = bytearray()
    packed_bytes = 0
    while piece := response.read(_PIECE_BYTES, decode_content=False):
        # Packed bytes count as well: an endless gzip stream need not unpack to anything.
        packed_bytes += len(piece)
        body += unpacker.unpack(piece, limit - len(body))
        if max(packed_bytes, len(body)) > limit:
            raise MalformedAnswer(Reason.BODY_TOO_LARGE)
    if packed_bytes:
        unpacker.finish()
    return bytes(body)


def _unpacker(content_encoding: str) -> _Unpacker:
    match content_encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Gzip()
        case _:
            raise MalformedAnswer(Reason.COMPRESSION_UNKNOWN)
