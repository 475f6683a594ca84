"""Organizations: list, retrieve, parent, descendants, limits, usage as a file."""

from __future__ import annotations

from billing.altostrat import operations
from billing.altostrat.client import Answer
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.reasons import Reason
from billing.altostrat.resources import Listing, Organization, OrganizationLimits
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def list_all(actor: Actor, *, workspace_id: str) -> Answer[Listing[Organization]]:
    """The organizations of one workspace, all levels of the tree. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(operations.LIST_ORGANIZATIONS, workspaceId=workspace_id)


def retrieve(actor: Actor, *, workspace_id: str, organization_id: str) -> Answer[Organization]:
    """One organization. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(
            operations.RETRIEVE_ORGANIZATION, workspaceId=workspace_id, organizationId=organization_id
        )


def limits(actor: Actor, *, workspace_id: str, organization_id: str) -> Answer[OrganizationLimits]:
    """Usage, limits and free capacity of one organization. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(
            operations.RETRIEVE_ORGANIZATION_LIMITS, workspaceId=workspace_id, organizationId=organization_id
        )


def descendants(actor: Actor, *, workspace_id: str, organization_id: str) -> Answer[Listing[Organization]]:
    """Everything below one organization. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(
            operations.LIST_DESCENDANT_ORGANIZATIONS, workspaceId=workspace_id, organizationId=organization_id
        )


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
