"""CSV as spreadsheets and programs read it: https://www.rfc-editor.org/rfc/rfc4180, in UTF-8 with a byte order mark."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Any, Final

from billing import amounts
from billing.amounts import Amount
from billing.pages.rendering.formats import in_zone
from billing.pages.tables.export_columns import ExportColumn
from billing.pages.tables.table import Kind, Value

# A cell that begins so is a formula to a spreadsheet, in Excel for Japanese with the wide signs, too. Blank and
# invisible characters in front are no obstacle to every spreadsheet, so they are none here.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA: Final = re.compile(
    r"[\s\x00-\x1f\x7f\u00ad\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]"
)
_STARTS_A_CELL: Final = ("\t", "\r", "\n")
# Where the machine's own list separator is another than the comma, as in Germany and South Africa, a spreadsheet begins
# cells inside of a text of ours, and quotes that do not open a cell keep no line together.
_SEPARATOR: Final = re.compile(r"([;|\t\r\n])")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def write_csv(file: IO[bytes], columns: Sequence[ExportColumn], rows: Iterable[Any]) -> int:
    """Writes the heading and every row, and gives the number of rows. Raises what the rows raise."""
    count = 0
    # Without the mark Excel takes UTF-8 for the machine's old code page, and "Müller" comes out as "MÃ¼ller".
    file.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=False)
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([harmless(column.heading) for column in columns])
        for count, row in enumerate(rows, start=1):  # noqa: B007  # the last one is the result
            writer.writerow([_written(column.kind, column.value(row)) for column in columns])
        text.flush()
    finally:
        text.detach()  # the file stays open for whoever sends it
    return count


def made_harmless(rows: Iterable[Sequence[str]]) -> bytes:
    """Somebody else's CSV as ours would be; its numbers stay numbers."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([cell if _NUMBER.fullmatch(cell) else harmless(cell) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + text.getvalue().encode()


def harmless(text: str) -> str:
    """A text that no spreadsheet runs: an apostrophe before what would begin a formula, at its start or inside."""
    pieces = _SEPARATOR.split(text)
    for at in range(2, len(pieces), 2):  # every second one is a separator
        if _FORMULA.match(pieces[at].lstrip('"')):
            pieces[at] = f"'{pieces[at]}"
    safe = "".join(pieces)
    return f"'{safe}" if text.startswith(_STARTS_A_CELL) or _FORMULA.match(text) else safe


def _written(kind: Kind, value: Value) -> str:
    match value:
        case None:
            return ""
        case Amount():
            # Ours, digits and a minus only: a number has to stay one.
            return "" if value.minor is None else amounts.plain(value.minor, value.currency)
        case datetime():
            at = in_zone(value)
            return at.date().isoformat() if kind is Kind.DAY else at.isoformat(timespec="seconds")
        case str():
            return harmless(value)
        case int():
            return str(value)
        case _:
            return value.isoformat()
