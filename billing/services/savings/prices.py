"""What fewer seats would cost: the difference between two previews of Altostrat, never a computed price.

Both previews name every product of the subscription, so that they differ only in the quantities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from billing import masks
from billing.altostrat.errors import Conflict, Invalid
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.actor import Actor
from billing.services.changes.kinds.subscriptions import REPLACE
from billing.services.changes.kinds.subscriptions.states import PRODUCT, part_of, state_of
from billing.services.changes.payload import Payload
from billing.services.invoices.line_kinds import is_proration
from billing.services.reads import Failed, Live, Read, Reader, Result
from billing.services.savings.suggestions import Seat

# Altostrat documents 60 requests per minute and token.
MAX_PREVIEWS: Final = 10


@dataclass(frozen=True, slots=True)
class Price:
    """The next bill with present and with reduced quantities, in the smallest unit, after discount and tax.

    `once` is the part of the difference that comes from prorations, and so does not repeat.
    """

    before: int
    after: int
    currency: str
    once: int = 0

    @property
    def saving(self) -> int:
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class NoPrice:
    """A reduction without a price, because Altostrat refuses it or its preview is not known."""

    reason: str
    is_refusal: bool = False


Priced = Price | NoPrice


class Previews:
    """The previews of one page. Copies are not used: a difference between bills of two days is no saving."""

    def __init__(self, actor: Actor, workspace_id: str, billing_account_id: str) -> None:
        """Raise NotPermitted."""
        self._reader = Reader(actor, workspace_id, allow_copies=False)
        self._is_masked = actor.is_masked
        self._path = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
        self._now: dict[str, Result] = {}
        self._left = MAX_PREVIEWS

    def prices(self, wanted: Mapping[str, Sequence[Seat]]) -> dict[str, Priced]:
        """Return the price of reducing the seats under each name, all of one subscription."""
        found: dict[str, Priced] = {}
        reads: dict[str, Read[Invoice]] = {}
        for name, seats in wanted.items():
            one = seats[0].subscription
            present = f"now {one.id}"
            needed = 1 + (present not in self._now and present not in reads)
            if (reason := self._blocked(one, seats)) or needed > self._left:
                found[name] = NoPrice(reason or "Not previewed: this page requests ten previews at most.")
                continue
            self._left -= needed
            if present not in self._now:
                reads[present] = self._read(one, ())
            reads[name] = self._read(one, seats)
        results = self._reader.read(reads) if reads else {}
        self._now |= {name: result for name, result in results.items() if name.startswith("now ")}
        return found | {
            name: self._price(seats, self._now[f"now {seats[0].subscription.id}"], results[name])
            for name, seats in wanted.items()
            if name in results
        }

    def _blocked(self, one: Subscription, seats: Iterable[Seat]) -> str:
        return REPLACE.blocked_reason(self._payload(one, seats))

    def _read(self, one: Subscription, seats: Iterable[Seat]) -> Read[Invoice]:
        body = REPLACE.preview_body(self._payload(one, seats))
        return Read(PREVIEW_INVOICE, self._path, body=body)

    def _payload(self, one: Subscription, seats: Iterable[Seat]) -> Payload:
        wanted: dict[str, Any] = {f"{PRODUCT}{seat.product}": seat.target or None for seat in seats}
        ids = {**self._path, "subscription_id": one.id or ""}
        return Payload(ids=ids, before=part_of(state_of(one), *REPLACE.reads), wanted=wanted)

    def _price(self, seats: Sequence[Seat], before: Result, after: Result) -> Priced:
        for result in (before, after):
            match result:
                case Failed(Conflict() | Invalid() as error):
                    message = error.message or "it gave no reason."
                    shown = masks.free_text(message) if self._is_masked else message
                    return NoPrice(f"Altostrat refuses it: {shown}", is_refusal=True)
                case Failed():
                    return NoPrice("Altostrat's preview could not be read.")
        if not isinstance(before, Live) or not isinstance(after, Live):
            return NoPrice("Altostrat's preview did not arrive in time.")
        old, new = before.answer.value, after.answer.value
        if old.total is None or new.total is None or not new.currency or old.currency != new.currency:
            return NoPrice("Altostrat's previews have no total, or different currencies.")
        if old.total == new.total and not _charges(old, seats):
            return NoPrice("The next bill does not charge it, so its preview shows no saving.")
        return Price(old.total, new.total, new.currency.lower(), _prorations(old) - _prorations(new))


def _charges(invoice: Invoice, seats: Iterable[Seat]) -> bool:
    """Return whether an invoice charges any of the products, or may do so: yearly ones are not on every bill."""
    items = [(seat.subscription.product_quantities or {})[seat.product] for seat in seats]
    charged = {line.price_id for line in invoice.lines or ()}
    return None in charged or any(item.price_id is None or item.price_id in charged for item in items)


def _prorations(invoice: Invoice) -> int:
    return sum(line.amount or 0 for line in invoice.lines or () if is_proration(line))
