"""What an operation of Altostrat's API is: method, path, what it takes, and how its answer is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from billing.altostrat.identifiers import checked

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

# `None` stands for an id of the identity provider: see `identifiers`.
_PREFIXES: Final[Mapping[str, str | None]] = {
    "workspaceId": "ws_",
    "billingAccountId": "cus_",
    "subscriptionId": "sub_",
    "paymentMethodId": "pm_",
    "organizationId": "org_",
    "memberId": None,
}
_PARAMETER: Final = re.compile(r"\{(\w+)\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Operation(Generic[T_co]):
    """One operation. `parse` turns the JSON of a success into its value, and raises `fields.WrongShape`; where
    `media_types` is not empty, success is no JSON, and its value is the body itself.

    `identity` names the fields of the answer (of each item, in a listing) that must repeat a path parameter, `query`
    the query keys that the operation documents. `is_repeatable` is a POST that changes nothing.
    """

    name: str
    method: str
    path_template: str
    parse: Callable[[object], T_co]
    identity: Mapping[str, str] = field(default_factory=dict)
    is_listing: bool = False
    query: frozenset[str] = frozenset()
    is_repeatable: bool = False
    media_types: frozenset[str] = frozenset()

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing, and so may be asked again."""
        return self.method == "GET" or self.is_repeatable

    @property
    def parameters(self) -> frozenset[str]:
        """The names in the path template."""
        return frozenset(_PARAMETER.findall(self.path_template))

    def path(self, parameters: Mapping[str, str], query: Mapping[str, str] | None = None) -> str:
        """The path and query, percent-encoded. `parameters` are the portal's names of ids ("workspace_id") or the
        template's ("workspaceId"). Raises InvalidIdentifier, and TypeError on a wrong set of names."""
        parameters = _wire_names(parameters)
        if self.parameters != set(parameters):
            raise TypeError(f"{self.name} takes {sorted(self.parameters)}, not {sorted(parameters)}.")
        if not self.query.issuperset(query or ()):
            raise TypeError(f"{self.name} takes the query {sorted(self.query)}, not {sorted(query or ())}.")
        path = _PARAMETER.sub(lambda match: _encoded(match[1], parameters[match[1]]), self.path_template)
        return f"{path}?{urlencode(query)}" if query else path

    def is_about(self, document: object, parameters: Mapping[str, str]) -> bool:
        """Whether an answer is about what was asked for. A missing or null field says nothing against it."""
        data = document.get("data") if self.is_listing and isinstance(document, dict) else [document]
        objects = data if isinstance(data, list) else []
        parameters = _wire_names(parameters)
        return all(
            item.get(name) in (None, parameters[parameter])
            for item in objects
            if isinstance(item, dict)
            for name, parameter in self.identity.items()
        )


def _wire_names(ids: Mapping[str, str]) -> dict[str, str]:
    """Ids by the names of path templates: "billing_account_id" is "billingAccountId" there."""
    return {re.sub("_([a-z])", lambda match: match[1].upper(), name): value for name, value in ids.items()}


def or_nothing(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """`read`, for an answer that may come without a body: any 2xx of a write is a success."""
    return lambda document: None if document is None else read(document)


def nothing(document: object) -> None:
    """The reading of an answer that says no more than its status."""


def _encoded(name: str, value: str) -> str:
    return quote(checked(name, value, _PREFIXES[name]), safe="")
