"""What a token may do, as far as reads show it. Nothing is written to find out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import AltostratError, NotAllowed, NotFound
from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.operations.workspaces import LIST_WORKSPACE_MEMBERS
from billing.altostrat.resources.workspaces import Workspace

_MANAGERS: Final = frozenset({"owner", "admin"})
_MAX_NAME_LENGTH: Final = 60
_MAX_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Abilities:
    """`workspace` is the one that was tried. `reads_billing` is None if Altostrat did not answer. `role` is the role of
    the token's user there, and `permissions` those that the token lists; many tokens state neither.
    """

    workspace: str = ""
    reads_billing: bool | None = None
    role: str = ""
    permissions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The abilities in at most two sentences; "" if nothing was tried."""
        if not self.workspace:
            return ""
        return " ".join(filter(None, (self._reading, self._changing)))

    @property
    def _reading(self) -> str:
        if self.reads_billing is None:
            return ""
        return f"It can{'' if self.reads_billing else 'not'} read billing accounts in {self.workspace}."

    @property
    def _changing(self) -> str:
        if self.role in _MANAGERS:
            return f"Its user is {self.role} there."
        if self.role:
            return f"Its user is {self.role} there: only owners and admins can change a workspace."
        if self.permissions:
            more = ", …" if len(self.permissions) > _MAX_SHOWN else ""
            return f"Its permissions: {', '.join(self.permissions[:_MAX_SHOWN])}{more}."
        return "Altostrat does not state what it can change, and may refuse changes."


def find(client: AltostratClient, token: BearerToken, workspaces: Sequence[Workspace]) -> Abilities:
    """Try the first workspace, with one or two reads. Their failures are not raised."""
    workspace = next((one for one in workspaces if one.id), None)
    if workspace is None or workspace.id is None:
        return Abilities()
    workspace_id = workspace.id
    readable = _answer(lambda: client.list_billing_accounts(workspace_id) is not None)
    # If Altostrat did not answer, it is not asked again: the person waits.
    user_id = token.user_id if readable is not None else ""
    role = _answer(lambda: _role(client, workspace_id, user_id)) if user_id else ""
    name = (workspace.name or workspace_id)[:_MAX_NAME_LENGTH]
    return Abilities(name, readable, role or "", token.permissions)


def _role(client: AltostratClient, workspace_id: str, user_id: str) -> str:
    members = client.call(LIST_WORKSPACE_MEMBERS, workspaceId=workspace_id).value.items
    return next((one.role or "" for one in members if one.user_id == user_id), "")


def _answer(ask: Callable[[], Any]) -> Any:
    """Return what `ask` returns, False if Altostrat refuses, and None if it does not answer."""
    try:
        return ask()
    except (NotAllowed, NotFound):
        return False
    except (AltostratError, InvalidIdentifier):
        return None
