"""The operations of Altostrat's API that the portal uses, one row each.

A new one is a row here, and a one-line method in `client`. Names are Altostrat's operation ids; path
parameters are named as in its documentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar
from urllib.parse import quote

from billing.altostrat.identifiers import checked
from billing.altostrat.resources import BillingAccount, Listing, Workspace

T_co = TypeVar("T_co", covariant=True)

_PREFIXES: Final = {"workspaceId": "ws_", "billingAccountId": "cus_"}
_PARAMETER: Final = re.compile(r"\{(\w+)\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Operation(Generic[T_co]):
    """One operation. `parse` turns the JSON of a success into its value, and raises `fields.WrongShape`.

    `identity` names the fields of the answer (of each item, in a listing) that must repeat a path parameter.
    """

    name: str
    method: str
    path_template: str
    parse: Callable[[object], T_co]
    identity: Mapping[str, str] = field(default_factory=dict)
    is_listing: bool = False

    def path(self, parameters: Mapping[str, str]) -> str:
        """The path, percent-encoded. Raises InvalidIdentifier, and TypeError on a wrong set of names."""
        expected = set(_PARAMETER.findall(self.path_template))
        if expected != set(parameters):
            raise TypeError(f"{self.name} takes {sorted(expected)}, not {sorted(parameters)}.")
        return _PARAMETER.sub(lambda match: _encoded(match[1], parameters[match[1]]), self.path_template)

    def is_about(self, document: object, parameters: Mapping[str, str]) -> bool:
        """Whether an answer is about what was asked for. A missing or null field says nothing against it."""
        data = document.get("data") if self.is_listing and isinstance(document, dict) else [document]
        objects = data if isinstance(data, list) else []
        return all(
            item.get(name) in (None, parameters[parameter])
            for item in objects
            if isinstance(item, dict)
            for name, parameter in self.identity.items()
        )


def _encoded(name: str, value: str) -> str:
    return quote(checked(name, value, _PREFIXES[name]), safe="")


# https://altostrat.io/docs/api/en/workspaces/list-workspaces
LIST_WORKSPACES: Final[Operation[Listing[Workspace]]] = Operation(
    name="list_workspaces",
    method="GET",
    path_template="/workspaces",
    parse=Listing.reader(Workspace.from_json),
    is_listing=True,
)

# https://altostrat.io/docs/api/en/workspaces/retrieve-a-workspace
RETRIEVE_WORKSPACE: Final[Operation[Workspace]] = Operation(
    name="retrieve_workspace",
    method="GET",
    path_template="/workspaces/{workspaceId}",
    parse=Workspace.from_json,
    identity={"id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/billing-accounts/list-billing-accounts
LIST_BILLING_ACCOUNTS: Final[Operation[Listing[BillingAccount]]] = Operation(
    name="list_billing_accounts",
    method="GET",
    path_template="/workspaces/{workspaceId}/billing-accounts",
    parse=Listing.reader(BillingAccount.from_json),
    is_listing=True,
    identity={"workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/billing-accounts/retrieve-a-billing-account
RETRIEVE_BILLING_ACCOUNT: Final[Operation[BillingAccount]] = Operation(
    name="retrieve_billing_account",
    method="GET",
    path_template="/workspaces/{workspaceId}/billing-accounts/{billingAccountId}",
    parse=BillingAccount.from_json,
    identity={"id": "billingAccountId", "workspace_id": "workspaceId"},
)
