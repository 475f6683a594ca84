"""A table as a file: CSV (RFC 4180) or XLSX.

The file is made in full before its first byte is sent: what goes wrong on the way becomes the page that tells it, and
nobody takes half a file for a whole one. It is made on disk, row by row, in files without a name where possible, so
neither memory nor another process has any part in it.
"""

from __future__ import annotations

import re
import tempfile
from typing import IO, Any, Final

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from billing.failures import Failure
from billing.pages.frame.actor import actor_of
from billing.pages.frame.failure_pages import show
from billing.pages.rendering.formats import in_zone
from billing.pages.tables.csv_file import write_csv
from billing.pages.tables.export_columns import NotExportable, export_columns
from billing.pages.tables.table import Table
from billing.pages.tables.xlsx_file import write_xlsx
from billing.services import audit

_WRITERS: Final = {"csv": write_csv, "xlsx": write_xlsx}
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def format_of(request: HttpRequest) -> str:
    """The format that the address asks for: "csv", "xlsx", or nothing for the page."""
    wanted = request.GET.get("format", "")
    return wanted if wanted in _WRITERS else ""


def download(request: HttpRequest, table: Table[Any]) -> HttpResponseBase:
    """The table in the format and order that the address asks for; bearer links with `?links=yes` only. Audited.

    Raises what the table's rows raise. A table that a file cannot hold, or that is not complete, becomes a page that
    says so.
    """
    wanted = format_of(request)
    if table.incomplete:
        return show(request, _failure("The list is not complete", table.incomplete))
    with_links = request.GET.get("links") == "yes"
    columns = export_columns(table, with_links=with_links)
    name = file_name(table, wanted)
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    try:
        count = _WRITERS[wanted](file, columns, table.sorted_rows(request))
        file.seek(0)
        _record(request, name, f"{count} rows{', with links' if with_links else ''}")
    except NotExportable as reason:
        file.close()
        return show(request, _failure("A file cannot hold this list", str(reason)))
    except BaseException:
        file.close()
        raise
    return _answer(file, wanted, name)


def file_name(table: Table[Any], ending: str) -> str:
    """What, whose and when: "invoices-cus_a1b2-2026-11-23.csv". The day is the reader's."""
    at = in_zone(table.as_of or timezone.now())
    parts = (table.name, *table.about, f"{at:%Y-%m-%d}")
    return "-".join(re.sub(r"[^A-Za-z0-9_]+", "-", part).strip("-")[:60] for part in parts) + f".{ending}"


def _answer(file: IO[bytes], wanted: str, name: str) -> FileResponse:
    # FileResponse measures the file: with Content-Length, a connection that breaks is a failed download.
    response = FileResponse(file, as_attachment=True, filename=name, content_type=_TYPES[wanted])
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _record(request: HttpRequest, name: str, detail: str) -> None:
    if request.user.is_authenticated and request.method == "GET":
        # Whose list it is, is in the address of its page.
        place = request.resolver_match.kwargs if request.resolver_match else {}
        audit.record(
            actor_of(request),
            "list.download",
            audit.Outcome.SUCCEEDED,
            subject=name,
            workspace_id=place.get("workspace_id", ""),
            billing_account_id=place.get("billing_account_id", ""),
            detail=detail,
        )


def _failure(title: str, reason: str) -> Failure:
    return Failure(
        409,
        "invalid_request_error",
        "not_exportable",
        title,
        f"No file was made. {reason}",
        "Narrow the list and try again, or take the data from the portal's API.",
    )
