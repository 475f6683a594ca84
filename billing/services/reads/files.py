"""Files of Altostrat, passed on in pieces."""

from __future__ import annotations

from billing.altostrat.errors import AltostratError
from billing.altostrat.files import FileAnswer
from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.reads import recording
from billing.services.reads.results import Failed
from billing.services.storage import connections
from billing.services.tokens.kept_copies import Read


def open_file(
    actor: Actor, workspace_id: str, read: Read[object], permission: Permission = Permission.BILLING_READ
) -> FileAnswer:
    """Return a live file, which the caller has to close. Raise as `read_live`."""
    actor.require(permission)
    file: FileAnswer | None = None
    try:
        with tokens.client_for(actor, workspace_id) as client:
            file = client.open(read.operation, **read.path)
    except BaseException as error:
        if file is not None:  # its arrival could not be recorded
            file.close()
        if not isinstance(error, AltostratError):
            raise
        recording.log_access(actor, [(read, Failed(error))])
        raise
    connections.release_connection()  # sending the file may take long
    return file
