"""Altostrat's files about the usage of organizations."""

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
from billing.services.actor import Actor
from billing.services.reads import Read, read_live


def usage_pdf(actor: Actor, *, workspace_id: str) -> bytes:
    """Return the PDF. Raise NotPermitted, NoToken, AltostratError; UnexpectedAnswer if it is not a PDF."""
    answer = _read(actor, EXPORT_ORGANIZATION_USAGE_PDF, workspace_id)
    if not answer.body.startswith(b"%PDF-"):
        raise _not_the_file(EXPORT_ORGANIZATION_USAGE_PDF, answer)
    return answer.body


def usage_rows(actor: Actor, *, workspace_id: str) -> list[list[str]]:
    """Return the rows of the CSV file, the heading first.

    Raise as `usage_pdf`, and UnexpectedAnswer if a row has another number of cells than the heading: such a file was
    cut off, or is not a CSV file.
    """
    answer = _read(actor, EXPORT_ORGANIZATION_USAGE_CSV, workspace_id)
    rows = _rows(answer.body)
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise _not_the_file(EXPORT_ORGANIZATION_USAGE_CSV, answer)
    return rows


def _read(actor: Actor, operation: Operation[object], workspace_id: str) -> Answer[object]:
    return read_live(actor, workspace_id, Read(operation, {"workspace_id": workspace_id}))


def _rows(body: bytes) -> list[list[str]]:
    """Return the rows; none if it is not a CSV file in UTF-8."""
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
