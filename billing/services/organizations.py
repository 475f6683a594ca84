"""Organizations: their usage as a file."""

from __future__ import annotations

from billing.altostrat import operations
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.reasons import Reason
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def usage_file(actor: Actor, *, workspace_id: str, is_pdf: bool) -> bytes:
    """Altostrat's own file about the usage of all organizations: a PDF, or CSV in UTF-8.

    Raises NotPermitted, NoToken, AltostratError; UnexpectedAnswer for what is no such file.
    """
    actor.require(Permission.BILLING_READ)
    operation = (
        operations.EXPORT_ORGANIZATION_USAGE_PDF if is_pdf else operations.EXPORT_ORGANIZATION_USAGE_CSV
    )
    with client_for(actor, workspace_id) as client:
        answer = client.call(operation, workspaceId=workspace_id)
    if not (answer.body.startswith(b"%PDF-") if is_pdf else _is_text(answer.body)):
        raise UnexpectedAnswer(
            operation.method, operation.path_template, answer.status, answer.request_id, Reason.NOT_THE_FILE
        )
    return answer.body


def _is_text(body: bytes) -> bool:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return "\0" not in text and not text.lstrip("\ufeff \r\n\t").startswith("<")
