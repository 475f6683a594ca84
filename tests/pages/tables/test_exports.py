"""Tables as CSV and XLSX files."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from billing.amounts import Amount
from billing.pages.tables import exports
from billing.pages.tables.csv_file import escape_formulas
from billing.pages.tables.table import Column, Kind, Table
from tests.pages.tables.table_of import Sale, table_of


def request_for(query: str = "format=csv") -> HttpRequest:
    request = RequestFactory().get(f"/sales/?{query}")
    request.user = AnonymousUser()
    return request


def body_of(response: HttpResponseBase) -> bytes:
    assert isinstance(response, FileResponse)
    file = response.file_to_stream
    assert file is not None
    with file:  # the response's own close() would look for database connections
        return file.read()


def rows_of(table: Table[Any], query: str = "format=csv") -> list[list[str]]:
    text = body_of(exports.download(request_for(query), table)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def sheet_of(table: Table[Any], query: str = "format=xlsx") -> Any:
    return load_workbook(io.BytesIO(body_of(exports.download(request_for(query), table)))).active


def test_csv_has_exact_values() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        found = rows_of(table_of([Sale(), Sale('Jansen, "J"\nB.V.', -5, "kwd", None, None, None)]))

    assert found == [
        ["Name", "Total", "Currency", "At (Europe/Berlin)", "On (Europe/Berlin)", "Seats"],
        ["Müller", "1234.50", "USD", "2026-03-29T00:30:00+01:00", "2026-03-28", "3"],
        ['Jansen, "J"\nB.V.', "-0.005", "KWD", "", "", ""],
    ]


def test_csv_has_byte_order_mark_and_crlf() -> None:
    body = body_of(exports.download(request_for(), table_of([Sale()])))

    assert body.startswith(b"\xef\xbb\xbfName,")
    assert body.count(b"\r\n") == 2
    assert body.count(b"\n") == 2


def test_xlsx_has_numbers_and_dates() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        sheet = sheet_of(
            table_of([Sale(), Sale(total=1200, currency="jpy"), Sale(total=1234, currency="kwd")])
        )
    head, first, second, third = sheet.iter_rows()

    assert [cell.value for cell in head] == [
        "Name",
        "Total",
        "Currency",
        "At (Europe/Berlin)",
        "At (Europe/Berlin), offset from UTC",
        "On (Europe/Berlin)",
        "Seats",
    ]
    assert [cell.value for cell in first] == [
        "Müller",
        1234.5,
        "USD",
        datetime(2026, 3, 29, 0, 30),
        "+01:00",
        datetime(2026, 3, 28),
        3,
    ]
    assert [row[1].number_format for row in (first, second, third)] == ["#,##0.00", "#,##0", "#,##0.000"]
    assert [row[1].value for row in (second, third)] == [1200, 1.234]


def test_amount_too_long_for_a_number_is_text() -> None:
    sheet = sheet_of(table_of([Sale(total=2**63), Sale(total=10**15 - 1)]))

    assert [sheet["B2"].value, sheet["B3"].value] == ["92233720368547758.08", 9999999999999.99]


def test_unknown_currency_is_labeled_as_minor_units() -> None:
    assert rows_of(table_of([Sale(currency="xqz"), Sale(currency=None)]))[1:] == [
        ["Müller", "123450", "XQZ minor units", "2026-03-28T23:30:00+00:00", "2026-03-28", "3"],
        ["Müller", "123450", "minor units", "2026-03-28T23:30:00+00:00", "2026-03-28", "3"],
    ]
    assert sheet_of(table_of([Sale(currency="xqz")]))["B2"].value == "123450"


def test_date_of_a_time_depends_on_the_readers_zone() -> None:
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("Asia/Kathmandu")):
        assert rows_of(table_of([Sale(on=late)]))[1][4] == "2026-03-29"
        assert sheet_of(table_of([Sale(on=late)]))["F2"].value == datetime(2026, 3, 29)
    with timezone.override(ZoneInfo("America/New_York")):
        assert rows_of(table_of([Sale(on=late)]))[1][4] == "2026-03-28"


@pytest.mark.parametrize(("utc_hour", "offset"), [(0, "+02:00"), (1, "+01:00")], ids=["first", "second"])
def test_repeated_hour_has_two_offsets(utc_hour: int, offset: str) -> None:
    at = datetime(2026, 10, 25, utc_hour, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert rows_of(table_of([Sale(at=at)]))[1][3] == f"2026-10-25T02:30:00{offset}"
        assert sheet_of(table_of([Sale(at=at)]))["E2"].value == offset


def test_year_outside_of_excels_calendar_is_text() -> None:
    sheet = sheet_of(table_of([Sale(at=datetime(1, 1, 1, tzinfo=UTC))]))

    assert sheet["D2"].value == "0001-01-01T00:00:00+00:00"


FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u200b=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    '=HYPERLINK("https://evil.example")',
)


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_escapes_formulas(text: str) -> None:
    written = rows_of(table_of([Sale(name=text)]))[1][0]

    assert written.startswith("'")
    assert written.replace("'", "") == text


@given(st.text())
def test_escaping_only_adds_apostrophes(text: str) -> None:
    assert escape_formulas(text).replace("'", "") == text.replace("'", "")
    assert (
        not escape_formulas(text)
        .lstrip()
        .startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Acme;=1+1", "Acme;'=1+1"),
        ('Acme;"=1+1"', 'Acme;\'"=1+1"'),
        ("Acme\n=1+1", "Acme\n'=1+1"),
        ("Acme; @SUM(A1)", "Acme;' @SUM(A1)"),
        ("=a;=b", "'=a;'=b"),
        ("Smith; Jones & Co", "Smith; Jones & Co"),
        ("a=b, c-d", "a=b, c-d"),
    ],
)
def test_formulas_after_other_separators_are_escaped(text: str, written: str) -> None:
    assert escape_formulas(text) == written


def test_very_long_text_can_be_escaped() -> None:
    assert len(escape_formulas(';\n"' * 1_000_000)) == 3_000_000


def test_negative_amount_is_not_escaped() -> None:
    assert rows_of(table_of([Sale(total=-5)]))[1][1] == "-0.05"


@pytest.mark.parametrize("text", [*FORMULAS[:4], "https://evil.example", "007", "mailto:a@b.c"])
def test_xlsx_keeps_texts_as_texts(text: str) -> None:
    body = body_of(exports.download(request_for("format=xlsx"), table_of([Sale(name=text)])))
    cell = load_workbook(io.BytesIO(body)).active["A2"]  # type: ignore[index]

    assert (cell.value, cell.data_type) == (text, "s")
    sheet = zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_bearer_links_are_exported_only_on_request(file_format: str) -> None:
    read: Callable[[str], list[list[str]]] = lambda query: (  # noqa: E731
        rows_of(table_of([Sale()]), query)
        if file_format == "csv"
        else [[str(cell.value) for cell in row] for row in sheet_of(table_of([Sale()]), query).iter_rows()]
    )

    assert not any("secret" in cell for row in read(f"format={file_format}") for cell in row)
    assert any(cell == "https://pay.example/secret" for cell in read(f"format={file_format}&links=yes")[1])


def test_file_name_has_table_account_and_date() -> None:
    at = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    table = Table[Sale]("sales", "Sales", (), (), about=('cus_1/../"\r\n',), as_of=at)

    assert exports.file_name(table, "csv") == "sales-cus_1-2026-03-28.csv"
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert exports.file_name(table, "xlsx") == "sales-cus_1-2026-03-29.xlsx"


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_file_is_not_cached_and_has_a_length(file_format: str) -> None:
    response = exports.download(request_for(f"format={file_format}"), table_of([Sale()]))
    headers = response.headers

    assert headers["Content-Disposition"].startswith('attachment; filename="sales-cus_1-')
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert int(headers["Content-Length"]) == len(body_of(response))


class Upstream(Exception):
    """An error that rows raise midway."""


def broken_rows() -> Iterator[Sale]:
    for _ in range(1000):
        yield Sale()
    raise Upstream


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_rows_that_fail_midway_leave_no_file(
    file_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(Upstream):
        exports.download(request_for(f"format={file_format}"), table_of(broken_rows()))

    assert list(tmp_path.iterdir()) == []


def test_finished_file_leaves_nothing_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for file_format in ("csv", "xlsx"):
        response = exports.download(request_for(f"format={file_format}"), table_of([Sale()]))
        assert list(tmp_path.iterdir()) == []
        body_of(response)


def test_folders_of_killed_processes_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name, age in (("billing-export-old", 7200), ("billing-export-new", 60), ("others", 7200)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)

    sheet_of(table_of([Sale()]))

    assert {path.name for path in tmp_path.iterdir()} == {"billing-export-new", "others"}


def test_incomplete_list_has_no_file(db: None, static_files: None) -> None:
    response = exports.download(request_for(), table_of([Sale()], incomplete="Altostrat has more entries."))

    assert response.status_code == 409
    assert "Altostrat has more entries." in response.content.decode()  # type: ignore[attr-defined]


def test_text_too_long_for_a_cell_is_an_error(db: None, static_files: None) -> None:
    response = exports.download(request_for("format=xlsx"), table_of([Sale(name="x" * 32_768)]))

    assert response.status_code == 409
    assert rows_of(table_of([Sale(name="x" * 32_768)]))[1][0] == "x" * 32_768


def test_row_with_two_currencies_is_a_programming_error() -> None:
    columns = tuple(
        Column[Sale](code, code, lambda row, code=code: Amount(1, code), Kind.MONEY)  # type: ignore[misc]
        for code in ("usd", "eur")
    )
    with pytest.raises(ValueError, match="several currencies"):
        exports.download(request_for(), Table("sales", "Sales", columns, [Sale()]))


def written_with_peak_memory(file_format: str, count: int) -> tuple[int, int]:
    """Return the length of a file of this many rows, and the most bytes allocated at once while it was written."""
    rows = (Sale(name=f"row {number}") for number in range(count))
    tracemalloc.start()
    try:
        response = exports.download(request_for(f"format={file_format}"), table_of(rows))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return len(body_of(response)), peak_bytes


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_rows(file_format: str) -> None:
    written_with_peak_memory(file_format, 200)  # the first file fills caches
    short_length, short_peak = written_with_peak_memory(file_format, 1000)
    long_length, long_peak = written_with_peak_memory(file_format, 4000)

    assert long_length > 3 * short_length  # every row is in the file
    # A row kept in memory costs 200 bytes as an object and 1,200 as cells; tracemalloc counts exactly.
    assert long_peak - short_peak < 3000 * 64
