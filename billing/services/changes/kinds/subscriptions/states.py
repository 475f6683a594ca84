"""A subscription as a flat state: `status`, `product.locations`, `metadata.project_id`; and the words for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.utils import timezone

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.subscriptions import RETRIEVE_SUBSCRIPTION
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.changes.kind import Ids, Payload, State, merged

PRODUCTS: Final[Mapping[str, str]] = MappingProxyType(
    {"locations": "Locations", "users": "Users", "sso": "Single sign-on"}
)
PRODUCT: Final = "product."
PAIR: Final = "metadata."
STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "active": "Active",
        "trialing": "In trial",
        "past_due": "Past due",
        "unpaid": "Unpaid",
        "incomplete": "Incomplete",
        "incomplete_expired": "Never started",
        "paused": "Paused",
        "canceled": "Cancelled",
    }
)
ENDED: Final = frozenset({"canceled", "incomplete_expired"})
# What ends with its period, when Altostrat does not say when that is.
SOME_DAY: Final = "period"


def state_of(subscription: Subscription) -> State:
    """All of it. `_products` are those that it has, also where no quantity is told."""
    items = subscription.product_quantities
    end = subscription.current_period_end
    return {
        "status": subscription.status,
        **{f"{PRODUCT}{name}": item.quantity for name, item in sorted((items or {}).items())},
        **{f"{PAIR}{name}": value for name, value in (subscription.metadata or {}).items()},
        "_products": None if items is None else sorted(items),
        "_intervals": {name: item.interval for name, item in (items or {}).items() if item.interval},
        "_period_end": end.isoformat() if end else None,
    }


def reader(*prefixes: str) -> Callable[[AltostratClient, Ids], State]:
    """Reads the fields with these prefixes, and the kinds' own facts: what else changes does not matter."""

    def read(client: AltostratClient, ids: Ids) -> State:
        return part_of(state_of(client.call(RETRIEVE_SUBSCRIPTION, **ids).value), *prefixes)

    return read


def part_of(state: State, *prefixes: str) -> State:
    """Some of a state."""
    return {name: value for name, value in state.items() if name.startswith(("_", *prefixes))}


def products_in(state: State) -> dict[str, Any]:
    """Quantities by product, those that are not there left out."""
    return _of(PRODUCT, state)


def pairs_in(state: State) -> dict[str, Any]:
    """The pairs of the metadata."""
    return _of(PAIR, state)


def label(name: str) -> str:
    """What people call a field."""
    if name.startswith(PRODUCT):
        product = name.removeprefix(PRODUCT)
        return PRODUCTS.get(product, product)
    if name.startswith(PAIR):
        return f"Metadata: {name.removeprefix(PAIR)}"
    return {"status": "Status", "ends": "Ends", "sync": "Synchronisation"}.get(name, name)


def show(name: str, value: Any) -> str:
    """A value as people write it."""
    if name.startswith(PRODUCT):
        return "not subscribed" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    if name == "ends":
        if not value:
            return "no end set"
        return "at the end of its period" if value == SOME_DAY else day(value)
    if value is None:
        return ""
    if name == "status":
        return STATUSES.get(value, str(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def subject(payload: Payload) -> str:
    """The subscription's id; none yet for one that is to be made."""
    return {**payload.ids, **payload.result_ids}.get("subscription_id", "")


def day(iso: str) -> str:
    """ "14 Dec 2026", in the reader's zone."""
    at = timezone.localtime(datetime.fromisoformat(iso))
    return f"{at.day} {at:%b} {at.year:04d}"


def preview_items(payload: Payload) -> list[dict[str, Any]]:
    """Every product as it is to be; 0 removes one, which is so in a preview and nowhere else."""
    wanted, intervals = products_in(merged(payload)), payload.before.get("_intervals", {})
    names = sorted({*wanted, *(payload.before.get("_products") or ())})
    return [
        {"product_type": name, "quantity": wanted.get(name, 0)}
        | ({"interval": intervals[name]} if name in intervals else {})
        for name in names
    ]


def _of(prefix: str, state: State) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): value
        for name, value in state.items()
        if name.startswith(prefix) and value is not None
    }
