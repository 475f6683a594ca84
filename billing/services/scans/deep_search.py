"""The search inside every account: for a subscription, an invoice or a payment method, by id or number."""

from __future__ import annotations

from dataclasses import dataclass

from billing.folding import plain
from billing.services.actor import Actor
from billing.services.scans import results, run, store
from billing.services.scans.search_index import Entry, account_entry


@dataclass(frozen=True, slots=True)
class Hit:
    """`kind` is subscription, invoice or payment_method."""

    kind: str
    id: str
    account: Entry


@dataclass(frozen=True, slots=True)
class DeepSearch:
    progress: results.Progress
    hits: tuple[Hit, ...]


def start(actor: Actor, query: str) -> None:
    """Search every account. It replaces the person's previous deep search."""
    run.start_for_accounts(actor, store.DEEP_SEARCH, plain(query))


def current(actor: Actor, query: str) -> DeepSearch | None:
    """Return the search for exactly this query, if there is one."""
    progress = results.progress(actor, store.DEEP_SEARCH)
    if not progress.has_begun or progress.query != plain(query):
        return None
    items = results.items(actor, progress)
    hits = (Hit(item["kind"], item["id"], account_entry(item["account"])) for item in items)
    return DeepSearch(progress, tuple(hits))
