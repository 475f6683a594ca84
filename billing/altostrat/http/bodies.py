"""Response bodies: read in chunks and decompressed, up to a limit of decompressed bytes.

zlib is used directly, for pieces of limited size, so that a few compressed bytes never take more memory than the limit
allows. urllib3's decoder neither stops at the end of the gzip stream nor notices a truncated one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from urllib3.response import BaseHTTPResponse

from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.framing import MalformedAnswer

_CHUNK_BYTES: Final = 64 * 1024
# Altostrat's errors are a few hundred bytes; anything larger is some proxy's error page.
_MAX_ERROR_BYTES: Final = 256 * 1024
_GZIP_WINDOW: Final = 31


@dataclass(frozen=True, slots=True)
class Reply:
    """A valid HTTP response. With an error status, `body` is complete or, if it could not be read, empty."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class _Decoder(Protocol):
    def decode(self, chunk: bytes) -> Iterator[bytes]: ...
    def finish(self) -> None: ...


class _Plain:
    def decode(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def finish(self) -> None:
        pass


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP_WINDOW)

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """Yield pieces of limited size, so that the caller can stop before a few bytes become many."""
        if self._stream.eof:
            raise MalformedAnswer(FailureReason.BODY_MALFORMED)
        is_full = False
        while chunk or is_full:
            try:
                piece = self._stream.decompress(chunk, _CHUNK_BYTES)
            except zlib.error:
                raise MalformedAnswer(FailureReason.BODY_MALFORMED) from None
            if self._stream.unused_data:
                raise MalformedAnswer(FailureReason.BODY_MALFORMED)
            # If the piece is full, more of the same input may follow.
            chunk, is_full = self._stream.unconsumed_tail, len(piece) == _CHUNK_BYTES
            yield piece

    def finish(self) -> None:
        if not self._stream.eof:
            raise MalformedAnswer(FailureReason.BODY_CUT)


def read(response: BaseHTTPResponse, limit: int) -> bytes:
    """Return the complete body, decompressed. Raise as `pieces`."""
    if "Content-Encoding" not in response.headers and 0 < (response.length_remaining or 0) <= min(
        limit, _CHUNK_BYTES
    ):
        piece = response.read(_CHUNK_BYTES, decode_content=False)
        return piece if not response.length_remaining else piece + b"".join(pieces(response, limit))
    return b"".join(pieces(response, limit))


def read_error(response: BaseHTTPResponse, limit: int) -> bytes:
    """Return the body of an error, or nothing if it is missing, too large or truncated: the status is enough."""
    try:
        return read(response, min(limit, _MAX_ERROR_BYTES))
    except Exception:  # noqa: BLE001 - the status is enough
        return b""


def pieces(response: BaseHTTPResponse, limit: int) -> Iterator[bytes]:
    """Yield the body, decompressed. Raise MalformedAnswer, or urllib3's exceptions if the connection fails.

    A connection returns to the pool once its body is read to the end. Otherwise, the caller has to close the response.
    """
    decoder = _decoder(response.headers.get("Content-Encoding", ""))
    received_bytes = decoded_bytes = 0
    while chunk := response.read(_CHUNK_BYTES, decode_content=False):
        # Compressed bytes count as well: an endless gzip stream may decompress to nothing.
        received_bytes += len(chunk)
        for piece in decoder.decode(chunk):
            decoded_bytes += len(piece)
            if max(received_bytes, decoded_bytes) > limit:
                raise MalformedAnswer(FailureReason.BODY_TOO_LARGE)
            yield piece
        if response.length_remaining == 0:
            break
    if received_bytes:
        decoder.finish()


def _decoder(content_encoding: str) -> _Decoder:
    match content_encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Gzip()
        case _:
            raise MalformedAnswer(FailureReason.COMPRESSION_UNKNOWN)
