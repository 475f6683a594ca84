"""Audit log downloads, written to disk in full before the first byte is sent."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import IO, Final

from django.http import FileResponse
from django.utils import timezone

from billing.models import AuditEntry
from billing.models.chain import columns_of
from billing.pages.rendering.formats import in_zone
from billing.pages.tables.table import Column, Kind, Table, Value

_TITLES: Final = {
    "id": "Entry",
    "at": "Time",
    "actor_name": "Person",
    "role": "Role",
    "door": "Entry point",
    "key_prefix": "Key",
    "address": "IP address",
    "verb": "Action",
    "subject": "Object",
    "workspace_id": "Workspace",
    "billing_account_id": "Billing account",
    "outcome": "Outcome",
    "detail": "Details",
    "reason": "Reason",
    "ticket": "Ticket",
    "request_id": "Request ID",
    "upstream_status": "Altostrat status",
    "upstream_request_id": "Altostrat request ID",
    "content_digest": "Content digest",
    "previous_hash": "Previous hash",
    "hash": "Hash",
}
_KINDS: Final = {"id": Kind.INTEGER, "at": Kind.MOMENT, "upstream_status": Kind.INTEGER}


def table_of(entries: Iterable[AuditEntry]) -> Table[AuditEntry]:
    """Return all columns for spreadsheets. Sorting is off, because it would need all entries in memory."""
    columns = [
        Column[AuditEntry](
            name, title, _reader(name), _KINDS.get(name, Kind.TEXT), is_sortable=False, is_on_page=False
        )
        for name, title in _TITLES.items()
    ]
    return Table("audit", "Audit log", columns, entries)


def json_lines(entries: Iterable[AuditEntry]) -> FileResponse:
    """Return JSON lines with each hash and the values it covers, so that a program can verify the chain."""
    file: IO[bytes] = tempfile.TemporaryFile(prefix="export-")  # noqa: SIM115  # the response closes it
    try:
        for entry in entries:
            file.write(json.dumps(columns_of(entry)).encode("ascii") + b"\n")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    name = f"audit-{in_zone(timezone.now()):%Y-%m-%d}.jsonl"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/jsonl")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _reader(name: str) -> Callable[[AuditEntry], Value]:
    return attrgetter(name)
