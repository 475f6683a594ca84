"""XLSX with real numbers and dates, if a spreadsheet can hold them exactly, and texts that stay texts.

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

from billing import amounts
from billing.amounts import Amount
from billing.pages.rendering.formats import in_zone
from billing.pages.tables.export_columns import ExportColumn, NotExportable
from billing.pages.tables.table import Kind, Value
from billing.services.dates import utc_offset

# https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
_MAX_ROWS: Final = 1_048_576 - 1
# A spreadsheet keeps fifteen digits of a number; longer amounts are written as text.
_NUMBER_LIMIT: Final = 10**15
_FIRST_YEAR, _LAST_YEAR = 1901, 9999  # Excel treats 1900 as a leap year
_PREFIX: Final = "billing-export-"
_ABANDONED_AFTER_SECONDS: Final = 3600
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_WIDTHS: Final = {Kind.MONEY: 16, Kind.INTEGER: 12, Kind.DAY: 14, Kind.MOMENT: 20, Kind.LINK: 40}


def write_xlsx(file: IO[bytes], columns: Sequence[ExportColumn], rows: Iterable[Any]) -> int:
    """Write a workbook with one sheet; return the number of rows.

    Raise NotExportable for data that a sheet cannot hold. Errors of the rows propagate.
    """
    import xlsxwriter  # 2 MB of a worker, for the few that write workbooks

    _delete_abandoned_folders()
    number = 0
    # XlsxWriter needs named temporary files; only this user can open their folder.
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        book = xlsxwriter.Workbook(file, {**_OPTIONS, "tmpdir": folder})
        sheet = _Sheet(book, columns)
        try:
            for number, row in enumerate(rows, start=1):
                if number > _MAX_ROWS:
                    raise NotExportable(
                        f"A spreadsheet has at most {_MAX_ROWS:,} rows. Use CSV, which has no limit."
                    )
                sheet.write(number, row)
        except BaseException:
            sheet.discard()
            raise
        book.close()
    return number


def _delete_abandoned_folders() -> None:
    """Delete the folders of processes that were killed while writing: they hold customer data in clear text."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # deleted meanwhile, or another user's
            if folder.stat().st_mtime < time.time() - _ABANDONED_AFTER_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


class _Sheet:
    def __init__(self, book: Any, columns: Sequence[ExportColumn]) -> None:
        self._book = book
        self._columns = columns
        self._formats: dict[str, Any] = {}
        self._sheet = book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._write_headings()

    def write(self, number: int, row: Any) -> None:
        """Write one row. Rows must be written in order."""
        col = 0
        for column in self._columns:
            self._cell(number, col, column.kind, column.value(row))
            col += 2 if column.kind is Kind.MOMENT else 1

    def discard(self) -> None:
        """Close all files without saving. An unclosed workbook would warn, and save itself when it is deleted."""
        self._sheet._opt_close()
        self._book.fileclosed = True

    def _write_headings(self) -> None:
        bold, col = self._book.add_format({"bold": True}), 0
        for column in self._columns:
            self._sheet.set_column(col, col, _WIDTHS.get(column.kind, 28))
            self._sheet.write_string(0, col, column.heading, bold)
            col += 1
            if column.kind is Kind.MOMENT:  # without the offset, the repeated hour in autumn is ambiguous
                self._sheet.write_string(0, col, f"{column.heading}, offset from UTC", bold)
                col += 1

    def _cell(self, row: int, col: int, kind: Kind, value: Value) -> None:
        text = partial(self._text, row, col)
        match value:
            case None | "":
                return
            case Amount():
                self._amount(row, col, value)
            case str():
                text(value)
            case int():
                self._sheet.write_number(row, col, value) if abs(value) < _NUMBER_LIMIT else text(str(value))
            case datetime():
                self._moment(row, col, kind, in_zone(value))
            case _:
                self._day(row, col, value)

    def _amount(self, row: int, col: int, amount: Amount) -> None:
        if amount.minor is None:
            return
        number = amounts.exact(amount.minor, amount.currency)
        if number is None or abs(amount.minor) >= _NUMBER_LIMIT:
            self._text(row, col, amounts.plain(amount.minor, amount.currency))
            return
        digits = amounts.exponent(amount.currency) or 0
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        self._sheet.write_number(row, col, number, self._format(pattern))

    def _moment(self, row: int, col: int, kind: Kind, value: datetime) -> None:
        if kind is Kind.DAY:
            self._day(row, col, value.date())
            return
        if _FIRST_YEAR <= value.year <= _LAST_YEAR:
            plain = value.replace(tzinfo=None, microsecond=0)
            self._sheet.write_datetime(row, col, plain, self._format("yyyy-mm-dd hh:mm:ss"))
        else:
            self._text(row, col, value.isoformat(timespec="seconds"))
        self._text(row, col + 1, utc_offset(value))

    def _day(self, row: int, col: int, value: date) -> None:
        if _FIRST_YEAR <= value.year <= _LAST_YEAR:
            self._sheet.write_datetime(row, col, value, self._format("yyyy-mm-dd"))
        else:
            self._text(row, col, value.isoformat())

    def _text(self, row: int, col: int, text: str) -> None:
        clean = text.encode("utf-8", "replace").decode()
        if self._sheet.write_string(row, col, clean) != 0:
            raise NotExportable("A value is too long for a spreadsheet cell. Use CSV, which has no limit.")

    def _format(self, pattern: str) -> Any:
        if pattern not in self._formats:
            self._formats[pattern] = self._book.add_format({"num_format": pattern})
        return self._formats[pattern]
