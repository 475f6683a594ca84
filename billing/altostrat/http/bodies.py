"""Response bodies: read in chunks and decompressed, up to a limit of decompressed bytes.

zlib is used directly, bounded by the rest of the limit, so that a few compressed bytes never take more memory than the
limit allows. urllib3's decoder neither stops at the end of the gzip stream nor notices a truncated one.
"""

from __future__ import annotations

import zlib
from typing import Final, Protocol

from urllib3.response import BaseHTTPResponse

from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.framing import MalformedAnswer

_CHUNK_BYTES: Final = 64 * 1024
_GZIP_WINDOW: Final = 31


class _Decoder(Protocol):
    def decode(self, chunk: bytes, limit: int) -> bytes: ...
    def finish(self) -> None: ...


class _Plain:
    def decode(self, chunk: bytes, limit: int) -> bytes:
        return chunk

    def finish(self) -> None:
        pass


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP_WINDOW)

    def decode(self, chunk: bytes, limit: int) -> bytes:
        if self._stream.eof:
            raise MalformedAnswer(FailureReason.BODY_MALFORMED)
        try:
            # One byte above the limit distinguishes a full body from one that is too large.
            decoded = self._stream.decompress(chunk, limit + 1)
        except zlib.error:
            raise MalformedAnswer(FailureReason.BODY_MALFORMED) from None
        if self._stream.unused_data:
            raise MalformedAnswer(FailureReason.BODY_MALFORMED)
        return decoded

    def finish(self) -> None:
        if not self._stream.eof:
            raise MalformedAnswer(FailureReason.BODY_CUT)


def read(response: BaseHTTPResponse, limit: int) -> bytes:
    """Return the complete body, decompressed. Raise MalformedAnswer, or urllib3's exceptions if the connection fails.

    A connection returns to the pool once its body is read to the end. Otherwise, the caller has to close the response.
    """
    decoder = _decoder(response.headers.get("Content-Encoding", ""))
    body = bytearray()
    received_bytes = 0
    while chunk := response.read(_CHUNK_BYTES, decode_content=False):
        # Compressed bytes count as well: an endless gzip stream may decompress to nothing.
        received_bytes += len(chunk)
        body += decoder.decode(chunk, limit - len(body))
        if max(received_bytes, len(body)) > limit:
            raise MalformedAnswer(FailureReason.BODY_TOO_LARGE)
        if response.length_remaining == 0:
            break
    if received_bytes:
        decoder.finish()
    return bytes(body)


def _decoder(content_encoding: str) -> _Decoder:
    match content_encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Gzip()
        case _:
            raise MalformedAnswer(FailureReason.COMPRESSION_UNKNOWN)
