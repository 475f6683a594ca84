"""XLSX, with real numbers and dates where a spreadsheet keeps them exactly, and texts that stay texts.

https://xlsxwriter.readthedocs.io/working_with_memory.html
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import xlsxwriter

from billing import amounts
from billing.amounts import Amount
from billing.pages.rendering.formats import in_zone, utc_offset
from billing.pages.tables.export_columns import ExportColumn, NotExportable
from billing.pages.tables.table import Kind, Value

# https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
_MOST_ROWS: Final = 1_048_576 - 1
# A spreadsheet's number keeps fifteen digits; from the sixteenth on, the amount goes in as text.
_MOST_NUMBER: Final = 10**15
_FIRST_YEAR, _LAST_YEAR = 1901, 9999  # Excel believes that 1900 was a leap year
_PREFIX: Final = "billing-export-"
_LEFT_AFTER_SECONDS: Final = 3600
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDTHS: Final = {Kind.MONEY: 16, Kind.INTEGER: 12, Kind.DAY: 14, Kind.MOMENT: 20, Kind.LINK: 40}


def write_xlsx(file: IO[bytes], columns: Sequence[ExportColumn], rows: Iterable[Any]) -> int:
    """Writes a workbook of one sheet, and gives the number of rows.

    Raises NotExportable for what a sheet cannot hold, and what the rows raise.
    """
    _clear_what_was_left()
    number = 0
    # XlsxWriter needs files with names for a while; they are in a folder that only this user may enter.
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        book = xlsxwriter.Workbook(file, {**_OPTIONS, "tmpdir": folder})
        sheet = _Sheet(book, columns)
        try:
            for number, row in enumerate(rows, start=1):
                if number > _MOST_ROWS:
                    raise NotExportable(
                        f"A spreadsheet has no more than {_MOST_ROWS:,} rows. CSV has no limit."
                    )
                sheet.write(number, row)
        except BaseException:
            sheet.give_up()
            raise
        book.close()
    return number


def _clear_what_was_left() -> None:
    """Deletes the folders of processes that were killed over their work: they hold customers' data in the clear."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # gone meanwhile, or another user's
            if folder.stat().st_mtime < time.time() - _LEFT_AFTER_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


class _Sheet:
    def __init__(self, book: Any, columns: Sequence[ExportColumn]) -> None:
        self._book = book
        self._columns = columns
        self._formats: dict[str, Any] = {}
        self._sheet = book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._head()

    def write(self, number: int, row: Any) -> None:
        """One row; rows come in order."""
        at = 0
        for column in self._columns:
            self._cell(number, at, column.kind, column.value(row))
            at += 2 if column.kind is Kind.MOMENT else 1

    def give_up(self) -> None:
        """Leaves no file open. An unclosed workbook would warn, and close itself into a file without an owner."""
        self._sheet._opt_close()
        self._book.fileclosed = True

    def _head(self) -> None:
        bold, at = self._book.add_format({"bold": True}), 0
        for column in self._columns:
            self._sheet.set_column(at, at, _WIDTHS.get(column.kind, 28))
            self._sheet.write_string(0, at, column.heading, bold)
            at += 1
            if column.kind is Kind.MOMENT:  # a sheet's date has no zone, and one hour a year comes twice
                self._sheet.write_string(0, at, f"{column.heading}, offset from UTC", bold)
                at += 1

    def _cell(self, row: int, at: int, kind: Kind, value: Value) -> None:
        text = partial(self._text, row, at)
        match value:
            case None | "":
                return
            case Amount():
                self._amount(row, at, value)
            case str():
                text(value)
            case int():
                self._sheet.write_number(row, at, value) if abs(value) < _MOST_NUMBER else text(str(value))
            case datetime():
                self._moment(row, at, kind, in_zone(value))
            case _:
                self._day(row, at, value)

    def _amount(self, row: int, at: int, amount: Amount) -> None:
        if amount.minor is None:
            return
        number = amounts.exact(amount.minor, amount.currency)
        if number is None or abs(amount.minor) >= _MOST_NUMBER:
            self._text(row, at, amounts.plain(amount.minor, amount.currency))
            return
        digits = amounts.exponent(amount.currency) or 0
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        self._sheet.write_number(row, at, number, self._format(pattern))

    def _moment(self, row: int, at: int, kind: Kind, value: datetime) -> None:
        if kind is Kind.DAY:
            self._day(row, at, value.date())
            return
        if _FIRST_YEAR <= value.year <= _LAST_YEAR:
            plain = value.replace(tzinfo=None, microsecond=0)
            self._sheet.write_datetime(row, at, plain, self._format("yyyy-mm-dd hh:mm:ss"))
        else:
            self._text(row, at, value.isoformat(timespec="seconds"))
        self._text(row, at + 1, utc_offset(value))

    def _day(self, row: int, at: int, value: date) -> None:
        if _FIRST_YEAR <= value.year <= _LAST_YEAR:
            self._sheet.write_datetime(row, at, value, self._format("yyyy-mm-dd"))
        else:
            self._text(row, at, value.isoformat())

    def _text(self, row: int, at: int, text: str) -> None:
        clean = text.encode("utf-8", "replace").decode()
        if self._sheet.write_string(row, at, clean) != 0:
            raise NotExportable("A text in it is longer than a cell of a spreadsheet. CSV has no limit.")

    def _format(self, pattern: str) -> Any:
        if pattern not in self._formats:
            self._formats[pattern] = self._book.add_format({"num_format": pattern})
        return self._formats[pattern]
