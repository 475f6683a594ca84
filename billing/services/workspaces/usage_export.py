"""Altostrat's files about the usage of organizations, passed on while they arrive."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final

from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.files import FileAnswer
from billing.altostrat.operations.operation import Operation
from billing.altostrat.operations.organizations import (
    EXPORT_ORGANIZATION_USAGE_CSV,
    EXPORT_ORGANIZATION_USAGE_PDF,
)
from billing.altostrat.pieces import text_of
from billing.services.actor import Actor
from billing.services.reads import Read, open_file

_PDF: Final = b"%PDF-"


def usage_pdf(actor: Actor, *, workspace_id: str) -> FileAnswer:
    """Return the PDF, which the caller has to close.

    Raise NotPermitted, NoToken, AltostratError; UnexpectedAnswer if it is not a PDF.
    """
    file = _opened(actor, EXPORT_ORGANIZATION_USAGE_PDF, workspace_id)
    if not file.peek(len(_PDF)).startswith(_PDF):
        file.close()
        raise _not_the_file(EXPORT_ORGANIZATION_USAGE_PDF, file)
    return file


def usage_csv(actor: Actor, *, workspace_id: str) -> tuple[FileAnswer, Iterator[list[str]]]:
    """Return the CSV file, which the caller has to close, and its rows, the heading first.

    Raise as `usage_pdf`. A row raises UnexpectedAnswer if it has another number of cells than the heading: such a file
    was cut off, or is not a CSV file.
    """
    file = _opened(actor, EXPORT_ORGANIZATION_USAGE_CSV, workspace_id)
    return file, _rows(file)


def _opened(actor: Actor, operation: Operation[object], workspace_id: str) -> FileAnswer:
    return open_file(actor, workspace_id, Read(operation, {"workspace_id": workspace_id}))


def _rows(file: FileAnswer) -> Iterator[list[str]]:
    width = 0
    try:
        for row in filter(None, csv.reader(text_of(file, "utf-8-sig"), strict=True)):
            is_web_page = not width and row[0].lstrip().startswith("<")
            width = width or len(row)
            if is_web_page or len(row) != width or any("\0" in cell for cell in row):
                break
            yield row
        else:
            if width:
                return
    except (UnicodeDecodeError, csv.Error):
        pass
    raise _not_the_file(EXPORT_ORGANIZATION_USAGE_CSV, file)


def _not_the_file(operation: Operation[object], file: FileAnswer) -> UnexpectedAnswer:
    return operation.error(UnexpectedAnswer, FailureReason.NOT_THE_FILE, file.status, file.request_id)
