"""All that the page of savings reads of an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.actor import Actor
from billing.services.billing_accounts import reads
from billing.services.billing_accounts.reads import ORGANIZATIONS, SUBSCRIPTIONS, WORKSPACE
from billing.services.reads import Failed, Kept, Reader, Result
from billing.services.savings.prices import Previews, Price, Priced
from billing.services.savings.sent_reductions import sent_reductions
from billing.services.savings.suggestions import Key, Seat, bought_by, suggest
from billing.services.workspaces.organization_tree import sum_quantities
from billing.services.workspaces.paid_usage import PaidUsage, paid_usage

# Altostrat allows ten accounts in a workspace with a pool.
_MAX_ACCOUNTS: Final = 10


@dataclass(frozen=True, slots=True)
class Reduction:
    """What can be saved in one subscription: its seats, and the price of reducing all of them together."""

    subscription: Subscription
    seats: tuple[Seat, ...]
    price: Price


@dataclass(frozen=True, slots=True)
class Report:
    """`prices` has a price for each seat with a target. `answers` are all answers, `copy_error` why some are copies."""

    seats: tuple[Seat, ...]
    prices: Mapping[Key, Priced]
    reductions: tuple[Reduction, ...]
    usage: PaidUsage
    answers: tuple[Answer[Any], ...]
    copy_error: AltostratError | None

    def price(self, seat: Seat) -> Priced | None:
        return self.prices.get(seat.key)


def read_report(
    actor: Actor,
    workspace_id: str,
    billing_account_id: str,
    *,
    spare: int,
    now: datetime,
    allow_copies: bool,
) -> Report:
    """Raise NotPermitted, NoToken, AltostratError."""
    ids = (workspace_id, billing_account_id)
    reader = Reader(actor, workspace_id, allow_copies=allow_copies)
    found = reader.read(reads.page_reads(*ids, (WORKSPACE, ORGANIZATIONS, SUBSCRIPTIONS)))
    workspace, organizations, own = (
        _answer(found[name]).value for name in (WORKSPACE, ORGANIZATIONS, SUBSCRIPTIONS)
    )
    usage = paid_usage(workspace, billing_account_id, organizations)
    doubt = "Altostrat has more subscriptions than it sent." if own.has_more else ""
    bought = bought_by(own.items, now)
    if usage.is_pooled and not doubt:
        others, doubt = _others(reader, *ids, found)
        bought = sum_quantities([bought, bought_by(others, now)])
    sent = sent_reductions(*ids, own.items)
    seats = suggest(own.items, usage, bought, sent, spare=spare, now=now, doubt=doubt)
    prices, reductions = _priced(Previews(actor, *ids), seats)
    answers = tuple(result.answer for result in found.values() if result.answer is not None)
    error = next((result.why for result in found.values() if isinstance(result, Kept)), None)
    return Report(seats, prices, reductions, usage, answers, error)


def _others(
    reader: Reader, workspace_id: str, billing_account_id: str, found: dict[str, Result]
) -> tuple[tuple[Subscription, ...], str]:
    """Return the subscriptions of the other accounts that buy for the pool, and why they are not all known.

    Add the results.
    """
    found |= reader.read({"accounts": reads.billing_accounts(workspace_id)})
    accounts = _answer(found["accounts"]).value
    others = [one.id for one in accounts.items if one.id != billing_account_id]
    if accounts.has_more or None in others:
        return (), "Altostrat has more accounts in this pool than it sent."
    if len(others) >= _MAX_ACCOUNTS:
        return (), f"The pool has {len(others) + 1} accounts, more than this page reads."
    found |= reader.read({one: reads.subscriptions(workspace_id, one) for one in others if one})
    listings = [found[one].answer for one in others if one]
    if any(one is None for one in listings):
        return (), "The subscriptions of another account in this pool could not be read."
    if any(one.value.has_more for one in listings if one is not None):
        return (), "Altostrat has more subscriptions of another account in this pool than it sent."
    return tuple(row for one in listings if one is not None for row in one.value.items), ""


def _priced(previews: Previews, seats: Sequence[Seat]) -> tuple[dict[Key, Priced], tuple[Reduction, ...]]:
    """Return the price of each seat with a target, and of all reductions of a subscription that lower its next bill."""
    wanted = {f"{number}": (seat,) for number, seat in enumerate(seats) if seat.target is not None}
    single = previews.prices(wanted)
    prices = {wanted[name][0].key: price for name, price in single.items()}
    saving: dict[str, list[Seat]] = {}
    for seat in seats:
        price = prices.get(seat.key)
        if isinstance(price, Price) and price.saving > 0:
            saving.setdefault(seat.subscription.id or "", []).append(seat)
    together = previews.prices({key: tuple(found) for key, found in saving.items() if len(found) > 1})
    reductions = []
    for key, found in saving.items():
        price = together[key] if len(found) > 1 else prices[found[0].key]
        if isinstance(price, Price) and price.saving > 0:
            reductions.append(Reduction(found[0].subscription, tuple(found), price))
    return prices, tuple(reductions)


def _answer(result: Result) -> Answer[Any]:
    """Return the answer or its copy. Raise the AltostratError if there is neither."""
    if isinstance(result, Failed):
        raise result.error
    assert result.answer is not None  # a read without a time limit is never late
    return result.answer
