"""The division of bills among organizations by use. All parts are integers in the smallest unit, and sum to the bill.

1. The lines of a product are divided by the quantity that each organization uses.
2. The discount is divided in proportion to the lines, and the tax in proportion to lines less discount.
3. The credit is deducted last, in proportion to the totals.

What cannot be assigned to an organization is a part of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from billing.altostrat.resources.invoices import InvoiceLine
from billing.altostrat.resources.organizations import Organization
from billing.services.costs.largest_remainder import divide
from billing.services.costs.products import product_of
from billing.services.invoices.comparison import Bill
from billing.services.workspaces.paid_usage import PaidUsage

UNNAMED_LINE: Final = "Altostrat does not provide the product of this line."
NOT_USED: Final = "No organization uses it."
NOTHING_TO_FOLLOW: Final = "The amounts that it follows sum to zero."
NOT_EXPLAINED: Final = "The lines, discount and tax of the invoice do not add up to its total."


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a bill that an organization causes with a product. Discount and credit are negative.

    Without an organization, it is not assigned, and `reason` says why. `product` is a key such as "users"; without one,
    `name` is the name of a line or amount.
    """

    currency: str
    organization: Organization | None = None
    product: str = ""
    name: str = ""
    used: int | None = None
    charges: int = 0
    discount: int = 0
    tax: int = 0
    rest: int = 0
    credit: int = 0
    reason: str = ""

    @property
    def net(self) -> int:
        return self.charges + self.discount

    @property
    def total(self) -> int:
        return self.net + self.tax + self.rest

    @property
    def due(self) -> int:
        return self.total + self.credit

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        organization_id = (self.organization.id or "") if self.organization else ""
        return self.currency, organization_id, self.product, self.name, self.reason

    def plus(self, other: Part) -> Part:
        return replace(
            self,
            charges=self.charges + other.charges,
            discount=self.discount + other.discount,
            tax=self.tax + other.tax,
            rest=self.rest + other.rest,
            credit=self.credit + other.credit,
        )


def divide_bills(bills: Iterable[Bill], usage: PaidUsage, by_price: Mapping[str, str]) -> tuple[Part, ...]:
    """Return the parts of all bills, by organization and product. Those that are not assigned are last."""
    found: dict[tuple[str, ...], Part] = {}
    for bill in bills:
        for part in divide_bill(bill, usage, by_price):
            found[part.key] = found[part.key].plus(part) if part.key in found else part
    return tuple(sorted(found.values(), key=_place))


def divide_bill(bill: Bill, usage: PaidUsage, by_price: Mapping[str, str]) -> tuple[Part, ...]:
    currency = (bill.invoice.currency or "").lower()
    parts = [
        part
        for key, lines in sorted(_groups(bill.invoice.lines or (), by_price).items())
        for part in _charges(currency, key, sum(line.amount or 0 for line in lines), usage)
    ]
    parts = _spread(
        parts, _with_discount, bill.discount, [one.charges for one in parts], currency, "Discount"
    )
    parts = _spread(parts, _with_tax, bill.tax, [one.net for one in parts], currency, "Tax")
    if bill.unexplained:
        name = "Amounts that do not add up"
        parts.append(Part(currency, name=name, rest=bill.unexplained, reason=NOT_EXPLAINED))
    totals = [one.total for one in parts]
    return tuple(_spread(parts, _with_credit, -bill.credit, totals, currency, "Credit"))


def _groups(
    lines: Sequence[InvoiceLine], by_price: Mapping[str, str]
) -> dict[tuple[str, str], list[InvoiceLine]]:
    """Return the lines by product, or by name if their product is not known."""
    found: dict[tuple[str, str], list[InvoiceLine]] = {}
    for line in lines:
        product = product_of(line, by_price)
        name = "" if product else line.product_name or line.description or "Line without a name"
        found.setdefault((product, name), []).append(line)
    return found


def _charges(currency: str, key: tuple[str, str], amount: int, usage: PaidUsage) -> list[Part]:
    product, name = key
    use = usage.of(product) if product else None
    if use is None or not use.by_organization or not use.total:
        reason = UNNAMED_LINE if use is None else use.doubt or NOT_USED
        return [Part(currency, product=product, name=name, charges=amount, reason=reason)]
    users = [(one, used) for one in usage.organizations if (used := use.by_organization[one.id or ""])]
    shares = divide(amount, [used for _, used in users]) or ()
    return [
        Part(currency, one, product, used=used, charges=share)
        for (one, used), share in zip(users, shares, strict=True)
    ]


def _spread(
    parts: Sequence[Part],
    add: Callable[[Part, int], Part],
    amount: int,
    weights: Sequence[int],
    currency: str,
    name: str,
) -> list[Part]:
    """Add to each part its share of an amount. If there is nothing that it could follow, it is not assigned."""
    shares = divide(amount, weights)
    if shares is None:
        return [*parts, add(Part(currency, name=name, reason=NOTHING_TO_FOLLOW), amount)]
    return [add(part, share) for part, share in zip(parts, shares, strict=True)]


def _with_discount(part: Part, amount: int) -> Part:
    return replace(part, discount=amount)


def _with_tax(part: Part, amount: int) -> Part:
    return replace(part, tax=amount)


def _with_credit(part: Part, amount: int) -> Part:
    return replace(part, credit=amount)


def _place(part: Part) -> tuple[str, bool, str, str, str, str]:
    one = part.organization
    name = (one.name or "").casefold() if one else ""
    return part.currency, one is None, name, (one.id or "") if one else "", part.product, part.name
