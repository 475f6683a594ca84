"""Seats bought and used as a table: a row for each product of each running subscription."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from urllib.parse import urlencode

from billing.amounts import Amount
from billing.labels import PRODUCTS
from billing.pages.frame.account_ids import AccountIds
from billing.pages.rendering.tags import address_of
from billing.pages.tables.table import Column, Kind, Table
from billing.services.changes.kinds.subscriptions.states import PRODUCT
from billing.services.savings.prices import NoPrice, Price
from billing.services.savings.report import Report
from billing.services.savings.suggestions import Seat


def savings_table(report: Report, account: AccountIds, *, can_change: bool) -> Table[Seat]:
    columns: tuple[Column[Seat], ...] = (
        Column(
            "product",
            "Product",
            _product,
            note=partial(_shared, report),
            link=partial(_link, report, account, can_change),
        ),
        Column("subscription", "Subscription", lambda seat: seat.subscription.id, Kind.ID),
        Column("quantity", "Quantity", lambda seat: seat.quantity, Kind.INTEGER, empty_label="not provided"),
        Column(
            "bought",
            "Bought",
            lambda seat: seat.bought,
            Kind.INTEGER,
            empty_label="unknown",
            is_on_page=False,
        ),
        Column("used", "Used", lambda seat: seat.used, Kind.INTEGER, empty_label="not known"),
        Column("unused", "Unused", lambda seat: seat.unused, Kind.INTEGER, empty_label="not known"),
        Column(
            "target",
            "Suggested quantity",
            partial(_target, report),
            Kind.INTEGER,
            empty_label="no suggestion",
        ),
        Column(
            "saving",
            "Saving on the next bill",
            partial(_saving, report),
            Kind.MONEY,
            empty_label="no saving",
        ),
        Column("rule", "Rule", partial(_rule, report), note=partial(_reason, report)),
        Column("reason", "Reason", partial(_reason, report), is_on_page=False),
    )
    return Table(
        "savings",
        "Seats bought and used",
        columns,
        report.seats,
        about=(account["billing_account_id"],),
        as_of=min(answer.received_at for answer in report.answers),
    )


def change_url(seats: Iterable[Seat], account: AccountIds) -> str:
    """Return the URL of the form for quantities, with the suggested ones; empty for a subscription without an ID."""
    rows = tuple(seats)
    ids = (account["workspace_id"], account["billing_account_id"], rows[0].subscription.id)
    url = address_of("subscription-change-form", *ids, "quantities")
    query = urlencode({f"{PRODUCT}{seat.product}": seat.target or "" for seat in rows})
    return f"{url}?{query}" if url else ""


def is_saving(report: Report, seat: Seat) -> bool:
    price = report.price(seat)
    return isinstance(price, Price) and price.saving > 0


def _link(report: Report, account: AccountIds, can_change: bool, seat: Seat) -> str:
    return change_url([seat], account) if can_change and is_saving(report, seat) else ""


def _product(seat: Seat) -> str:
    return PRODUCTS.get(seat.product, seat.product)


def _shared(report: Report, seat: Seat) -> str:
    """Say how many seats share the use, if they are more than those of this subscription."""
    if seat.bought is None or seat.bought == seat.quantity:
        return ""
    return f"{seat.bought:,} bought {'in the pool' if report.usage.is_pooled else 'in all subscriptions'}"


def _target(report: Report, seat: Seat) -> int | None:
    return None if isinstance(report.price(seat), Price) and not is_saving(report, seat) else seat.target


def _saving(report: Report, seat: Seat) -> Amount | None:
    price = report.price(seat)
    return Amount(price.saving, price.currency) if isinstance(price, Price) and price.saving > 0 else None


def _rule(report: Report, seat: Seat) -> str:
    price = report.price(seat)
    if seat.rule is not None:
        return seat.rule.name
    if seat.doubt or seat.quantity is None:
        return "Not known"
    if isinstance(price, NoPrice):
        return "Refused" if price.is_refusal else "Not priced"
    return "" if is_saving(report, seat) else "Costs as much"


def _reason(report: Report, seat: Seat) -> str:
    price = report.price(seat)
    if seat.rule is not None:
        return seat.rule.sentence
    if seat.doubt or seat.quantity is None:
        return seat.doubt or "Altostrat does not provide the quantity."
    if isinstance(price, NoPrice):
        return price.reason
    if not isinstance(price, Price):
        return ""
    if price.saving > 0:
        return f"Of this, {Amount(price.once, price.currency)} once, from prorations." if price.once else ""
    more = Amount(-price.saving, price.currency)
    return f"The next bill would be {more} higher." if price.saving else "The next bill would be the same."
