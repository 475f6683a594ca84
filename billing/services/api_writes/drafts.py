"""Which change the documented body of a write is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from billing.altostrat.operations.operation import Operation
from billing.services.api_writes.write import Write
from billing.services.changes import KINDS, Draft, Kind, State
from billing.services.changes.kind import UNDOCUMENTED
from billing.services.changes.kinds.subscriptions import ADD, METADATA, REMOVE, REPLACE
from billing.services.changes.kinds.subscriptions.states import PAIR, PRODUCT

# Altostrat accepts one kind of change of a subscription in a request. Metadata may accompany a replacement.
_BY_FIELD: Final = {
    "product_quantities": REPLACE.verb,
    "add_products": ADD.verb,
    "remove_products": REMOVE.verb,
    "metadata": METADATA.verb,
}
_PREFIXES: Final = {
    "product_quantities": PRODUCT,
    "add_products": PRODUCT,
    "metadata": PAIR,
    "address": "address.",
}


def kinds_of(operation: Operation[Any]) -> tuple[Kind, ...]:
    """Return the kinds of change that an operation makes; none if it is not a write of the portal."""
    return tuple(kind for kind in KINDS.values() if kind.operation is operation)


def draft_of(write: Write) -> Draft:
    """Return the draft of a write."""
    body = write.body or {}
    kinds = kinds_of(write.operation)
    verb = kinds[0].verb if len(kinds) == 1 else _verb_of_subscription(body)
    return Draft(verb, write.ids, dict(_fields(body, write.undocumented)))


def with_omissions(draft: Draft, before: State) -> Draft:
    """Return the draft with the products that a replacement removes by leaving them out."""
    if draft.verb != REPLACE.verb:
        return draft
    omitted = {name: None for name in before if name.startswith(PRODUCT) and name not in draft.wanted}
    return Draft(draft.verb, draft.ids, {**draft.wanted, **omitted})


def _verb_of_subscription(body: Mapping[str, Any]) -> str:
    if "action" in body:
        return f"subscription.{body['action']}"
    return next(verb for name, verb in _BY_FIELD.items() if name in body)


def _fields(body: Mapping[str, Any], undocumented: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of the flat state."""
    for name, value in body.items():
        if name in undocumented:
            yield f"{UNDOCUMENTED}{name}", value
        elif name in _PREFIXES:
            for key, inner in value.items():
                path = f"{name}.{key}"
                is_known = path not in undocumented
                yield f"{_PREFIXES[name]}{key}" if is_known else f"{UNDOCUMENTED}{path}", inner
        elif name == "remove_products":
            yield from ((f"{PRODUCT}{product}", None) for product in value)
        elif name != "action":
            yield name, value
