"""A file from Altostrat, received in pieces, each of which is checked before it is passed on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from billing.altostrat import owner_files, owners
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import AltostratError, UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.streams import BrokenStream, Stream
from billing.altostrat.operations.operation import Operation

_SHORT_BYTES: Final = 64 * 1024


class FileAnswer(Iterator[bytes]):
    """The pieces of a file. Close it, or read it to its end. `length` is None if it is unknown."""

    def __init__(
        self,
        operation: Operation[Any],
        stream: Stream,
        token: BearerToken,
        ids: owners.Ids,
        request_id: str | None,
    ) -> None:
        self.content_type = stream.headers.get("Content-Type", "")
        self.status, self.request_id = stream.status, request_id
        is_plain = not stream.headers.get("Content-Encoding", "")
        length = stream.headers.get("Content-Length", "")
        self.length = int(length) if is_plain and length.isdecimal() else None
        self._operation, self._stream = operation, stream
        pieces = _without_token(stream, token)
        is_csv = "text/csv" in operation.media_types
        self._pieces: Iterator[bytes] = (
            owner_files.checked_rows(pieces, owners.spelled(ids)) if is_csv else pieces
        )

    def __next__(self) -> bytes:
        """Return the next piece. Raise AltostratError."""
        try:
            return next(self._pieces)
        except BrokenStream as error:
            failure = self._error(error.failure.kind, error.failure.reason)
        except owner_files.AnotherOwner:
            failure = self._error(UnexpectedAnswer, FailureReason.ANOTHER_OBJECT)
        except _Echo:
            failure = self._error(UnexpectedAnswer, FailureReason.ECHO)
        self.close()
        raise failure

    def close(self) -> None:
        """Release slot and connection."""
        self._stream.close()

    def peek(self, size: int) -> bytes:
        """Return the first bytes, at least `size` unless that is all, and keep them. Raise AltostratError."""
        start = bytearray()
        while len(start) < size and (piece := next(self, None)) is not None:
            start += piece
        self._pieces = chain((bytes(start),), self._pieces)
        return bytes(start)

    def is_short(self) -> bool:
        """Return whether the file can be held in memory, so that it is checked before any of it is passed on."""
        return len(self.peek(_SHORT_BYTES)) < _SHORT_BYTES

    def _error(self, kind: type[AltostratError], reason: FailureReason) -> AltostratError:
        return self._operation.error(kind, reason, self.status, self.request_id)


class _Echo(Exception):
    """The file repeats the token."""


def _without_token(pieces: Iterator[bytes], token: BearerToken) -> Iterator[bytes]:
    """Yield what surely is not a part of the token, which may begin in one piece and end in the next."""
    held = b""
    for piece in pieces:
        held += piece
        if token.occurs_in(held):
            raise _Echo
        passed = len(held) - token.length + 1
        if passed > 0:
            yield held[:passed]
            held = held[passed:]
    if held:
        yield held
