"""Changing what is subscribed: all quantities, products that come, products that go.

https://altostrat.io/docs/api/en/subscriptions/update-a-subscription
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from billing.altostrat.operations.subscriptions import UPDATE_SUBSCRIPTION
from billing.services.changes.kind import Draft, Found, Kind, Payload, State, is_same, left_by, merged
from billing.services.changes.kinds.subscriptions.states import (
    PRODUCT,
    day,
    label,
    preview_items,
    products_in,
    reader,
    show,
    subject,
)


def _moved(payload: Payload) -> dict[str, tuple[int, int]]:
    """Product -> quantity before and after, of those that change; 0 where there is none."""
    before, after = products_in(payload.before), products_in(merged(payload))
    names = sorted({*before, *after})
    return {
        name: (before.get(name, 0), after.get(name, 0))
        for name in names
        if before.get(name, 0) != after.get(name, 0)
    }


def _consequences(payload: Payload) -> tuple[str, ...]:
    """What Altostrat's guide says of more and of less."""
    moved = _moved(payload)
    more = [name for name, (old, new) in moved.items() if new > old]
    less = [name for name, (old, new) in moved.items() if new < old]
    end = payload.before.get("_period_end")
    when = f"from the next period on, which begins {day(end)}" if end else "from the next period on"
    said = []
    if more:
        said.append(f"More {_list(more)}: at once. The rest of this period is charged in proportion.")
    if less:
        said.append(f"Fewer {_list(less)}: {when}. Altostrat may show the old quantity until then.")
        said.append("Altostrat refuses to go below what is in use.")
    return tuple(said)


def _list(names: list[str]) -> str:
    words = [label(f"{PRODUCT}{name}").lower() for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _obstacle(payload: Payload, *, own: Callable[[Payload], str] = lambda payload: "") -> str:
    products, known = products_in(merged(payload)), payload.before.get("_products")
    if known is None:
        return "Altostrat does not say what is subscribed, so nobody can tell what a change would do."
    if not products:
        return "A subscription needs at least one product. To end it, cancel it."
    # A replacement leaves out what has no number, and that would end it.
    untold = [name for name in known if f"{PRODUCT}{name}" not in payload.wanted and name not in products]
    if untold:
        return f"Altostrat does not say how many of these are subscribed: {_list(untold)}."
    bad = [name for name, quantity in products.items() if not isinstance(quantity, int) or quantity < 1]
    if bad:
        return f"A quantity has to be at least 1: {_list(bad)}."
    return own(payload)


def _is_new_only(payload: Payload) -> str:
    there = [name for name in products_in(payload.wanted) if name in (payload.before.get("_products") or ())]
    return f"Subscribed by now: {_list(there)}. Change the quantities instead." if there else ""


def _judge(payload: Payload, now: State | None) -> Found:
    """What becomes more is seen at once; what becomes less, perhaps only in the next period."""
    if now is None:
        return Found.CANNOT_TELL
    present, moved = products_in(now), _moved(payload)
    if all(present.get(name, 0) == new for name, (_, new) in moved.items()):
        return Found.APPLIED
    more = {name: pair for name, pair in moved.items() if pair[1] > pair[0]}
    if more and all(present.get(name, 0) == new for name, (_, new) in more.items()):
        return Found.APPLIED
    if more and all(present.get(name, 0) == old for name, (old, _) in moved.items()):
        return Found.NOT_APPLIED
    return Found.CANNOT_TELL


def _back(payload: Payload) -> Draft | None:
    after = merged(payload)
    moved = [
        name
        for name in after
        if name.startswith(PRODUCT) and not is_same(payload.before.get(name), after[name])
    ]
    if payload.now is not None and any(not is_same(payload.now.get(name), after[name]) for name in moved):
        # A decrease waits for the end of the period, and shows the old quantity until then: there is nothing yet that
        # the old one could be put in place of, and to send it would say "it is so already".
        return None
    old = {name: payload.before.get(name) for name in moved}
    return Draft("subscription.replace_quantities", payload.ids, old, opened=left_by(payload))


def _preview(payload: Payload) -> dict[str, Any]:
    return {"subscription_id": payload.ids["subscription_id"], "items": preview_items(payload)}


_quantity_kind = partial(
    Kind,
    operation=UPDATE_SUBSCRIPTION,
    subject=subject,
    label=label,
    show=show,
    read=reader("status", PRODUCT),
    needs_reason=True,
    consequences=_consequences,
    preview=_preview,
    judge=_judge,
    inverse=_back,
    writes=lambda name: name.startswith(PRODUCT),
)

REPLACE: Final[Kind] = _quantity_kind(
    verb="subscription.replace_quantities",
    title="Change quantities",
    button="Change the quantities",
    done="The quantities were changed.",
    # The whole set: what is left out goes.
    body=lambda payload: {"product_quantities": products_in(merged(payload))},
    obstacle=_obstacle,
)

ADD: Final[Kind] = _quantity_kind(
    verb="subscription.add_products",
    title="Add products",
    button="Add to the subscription",
    done="The products were added.",
    # Only what is not there: whether this raises a quantity by so many or to so many is not documented.
    body=lambda payload: {"add_products": products_in(payload.wanted)},
    obstacle=partial(_obstacle, own=_is_new_only),
)

REMOVE: Final[Kind] = _quantity_kind(
    verb="subscription.remove_products",
    title="Remove products",
    button="Remove from the subscription",
    done="The products were removed.",
    body=lambda payload: {
        "remove_products": sorted(
            name.removeprefix(PRODUCT) for name, value in payload.wanted.items() if value is None
        )
    },
    obstacle=_obstacle,
)
