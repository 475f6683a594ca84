"""The description of an operation: method, path, parameters, and how to read its response."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from billing.altostrat import owners
from billing.altostrat.errors import AltostratError
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.identifiers import checked, pattern

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=AltostratError)

# None: an id of the identity provider, see `identifiers`.
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
    """One operation.

    `parse` turns the JSON of a success into its value, or raises `fields.WrongShape`. With `media_types`, a success is
    a file instead, and its value is the body. `identity` maps fields of the response (of each item in a list) to the
    path parameters that they must repeat, and `is_about_relatives` marks a response about other objects than the last
    one in the path. `query` contains the documented query parameters. `is_repeatable` marks a POST that changes
    nothing.
    """

    name: str
    method: str
    path_template: str
    parse: Callable[[object], T_co]
    identity: Mapping[str, str] = field(default_factory=dict)
    is_listing: bool = False
    is_about_relatives: bool = False
    query: frozenset[str] = frozenset()
    is_repeatable: bool = False
    media_types: frozenset[str] = frozenset()

    @property
    def is_read(self) -> bool:
        """Whether the operation changes nothing, so that it is safe to retry."""
        return self.method == "GET" or self.is_repeatable

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset(_parameters_of(self.path_template))

    def path(self, parameters: Mapping[str, str], query: Mapping[str, str] | None = None) -> str:
        """Return the percent-encoded path and query. Raise InvalidIdentifier, and TypeError for a wrong set of names.

        `parameters` has the portal's names ("workspace_id") or those of the template ("workspaceId").
        """
        parameters, names = wire_names(parameters), _parameters_of(self.path_template)
        if parameters.keys() != set(names):
            raise TypeError(f"{self.name} takes {sorted(names)}, not {sorted(parameters)}.")
        if query and not self.query.issuperset(query):
            raise TypeError(f"{self.name} takes the query {sorted(self.query)}, not {sorted(query)}.")
        path = _filled(self.path_template, *map(parameters.__getitem__, names))
        return f"{path}?{urlencode(query)}" if query else path

    def error(
        self, kind: type[E], reason: FailureReason, status: int | None = None, request_id: str | None = None
    ) -> E:
        """Return the error of a call to this operation."""
        return kind(self.method, self.path_template, status, request_id, reason)

    def target(self, parameters: Mapping[str, str]) -> str:
        """Return the workspace or billing account of a call. If its calls hang, those about others are not affected."""
        ids = wire_names(parameters)
        return f"{ids.get('workspaceId', '')}/{ids.get('billingAccountId', '')}"

    def is_about(self, document: object, parameters: Mapping[str, str]) -> bool:
        """Return whether the response is about the requested object. A missing or null field is no contradiction."""
        data = document.get("data") if self.is_listing and isinstance(document, dict) else [document]
        objects = data if isinstance(data, list) else []
        parameters = wire_names(parameters)
        for item in objects:
            if isinstance(item, dict):
                for name, parameter in self.identity.items():
                    value, id_ = item.get(name), parameters[parameter]
                    # Links need the object's own ID as it is.
                    if value not in (None, id_) and (name == "id" or not owners.is_same(value, id_)):
                        return False
        return True

    def owner_ids(
        self, parameters: Mapping[str, str], body: Mapping[str, object] | None = None
    ) -> Mapping[str, str]:
        """Return the ids in the request by kind, such as "ws", which the response must not contradict: see `owners`."""
        names = _parameters_of(self.path_template)
        parameters, ids = wire_names(parameters), owners.ids_in(body) if body else {}
        for name in names[:-1] if self.is_about_relatives else names:
            if prefix := _PREFIXES[name]:
                ids[prefix.removesuffix("_")] = parameters[name]
        return ids


def pattern_of(parameter: str) -> str:
    """Return the regular expression of a path parameter ("workspaceId"), as in JSON Schema."""
    return pattern(_PREFIXES[parameter])


class WireNames(dict[str, str]):
    """IDs by their names in path templates."""


def wire_names(ids: Mapping[str, str]) -> WireNames:
    """Rename ids as in path templates: "billing_account_id" becomes "billingAccountId"."""
    if isinstance(ids, WireNames):
        return ids
    return WireNames(zip(map(_camel_case, ids), ids.values(), strict=True))


def portal_names(parameters: Mapping[str, str]) -> dict[str, str]:
    """Rename path parameters as in the portal: "billingAccountId" becomes "billing_account_id"."""
    return dict(zip(map(portal_name, parameters), parameters.values(), strict=True))


# Every call needs these few names and templates.
@lru_cache(maxsize=64)
def _camel_case(name: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), name)


@lru_cache(maxsize=64)
def portal_name(name: str) -> str:
    return re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", name)


@lru_cache(maxsize=256)
def _parameters_of(path_template: str) -> tuple[str, ...]:
    return tuple(_PARAMETER.findall(path_template))


# A read needs its path twice: to check the IDs, and to call.
@lru_cache(maxsize=1024)
def _filled(path_template: str, *values: str) -> str:
    path = path_template
    for name, value in zip(_parameters_of(path_template), values, strict=True):
        path = path.replace(f"{{{name}}}", _encoded(name, value))
    return path


def or_nothing(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Make `read` accept a response without a body, because any 2xx means that a write succeeded."""
    return lambda document: None if document is None else read(document)


def nothing(document: object) -> None:
    """Ignore the body of a response whose status says everything."""


def _encoded(name: str, value: str) -> str:
    prefix = _PREFIXES[name]
    text = checked(name, value, prefix)
    return quote(text, safe="") if prefix is None else text  # the other ids need no encoding
