"""Entries of the audit as files, made on disk in full before the first byte is sent."""

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
    "at": "When",
    "actor_name": "Person",
    "role": "Role",
    "door": "Door",
    "key_prefix": "Key",
    "address": "Address",
    "verb": "Act",
    "subject": "On what",
    "workspace_id": "Workspace",
    "billing_account_id": "Billing account",
    "outcome": "Outcome",
    "detail": "Detail",
    "reason": "Reason",
    "ticket": "Ticket",
    "request_id": "Request",
    "upstream_status": "Altostrat's status",
    "upstream_request_id": "Altostrat's request",
    "content_digest": "Digest of content",
    "previous_hash": "Previous hash",
    "hash": "Hash",
}
_KINDS: Final = {"id": Kind.INTEGER, "at": Kind.MOMENT, "upstream_status": Kind.INTEGER}


def table_of(entries: Iterable[AuditEntry]) -> Table[AuditEntry]:
    """For spreadsheets: every column. They cannot be sorted, since sorting would hold them all in memory."""
    columns = [
        Column[AuditEntry](
            name, title, _reader(name), _KINDS.get(name, Kind.TEXT), is_sortable=False, is_on_page=False
        )
        for name, title in _TITLES.items()
    ]
    return Table("audit", "Audit", columns, entries)


def json_lines(entries: Iterable[AuditEntry]) -> FileResponse:
    """For programs: what each hash was made of, and the hash, so that whoever has all lines can check the chain."""
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
