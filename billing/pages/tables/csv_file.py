"""CSV for spreadsheets and programs: https://www.rfc-editor.org/rfc/rfc4180, in UTF-8 with a byte order mark."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any, Final

from billing import amounts
from billing.amounts import Amount
from billing.pages.rendering.formats import in_zone
from billing.pages.tables.export_columns import ExportColumn
from billing.pages.tables.table import Kind, Value

# A spreadsheet treats a cell that starts like this as a formula. Japanese Excel also accepts the full-width signs, and
# some spreadsheets skip leading blanks and invisible characters.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA: Final = re.compile(
    r"[\s\x00-\x1f\x7f\u00ad\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]"
)
_CONTROL_PREFIXES: Final = ("\t", "\r", "\n")
# In some countries, such as Germany and South Africa, the list separator is not the comma. A spreadsheet there starts
# new cells inside a text, and ignores quotes that are not at the start of a cell.
_SEPARATOR: Final = re.compile(r"([;|\t\r\n])")
_PIECE_CHARACTERS: Final = 64 * 1024
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][^;|\t\r\n]*")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def write_csv(file: IO[bytes], columns: Sequence[ExportColumn], rows: Iterable[Any]) -> int:
    """Write the heading and every row; return the number of rows. Errors of the rows propagate."""
    count = 0
    # Without the byte order mark Excel reads "Müller" as "MÃ¼ller".
    file.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=False)
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([escape_formulas(column.heading) for column in columns])
        for count, row in enumerate(rows, start=1):  # noqa: B007  # the last count is the result
            writer.writerow([_cell(column.kind, column.value(row)) for column in columns])
        text.flush()
    finally:
        text.detach()  # leaves the file open
    return count


def escape_rows(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield pieces of CSV from another source, with formulas escaped. Numbers stay numbers."""
    yield codecs.BOM_UTF8
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([cell if _is_safe(cell) else escape_formulas(cell) for cell in row])
        if text.tell() >= _PIECE_CHARACTERS:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _is_safe(cell: str) -> bool:
    """Return whether a cell surely has no formula: most do not, and a long file has millions."""
    return bool(_PLAIN.fullmatch(cell) or _NUMBER.fullmatch(cell))


def escape_formulas(text: str) -> str:
    """Add an apostrophe wherever a spreadsheet would start a formula: at the start of the text or inside it."""
    pieces = _SEPARATOR.split(text)
    for index in range(2, len(pieces), 2):  # pieces with an odd index are separators
        if _FORMULA.match(pieces[index].lstrip('"')):
            pieces[index] = f"'{pieces[index]}"
    safe = "".join(pieces)
    return f"'{safe}" if text.startswith(_CONTROL_PREFIXES) or _FORMULA.match(text) else safe


def _cell(kind: Kind, value: Value) -> str:
    match value:
        case None:
            return ""
        case Amount():
            # Not escaped: it has only digits, a point and a minus, and must stay a number.
            return "" if value.minor is None else amounts.plain(value.minor, value.currency)
        case datetime():
            at = in_zone(value)
            return at.date().isoformat() if kind is Kind.DAY else at.isoformat(timespec="seconds")
        case str():
            return escape_formulas(value)
        case int():
            return str(value)
        case _:
            return value.isoformat()
