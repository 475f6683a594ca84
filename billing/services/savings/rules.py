"""The rules that forbid to reduce a quantity, as far as Altostrat's contract or data states them.

    Canceled              the subscription ends, so there is no next bill to reduce
    Pending change        a change waits for its payment, a schedule may change the subscription, or a reduction was
                          already sent and takes effect in the next period
    Paused                no invoices are created
    Undocumented field    Altostrat sends a field whose name says that it may set a minimum, a commitment or a lock
    Unknown quantities    the kind of change that replaces quantities refuses, because something is missing
    At least one product  a subscription keeps a product with a quantity of at least 1

That a quantity cannot be lower than present use is a rule as well: suggestions are never below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status import terms
from billing.services.billing_accounts.status.statements import format_day
from billing.services.billing_accounts.status.subscriptions import FINISHED_SCHEDULES

_LIMITS: Final = re.compile(r"minim|(^|_)min_|commit|contract|read_?only|(^|_)lock|annual", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    sentence: str


ALL_USED: Final = Rule("Present use", "Everything that is bought is used or kept free.")
ONE_STAYS: Final = Rule(
    "At least one product",
    "A subscription keeps a product with a quantity of at least 1. To end it, cancel it.",
)


def over_used(used: int, bought: int) -> Rule:
    return Rule("Present use", f"More is used ({used:,}) than bought ({bought:,}).")


def reduction_sent(before: int, after: int, at: datetime | None, now: datetime) -> Rule:
    when = f" on {format_day(at, now)}" if at else ""
    return Rule(
        "Pending change",
        f"A reduction from {before:,} to {after:,} was sent{when}. It takes effect in the next period.",
    )


def of_subscription(one: Subscription, now: datetime) -> Rule | None:
    """Return the rule that forbids every reduction of a running subscription."""
    return next(_of_subscription(one, now), None)


def of_item(one: Subscription, product: str) -> Rule | None:
    """Return the rule that forbids to reduce one product."""
    item = (one.product_quantities or {}).get(product)
    return _undocumented(item.extra) if item is not None else None


def _of_subscription(one: Subscription, now: datetime) -> Iterator[Rule]:
    if terms.is_ending(one, now) or one.stripe.canceled_at is not None:
        end = terms.ends_at(one)
        when = f"on {format_day(end, now)}" if end else "on an unknown date"
        yield Rule("Canceled", f"The subscription ends {when}.")
    if one.stripe.pending_update is not None:
        yield Rule("Pending change", "A change of the subscription waits for its payment.")
    schedule = one.stripe.schedule
    if schedule is not None and schedule.status not in FINISHED_SCHEDULES:
        yield Rule("Pending change", "A schedule can change or end the subscription.")
    if (pause := terms.pause_of(one, now)) is not None:
        yield Rule("Paused", pause.sentence(now))
    if (rule := _undocumented(one.extra)) is not None:
        yield rule


def _undocumented(fields: Mapping[str, object]) -> Rule | None:
    for name, value in fields.items():
        if _LIMITS.search(name) and value not in (None, False, 0, "", [], {}):
            return Rule(
                "Undocumented field",
                f"Altostrat sends “{name}”, which it does not document and which may forbid a reduction.",
            )
    return None
