"""The check of `owners` for files: each row of a CSV file, before it is passed on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import zip_longest
from typing import Final

from billing.altostrat import owners

# Longer rows are checked in parts. They also limit how much of a file is in memory.
_ROW_BYTES: Final = 256 * 1024
# Longer cells are not kept in memory.
_ID_CHARACTERS: Final = 64
_DELIMITERS: Final = ",;\t|"
_BETWEEN_CELLS: Final = b",;\t| "
_TENANTS: Final = (b"ws_", b"cus_")


class AnotherOwner(Exception):
    """A row names another owner than the request."""


def names_another(body: bytes, ids: owners.Ids) -> bool:
    """Return whether a CSV file names another owner than `ids`."""
    try:
        for _ in checked_rows(iter((body,)), ids):
            pass
    except AnotherOwner:
        return True
    return False


def checked_rows(pieces: Iterator[bytes], ids: owners.Ids) -> Iterator[bytes]:
    """Yield the bytes of a CSV file, each row after its check. Raise AnotherOwner.

    What is not CSV is passed on, because it names no owner.
    """
    check = _Check(ids)
    names: Sequence[str] | None = None
    delimiter, may_skip = ",", False
    for block in _whole_rows(pieces):
        if names is None:
            line = block.lstrip(b"\r\n").partition(b"\n")[0].decode("latin-1")
            delimiter = max(_DELIMITERS, key=line.count)
        if not (may_skip and _names_no_tenant(block)):
            for row, is_whole in _rows(block, delimiter):
                if check.names_another((names or ()) if is_whole else (), row):
                    raise AnotherOwner
                if names is None and is_whole:
                    # Unless a column is an owner, cells do not depend on their columns, and few blocks need a check.
                    may_skip = not any(map(owners.names_owner, row))
                    names = () if may_skip else row
        yield block


def _whole_rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes in blocks that end with a row, except where a row is too long.

    The blocks have about the same size. Slices of many sizes would leave gaps in the memory of the process.
    """
    rest, quotes = b"", 0
    for piece in pieces:
        end = _end_of(piece, b"\r\n")
        is_in_quotes = (quotes + piece.count(b'"', 0, end)) % 2
        if (end and not is_in_quotes) or len(rest) > _ROW_BYTES:
            end = end or _end_of(piece, _BETWEEN_CELLS)
            yield rest + piece[:end]
            rest, quotes = piece[end:], piece.count(b'"', end)
        else:
            rest += piece
            quotes += piece.count(b'"')
    if rest:
        yield rest


def _end_of(piece: bytes, separators: bytes) -> int:
    return max(piece.rfind(separators[number : number + 1]) for number in range(len(separators))) + 1


def _rows(block: bytes, delimiter: str) -> Iterator[tuple[list[str], bool]]:
    """Yield the rows of a block, and whether they have columns. UTF-16 has a NUL beside each ASCII character."""
    text = block.replace(b"\0", b"").decode(errors="replace")
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                yield row, True
    except csv.Error:  # a cell is too long
        yield text.split(), False


def _names_no_tenant(block: bytes) -> bool:
    plain = block.replace(b"\0", b"").lower()
    return not any(one in plain for one in _TENANTS) and not owners.may_be_spelled_differently(plain)


class _Check:
    """The check of rows. The same owner is in many of them."""

    def __init__(self, ids: owners.Ids) -> None:
        self._is_another = partial(owners.value_is_another, ids=ids)
        self._is_known_as_another = lru_cache(maxsize=256)(self._is_another)

    def names_another(self, names: Sequence[str], row: list[str]) -> bool:
        for name, cell in zip_longest(names, row, fillvalue=""):
            if "_" in cell or not cell.isascii() or owners.names_owner(name):
                is_another = self._is_known_as_another if len(cell) <= _ID_CHARACTERS else self._is_another
                if is_another(name, cell):
                    return True
        return False
