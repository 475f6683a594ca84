"""A table as a file: CSV (RFC 4180) or XLSX.

The file is complete before its first byte is sent, so an error becomes a page and nobody downloads half a file. It is
written to disk row by row, in unnamed files where possible: memory does not grow, and other processes cannot read it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import IO, Any, Final

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from billing.failures import Failure
from billing.pages.frame.actor import actor_of
from billing.pages.frame.failure_pages import show
from billing.pages.rendering.formats import in_zone
from billing.pages.tables.csv_file import write_csv
from billing.pages.tables.export_columns import NotExportable, Omission, export_columns, with_omissions
from billing.pages.tables.table import Table
from billing.pages.tables.xlsx_file import write_xlsx
from billing.services import audit

_WRITERS: Final = {"csv": write_csv, "xlsx": write_xlsx}
_NAMED: Final = 5
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def format_of(request: HttpRequest) -> str:
    """Return the requested format: "csv", "xlsx", or empty for the page."""
    requested = request.GET.get("format", "")
    return requested if requested in _WRITERS else ""


def download(request: HttpRequest, table: Table[Any]) -> HttpResponseBase:
    """Return the table in the requested format and order, with bearer links only for `?links=yes`. Downloads are
    audited.

    Errors of the rows propagate. If the table is incomplete or the format cannot hold it, the response is a page. If
    something could not be read, `?partial=yes` leaves it out; the first rows and the name of the file say so.
    """
    file_format = format_of(request)
    if table.omitted and not table.incomplete and request.GET.get("partial") != "yes":
        return show(request, _could_not_be_read(table.omitted))
    if table.incomplete:
        return show(request, _failure("The list is incomplete", table.incomplete))
    with_links = request.GET.get("links") == "yes"
    columns = export_columns(table, with_links=with_links)
    rows = table.sorted_rows(request)
    if table.omitted:
        columns, rows = with_omissions(columns), chain(map(Omission, table.omitted), rows)
    name = file_name(table, file_format)
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    try:
        count = _WRITERS[file_format](file, columns, rows) - len(table.omitted)
        file.seek(0)
        without = f", without {len(table.omitted)} that could not be read" if table.omitted else ""
        rows_of_file = "1 row" if count == 1 else f"{count} rows"
        _record(request, name, f"{rows_of_file}{', with links' if with_links else ''}{without}")
    except NotExportable as reason:
        file.close()
        return show(request, _failure("This list does not fit into a file", str(reason)))
    except BaseException:
        file.close()
        raise
    return _response(file, file_format, name)


def file_name(table: Table[Any], ending: str) -> str:
    """Return "invoices-cus_a1b2-2026-11-23.csv". The date is in the reader's zone."""
    at = in_zone(table.as_of or timezone.now())
    parts = (table.name, *table.about, *(["incomplete"] if table.omitted else []), f"{at:%Y-%m-%d}")
    return "-".join(re.sub(r"[^A-Za-z0-9_]+", "-", part).strip("-")[:60] for part in parts) + f".{ending}"


def _response(file: IO[bytes], file_format: str, name: str) -> FileResponse:
    # FileResponse sends Content-Length, so that a browser notices when the connection breaks.
    response = FileResponse(file, as_attachment=True, filename=name, content_type=_TYPES[file_format])
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _record(request: HttpRequest, name: str, detail: str) -> None:
    if request.user.is_authenticated and request.method == "GET":
        ids = request.resolver_match.kwargs if request.resolver_match else {}
        audit.record(
            actor_of(request),
            "list.download",
            audit.Outcome.SUCCEEDED,
            subject=name,
            workspace_id=ids.get("workspace_id", ""),
            billing_account_id=ids.get("billing_account_id", ""),
            detail=detail,
        )


def _could_not_be_read(omitted: Sequence[str]) -> Failure:
    more = f" and {len(omitted) - _NAMED} more" if len(omitted) > _NAMED else ""
    failure = _failure("The list is incomplete", f"Could not be read: {'; '.join(omitted[:_NAMED])}{more}.")
    return replace(failure, what_to_do="To leave this out, use the download in the list. The file says so.")


def _failure(title: str, reason: str) -> Failure:
    return Failure(
        409,
        "invalid_request_error",
        "not_exportable",
        title,
        f"No file was created. {reason}",
        "Narrow the list and try again, or use the portal's API.",
    )
