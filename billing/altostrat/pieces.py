"""Pieces of bytes as a text file that is read while they arrive."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any


def text_of(pieces: Iterator[bytes], encoding: str) -> io.TextIOWrapper:
    """Return the text of pieces, with its line breaks as they are."""
    return io.TextIOWrapper(io.BufferedReader(_Pieces(pieces)), encoding, newline="")


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)  # slices of bytes would be copies
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
