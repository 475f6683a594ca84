"""A subscription as a flat state: `status`, `product.locations`, `metadata.project_id`."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.operation import Operation
from billing.altostrat.operations.subscriptions import RETRIEVE_SUBSCRIPTION, UPDATE_SUBSCRIPTION
from billing.altostrat.resources.subscriptions import Subscription
from billing.labels import SUBSCRIPTION_STATUSES
from billing.services import dates
from billing.services.changes.kind import Ids, Kind, Payload, State

PRODUCT: Final = "product."
PAIR: Final = "metadata."
ENDED: Final = frozenset({"canceled", "incomplete_expired"})
# Stands for the end of a period if Altostrat does not state its date.
END_OF_PERIOD: Final = "period"


def state_of(subscription: Subscription) -> State:
    """Return all fields. `_products` are the subscribed products, including those without a quantity."""
    items = subscription.product_quantities
    end = subscription.current_period_end
    return {
        "status": subscription.status,
        **{f"{PRODUCT}{name}": item.quantity for name, item in sorted((items or {}).items())},
        **{f"{PAIR}{name}": _plain(value) for name, value in (subscription.metadata or {}).items()},
        "_products": None if items is None else sorted(items),
        "_intervals": {name: item.interval for name, item in (items or {}).items() if item.interval},
        "_period_end": end.isoformat() if end else None,
    }


def _plain(value: Any) -> Any:
    """Return a value with the numbers of a request, with which it is compared, and which can be stored as JSON."""
    match value:
        case Decimal():
            return float(value)
        case list():
            return [_plain(inner) for inner in value]
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case _:
            return value


def part_of(state: State, *prefixes: str) -> State:
    """Return the fields with these prefixes, and the facts for the kind. Other fields do not matter for the change."""
    return {name: value for name, value in state.items() if name.startswith(("_", *prefixes))}


def products_in(state: State) -> dict[str, Any]:
    """Return quantities by product, without products that have none."""
    return _with_prefix(PRODUCT, state)


def pairs_in(state: State) -> dict[str, Any]:
    """Return the metadata, without pairs that have no value."""
    return _with_prefix(PAIR, state)


def day(iso: str) -> str:
    """Return "14 Dec 2026", in the reader's zone."""
    return dates.format_day(timezone.localtime(datetime.fromisoformat(iso)))


def preview_items(payload: Payload) -> list[dict[str, Any]]:
    """Return every product with its new quantity. Only in a preview does a quantity of 0 remove a product."""
    wanted, intervals = products_in(payload.merged), payload.before.get("_intervals", {})
    names = sorted({*wanted, *(payload.before.get("_products") or ())})
    return [
        {"product_type": name, "quantity": wanted.get(name, 0)}
        | ({"interval": intervals[name]} if name in intervals else {})
        for name in names
    ]


def _with_prefix(prefix: str, state: State) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): value
        for name, value in state.items()
        if name.startswith(prefix) and value is not None
    }


class SubscriptionKind(Kind):
    """A change of a subscription. `reads` are the prefixes of the fields that it needs."""

    operation: Operation[Any] = UPDATE_SUBSCRIPTION
    reads: tuple[str, ...] = ()

    def read(self, client: AltostratClient, ids: Ids) -> State:
        return part_of(state_of(client.call(RETRIEVE_SUBSCRIPTION, **ids).value), *self.reads)

    def subject(self, payload: Payload) -> str:
        return {**payload.ids, **payload.result_ids}.get("subscription_id", "")

    def show(self, name: str, value: Any) -> str:
        if name.startswith(PRODUCT):
            return (
                "not subscribed" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
            )
        if name == "ends":
            if not value:
                return "no end set"
            return "at the end of the period" if value == END_OF_PERIOD else day(value)
        if value is None:
            return ""
        if name == "status":
            return SUBSCRIPTION_STATUSES.get(value, str(value))
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
