"""Seats bought against seats used, per subscription and product, and how far each quantity can be reduced.

Use is present use: Altostrat provides no history. `spare` seats of each product are kept free. In pooled mode, a pool
counts once: what all accounts of the workspace buy, less what all organizations use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status import terms
from billing.services.savings import rules
from billing.services.savings.rules import Rule
from billing.services.savings.sent_reductions import SentReduction
from billing.services.workspaces.organization_tree import sum_quantities
from billing.services.workspaces.paid_usage import PaidUsage

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Seat:
    """One product of a subscription.

    `bought` and `used` are those of everything that shares the seats, None if unknown; `doubt` says why. `target` is
    the suggested quantity, None if there is none; `rule` says why. A target of 0 removes the product.
    """

    subscription: Subscription
    product: str
    quantity: int | None
    bought: int | None = None
    used: int | None = None
    spare: int = 0
    target: int | None = None
    rule: Rule | None = None
    doubt: str = ""

    @property
    def key(self) -> Key:
        return self.subscription.id or "", self.product

    @property
    def unused(self) -> int | None:
        """The unused quantity, without what is kept free."""
        return None if self.bought is None or self.used is None else max(self.bought - self.used, 0)

    @property
    def fewer(self) -> int:
        return (self.quantity or 0) - self.target if self.target is not None else 0


def bought_by(subscriptions: Iterable[Subscription], now: datetime) -> dict[str, int | None]:
    """Return what running subscriptions buy, by product; None if a quantity is missing."""
    return sum_quantities(
        {name: item.quantity for name, item in (one.product_quantities or {}).items()}
        for one in subscriptions
        if terms.is_running(one, now)
    )


def suggest(
    subscriptions: Sequence[Subscription],
    usage: PaidUsage,
    bought: Mapping[str, int | None],
    sent: Mapping[Key, SentReduction],
    *,
    spare: int,
    now: datetime,
    doubt: str = "",
) -> tuple[Seat, ...]:
    """Return the seats of all running subscriptions. `bought` is what covers the use; `doubt` says why it is not known.

    The largest quantities are reduced first.
    """
    running = [one for one in subscriptions if terms.is_running(one, now)]
    seats = [
        _seat(one, product, usage, bought, sent, spare, now, doubt)
        for one in running
        for product in one.product_quantities or {}
    ]
    left: dict[str, int] = {
        one.product: max(one.bought - one.used - spare, 0)
        for one in seats
        if one.bought is not None and one.used is not None
    }
    for index in sorted(range(len(seats)), key=lambda index: -(seats[index].quantity or 0)):
        seats[index] = _reduced(seats[index], seats, left)
    return tuple(seats)


def _seat(
    one: Subscription,
    product: str,
    usage: PaidUsage,
    bought: Mapping[str, int | None],
    sent: Mapping[Key, SentReduction],
    spare: int,
    now: datetime,
    doubt: str,
) -> Seat:
    item = (one.product_quantities or {})[product]
    use, total = usage.of(product), bought.get(product)
    if not doubt and total is None:
        doubt = "Altostrat does not provide all bought quantities."
    seat = Seat(
        one,
        product,
        item.quantity,
        None if doubt else total,
        None if use.doubt else use.total,
        spare,
        rule=rules.of_subscription(one, now) or rules.of_item(one, product),
        doubt=doubt or use.doubt,
    )
    if (reduction := sent.get(seat.key)) is not None and seat.rule is None:
        rule = rules.reduction_sent(reduction.before, reduction.after, reduction.at, now)
        return replace(seat, rule=rule)
    return seat


def _reduced(seat: Seat, seats: Sequence[Seat], left: dict[str, int]) -> Seat:
    """Return the seat with its target, or the rule why it has none. Deduct from what is left to reduce."""
    if seat.rule is not None or seat.doubt or seat.quantity is None:
        return seat
    assert seat.used is not None
    assert seat.bought is not None  # there is no doubt
    if seat.used > seat.bought:
        return replace(seat, rule=rules.over_used(seat.used, seat.bought))
    others = (one for one in seats if one.subscription is seat.subscription and one is not seat)
    stays = any(one.quantity if one.target is None else one.target for one in others)
    fewer = min(left[seat.product], seat.quantity - (0 if stays else 1))
    if fewer <= 0:
        rule = rules.ALL_USED if not left[seat.product] or seat.quantity > 1 else rules.ONE_STAYS
        return replace(seat, rule=rule)
    left[seat.product] -= fewer
    return replace(seat, target=seat.quantity - fewer)
