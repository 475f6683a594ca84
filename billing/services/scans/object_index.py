"""The search for what is inside accounts: invoices, subscriptions and payment methods, by ID, number or link.

It searches the details of accounts that a scan stores, also paid and voided invoices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.folding import fold, plain
from billing.services.actor import Actor
from billing.services.billing_accounts.status.payment_methods import name_of
from billing.services.scans import index_cache, results, store
from billing.services.scans.search_index import Entry, account_entry
from billing.services.scans.store import Document
from billing.services.scans.summaries import is_link_key

# IDs inside an account, or an invoice number: letters, digits and hyphens, with at least one digit.
_QUERY: Final = re.compile(r"(sub|in|pm)_[A-Za-z0-9_-]+|#?(?=[^\d]*\d)[A-Za-z0-9]+([- ][A-Za-z0-9]+)*")
_NOT_CODE: Final = re.compile(r"[^0-9a-z]")
# Shorter codes are parts of too many numbers.
_MIN_ENDING: Final = 3
_MIN_PART: Final = 4
_CARD_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Found:
    """`kind` is invoice, subscription or payment_method; `number` is that of an invoice, or the name of a method."""

    kind: str
    id: str
    account: Entry
    number: str = ""
    status: str = ""
    amount: int | None = None
    currency: str = ""
    at: datetime | None = None
    # Of an invoice of which something remains to be paid.
    due_at: datetime | None = None
    # As they are compared: computed once, because every keystroke in the search box needs them.
    folded_id: str = ""
    code: str = ""
    last4: str = ""
    links: tuple[str, ...] = ()

    @property
    def invoice(self) -> Invoice:
        """What is known of the status of an invoice."""
        return Invoice(status=self.status, due_date=self.due_at)


@dataclass(frozen=True, slots=True)
class Hit:
    """`why` says what matches. `rank` is 0 for a whole ID, number or link."""

    found: Found
    why: str
    rank: int

    @property
    def is_exact(self) -> bool:
        return self.rank == 0


@dataclass(frozen=True, slots=True)
class ObjectIndex:
    objects: tuple[Found, ...]
    progress: results.Progress = field(default_factory=lambda: results.Progress(store.ACCOUNT_DETAILS))


def load(actor: Actor) -> ObjectIndex:
    """Return the index as far as the scan has come, without a call to Altostrat. Raise `store.ScanLost`."""
    progress = results.progress(actor, store.ACCOUNT_DETAILS)
    rows = results.rows(actor, progress)
    return ObjectIndex(tuple(one for row in rows for one in index_cache.get(row, objects_of)), progress)


def is_object_query(text: str) -> bool:
    """Return whether this may be an ID inside an account (sub_, in_, pm_), an invoice number, or a link to one."""
    return len(text) <= 255 and (is_link_key(text) or _QUERY.fullmatch(plain(text)) is not None)


def search(index: ObjectIndex, text: str) -> tuple[Hit, ...]:
    """Return what has this ID, number, end of a number, or link, best first, then the newest."""
    if not is_object_query(text):
        return ()
    wanted = _Query(text)
    hits = [hit for one in index.objects if (hit := wanted.hit(one)) is not None]
    hits.sort(key=lambda hit: (hit.rank, -hit.found.at.timestamp() if hit.found.at else 0, hit.found.id))
    return tuple(hits)


def objects_of(items: Iterable[Document]) -> tuple[Found, ...]:
    return tuple(one for item in items for one in _objects(item))


class _Query:
    def __init__(self, text: str) -> None:
        self._folded = fold(text).removeprefix("#").strip()
        self._code = _NOT_CODE.sub("", self._folded)
        self._link = text if is_link_key(text) else ""

    def hit(self, one: Found) -> Hit | None:
        if self._link:
            return Hit(one, "Link to the invoice", 0) if self._link in one.links else None
        if self._folded == one.folded_id:
            return Hit(one, "ID", 0)
        if self._is_card(one):
            return Hit(one, "Last digits of the card", 3)
        if not one.code or "_" in self._folded:
            return None
        return self._number_hit(one)

    def _is_card(self, one: Found) -> bool:
        return len(self._code) == _CARD_DIGITS and self._code == one.last4

    def _number_hit(self, one: Found) -> Hit | None:
        code = self._code
        if code == one.code:
            return Hit(one, "Number", 0)
        if len(code) >= _MIN_PART and one.code.startswith(code):
            return Hit(one, "Beginning of the number", 1)
        if len(code) >= _MIN_ENDING and one.code.endswith(code):
            return Hit(one, "End of the number", 2)
        return Hit(one, "Part of the number", 4) if len(code) >= _MIN_PART and code in one.code else None


def _objects(item: Document) -> Iterator[Found]:
    account = account_entry(item.get("account") or item["older_of"])
    yield from _invoices(account, item["all_invoices"])
    for one in item.get("subscriptions", ()):
        yield Found(
            "subscription",
            one["id"] or "",
            account,
            status=one["status"] or "",
            at=_moment(one["created_at"]),
            folded_id=fold(one["id"] or ""),
        )
    for one in item.get("payment_methods", ()):
        method = PaymentMethod.from_json(one)
        yield Found(
            "payment_method",
            method.id or "",
            account,
            name_of(method),
            folded_id=fold(method.id or ""),
            last4=method.last4 or "",
        )


def _invoices(account: Entry, rows: Sequence[Sequence[object]]) -> Iterator[Found]:
    for row in rows:
        invoice_id, number, status, amount, currency, created_at, links, due_at = row
        assert isinstance(links, list)
        yield Found(
            "invoice",
            str(invoice_id or ""),
            account,
            str(number or ""),
            str(status or ""),
            amount if isinstance(amount, int) else None,
            str(currency or "").lower(),
            _at(created_at),
            _at(due_at),
            folded_id=fold(str(invoice_id or "")),
            code=_NOT_CODE.sub("", fold(str(number or ""))),
            links=tuple(links),
        )


def _at(seconds: object) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
