"""The operations of the contract: method, path, required role and handler. Handlers register themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from billing.sandbox.calls import Call, Reply

Handler = Callable[[Call], Reply]


class Route(NamedTuple):
    """One operation. `min_role` is the lowest role that may call it; `queries` are its query parameters."""

    method: str
    template: str
    handler: Handler
    min_role: str
    takes_body: bool
    queries: frozenset[str]

    @property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.template)
        text = "".join(
            f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
        )
        return re.compile(text)


class Match(NamedTuple):
    """A route and the values of its parameters."""

    route: Route
    ids: dict[str, str]


_ROUTES: Final[list[Route]] = []


def operation(
    method: str,
    template: str,
    min_role: str = "viewer",
    *,
    takes_body: bool = False,
    queries: frozenset[str] = frozenset(),
) -> Callable[[Handler], Handler]:
    """Make a function the handler of an operation."""

    def register(handler: Handler) -> Handler:
        _ROUTES.append(Route(method, template, handler, min_role, takes_body, queries))
        return handler

    return register


def find(method: str, path: str) -> Match | tuple[str, ...]:
    """Return the operation, or the methods that the path allows: none if the path does not exist."""
    methods = []
    template = ""
    for pattern, route in _compiled():
        found = pattern.fullmatch(path)
        if found is None or (template and route.template != template):
            continue
        template = route.template
        if route.method == method:
            return Match(route, {name: unquote(value) for name, value in found.groupdict().items()})
        methods.append(route.method)
    return tuple(methods)


@cache
def _compiled() -> list[tuple[re.Pattern[str], Route]]:
    # "usage.csv" is not the id of an organization, so templates with fewer parameters come first.
    routes = sorted(_ROUTES, key=lambda route: route.template.count("{"))
    return [(route.pattern, route) for route in routes]
