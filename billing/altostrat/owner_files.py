"""The check of `owners` for files: each row of a CSV file, before it is passed on."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice, zip_longest
from typing import Final

from billing.altostrat import owners
from billing.altostrat.pieces import text_of

_PIECE_BYTES: Final = 64 * 1024
_DELIMITERS: Final = ",;\t|"
_TENANT: Final = re.compile("(?:ws|cus)_", re.IGNORECASE)


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
    """Yield the pieces of a CSV file, each row after its check. Raise AnotherOwner.

    A file that is not CSV is passed on, because it names no owner. ISO 8859-1 maps every byte to a character and back.
    """
    text = text_of(pieces, "latin-1")
    held: list[str] = []

    def lines() -> Iterator[str]:
        for line in text:
            held.append(line)
            yield line.replace("\0", "")  # UTF-16 has one beside each ASCII character

    names: list[str] | None = None
    delimiter, size = ",", 0
    with suppress(csv.Error):
        start = list(islice(source := lines(), 1))
        delimiter = max(_DELIMITERS, key="".join(start).count)
        for row in csv.reader(chain(start, source), delimiter=delimiter):
            if _names_another(names or (), row, ids):
                raise AnotherOwner
            if names is None and not any(map(owners.names_owner, row)):
                names = row
                break  # the cells do not depend on their columns, so most need no check
            names = names or row
            size += len(held[-1])
            if size >= _PIECE_BYTES:
                yield "".join(held).encode("latin-1")
                held.clear()
                size = 0
    if held:
        yield "".join(held).encode("latin-1")
    while piece := text.read(_PIECE_BYTES):
        piece += text.readline()
        if names is not None and _piece_names_another(piece, delimiter, ids):
            raise AnotherOwner
        yield piece.encode("latin-1")


def _piece_names_another(piece: str, delimiter: str, ids: owners.Ids) -> bool:
    """Return whether a cell of whole lines, of columns that name no owner, has the ID of another one."""
    plain = piece.replace("\0", "")
    if plain.isascii() and _TENANT.search(plain) is None:
        return False
    with suppress(csv.Error):
        rows = csv.reader(plain.splitlines(), delimiter=delimiter)
        return any(_names_another((), row, ids) for row in rows)
    return False


def _names_another(names: list[str] | tuple[()], row: list[str], ids: owners.Ids) -> bool:
    return any(
        owners.value_is_another(name, cell, ids)
        for name, cell in zip_longest(names, row, fillvalue="")
        if owners.names_owner(name) or "_" in cell
    )
