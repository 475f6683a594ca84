"""Organizations: their usage as a file."""

from __future__ import annotations

import csv
import io

from billing.altostrat.client import Answer
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.operation import Operation
from billing.altostrat.operations.organizations import (
    EXPORT_ORGANIZATION_USAGE_CSV,
    EXPORT_ORGANIZATION_USAGE_PDF,
)
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def usage_pdf(actor: Actor, *, workspace_id: str) -> bytes:
    """Altostrat's own file about the usage of all organizations. Raises NotPermitted, NoToken, AltostratError;
    UnexpectedAnswer for what is no PDF."""
    answer = _asked(actor, EXPORT_ORGANIZATION_USAGE_PDF, workspace_id)
    if not answer.body.startswith(b"%PDF-"):
        raise _not_the_file(EXPORT_ORGANIZATION_USAGE_PDF, answer)
    return answer.body


def usage_rows(actor: Actor, *, workspace_id: str) -> list[list[str]]:
    """The rows of Altostrat's CSV, the heading first. Raises as `usage_pdf`; UnexpectedAnswer, too, when they have not
    all as many cells as the heading: such a file was cut off, or is none."""
    answer = _asked(actor, EXPORT_ORGANIZATION_USAGE_CSV, workspace_id)
    rows = _rows(answer.body)
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise _not_the_file(EXPORT_ORGANIZATION_USAGE_CSV, answer)
    return rows


def _asked(actor: Actor, operation: Operation[object], workspace_id: str) -> Answer[object]:
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(operation, workspace_id=workspace_id)


def _rows(body: bytes) -> list[list[str]]:
    """Nothing when it is no CSV in UTF-8."""
    try:
        text = body.decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        return []
    return [] if "\0" in text or text.lstrip().startswith("<") else rows


def _not_the_file(operation: Operation[object], answer: Answer[object]) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        operation.method,
        operation.path_template,
        answer.status,
        answer.request_id,
        FailureReason.NOT_THE_FILE,
    )
