"""The products that the lines of an invoice charge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from billing.altostrat.resources.invoices import InvoiceLine
from billing.altostrat.resources.subscriptions import Subscription
from billing.labels import PRODUCTS


def products_by_price(subscriptions: Iterable[Subscription]) -> Mapping[str, str]:
    """Return the product of each price ID that is subscribed, without those of several products."""
    found: dict[str, str] = {}
    for one in subscriptions:
        for product, item in (one.product_quantities or {}).items():
            if item.price_id:
                found[item.price_id] = product if found.get(item.price_id, product) == product else ""
    return {price_id: product for price_id, product in found.items() if product}


def product_of(line: InvoiceLine, by_price: Mapping[str, str]) -> str:
    """Return the product of the price of a line, else the one that the line names; empty if neither is known."""
    name = (line.product_name or "").strip().casefold()
    named = (key for key, label in PRODUCTS.items() if name in {key, label.casefold()})
    return by_price.get(line.price_id or "") or next(named, "")
