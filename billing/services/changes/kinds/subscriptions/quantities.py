"""Changing the products of a subscription: replacing all quantities, adding products, removing products.

https://altostrat.io/docs/api/en/subscriptions/update-a-subscription
"""

from __future__ import annotations

from typing import Any, Final

from billing.labels import label
from billing.services.changes.kind import Draft, Found, Payload, State, former_values, is_same
from billing.services.changes.kinds.subscriptions.states import (
    PRODUCT,
    SubscriptionKind,
    day,
    preview_items,
    products_in,
)


def changed_quantities(payload: Payload) -> dict[str, tuple[int, int]]:
    """Return the quantity before and after of each product that changes; 0 if it is not subscribed."""
    before, after = products_in(payload.before), products_in(payload.merged)
    pairs = {name: (before.get(name, 0), after.get(name, 0)) for name in sorted({*before, *after})}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _list(names: list[str]) -> str:
    words = [label(f"{PRODUCT}{name}").lower() for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


class _QuantityKind(SubscriptionKind):
    reads = ("status", PRODUCT)
    needs_reason = True

    def writes(self, name: str) -> bool:
        return name.startswith(PRODUCT)

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        """Return what follows according to Altostrat's guide."""
        changed = changed_quantities(payload)
        increased = [name for name, (old, new) in changed.items() if new > old]
        decreased = [name for name, (old, new) in changed.items() if new < old]
        end = payload.before.get("_period_end")
        when = f"in the next period, which begins on {day(end)}" if end else "in the next period"
        sentences = []
        if increased:
            sentences.append(
                f"More {_list(increased)}: effective immediately. The rest of this period is prorated."
            )
        if decreased:
            sentences.append(
                f"Fewer {_list(decreased)}: effective {when}. Until then, Altostrat may show the old quantity."
            )
            sentences.append("Altostrat refuses a quantity below what is in use.")
        return tuple(sentences)

    def blocked_reason(self, payload: Payload) -> str:
        products, known = products_in(payload.merged), payload.before.get("_products")
        if known is None:
            return "Altostrat does not list the products of this subscription, so the effect of a change is unknown."
        if not products:
            return "A subscription needs at least one product. To end it, cancel it."
        # A replacement cannot contain products without a quantity, so it would remove them.
        missing = [
            name for name in known if f"{PRODUCT}{name}" not in payload.wanted and name not in products
        ]
        if missing:
            return f"Altostrat does not provide the quantity of {_list(missing)}."
        bad = [name for name, quantity in products.items() if not isinstance(quantity, int) or quantity < 1]
        return f"Enter at least 1 for {_list(bad)}." if bad else ""

    def preview_body(self, payload: Payload) -> dict[str, Any]:
        return {"subscription_id": payload.ids["subscription_id"], "items": preview_items(payload)}

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        """Compare the quantities. An increase is visible immediately; a decrease possibly only in the next period."""
        if now is None:
            return Found.CANNOT_TELL
        present, changed = products_in(now), changed_quantities(payload)
        if all(present.get(name, 0) == new for name, (_, new) in changed.items()):
            return Found.APPLIED
        increased = {name: new for name, (old, new) in changed.items() if new > old}
        if increased and all(present.get(name, 0) == new for name, new in increased.items()):
            return Found.APPLIED
        if increased and all(present.get(name, 0) == old for name, (old, _) in changed.items()):
            return Found.NOT_APPLIED
        return Found.CANNOT_TELL

    def inverse(self, payload: Payload) -> Draft | None:
        """Return None while a decrease has not taken effect yet, so that the old quantity is still there."""
        now, merged = payload.now, payload.merged
        if now is not None and any(not is_same(now.get(name), merged[name]) for name in payload.changed):
            return None
        return former_values(ReplaceQuantities.verb, payload)


class ReplaceQuantities(_QuantityKind):
    verb = "subscription.replace_quantities"
    title = "Change quantities"
    button = "Change quantities"
    success_message = "Quantities changed"

    def body(self, payload: Payload) -> dict[str, Any]:
        """Return all products, because Altostrat removes those that are left out."""
        return {"product_quantities": products_in(payload.merged)}


class AddProducts(_QuantityKind):
    verb = "subscription.add_products"
    title = "Add products"
    button = "Add products"
    success_message = "Products added"

    def body(self, payload: Payload) -> dict[str, Any]:
        return {"add_products": products_in(payload.wanted)}

    def blocked_reason(self, payload: Payload) -> str:
        """Allow only new products: for others, it is not documented whether the quantity is added or replaced."""
        known = payload.before.get("_products") or ()
        subscribed = [name for name in products_in(payload.wanted) if name in known]
        return super().blocked_reason(payload) or (
            f"Already subscribed: {_list(subscribed)}. Change the quantities instead." if subscribed else ""
        )


class RemoveProducts(_QuantityKind):
    verb = "subscription.remove_products"
    title = "Remove products"
    button = "Remove products"
    success_message = "Products removed"

    def body(self, payload: Payload) -> dict[str, Any]:
        removed = [name.removeprefix(PRODUCT) for name, value in payload.wanted.items() if value is None]
        return {"remove_products": sorted(removed)}


REPLACE: Final = ReplaceQuantities()
ADD: Final = AddProducts()
REMOVE: Final = RemoveProducts()
