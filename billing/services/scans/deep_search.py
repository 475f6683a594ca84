"""Finding what only the accounts themselves know: a subscription, an invoice, a payment method, by its id or number."""

from __future__ import annotations

from dataclasses import dataclass

from billing.services.actor import Actor
from billing.services.scans import results as found
from billing.services.scans import run as walk
from billing.services.scans import store
from billing.services.scans.directory import Entry, account_entry


@dataclass(frozen=True, slots=True)
class Hit:
    """Where it is: `kind` is subscription, invoice or payment_method."""

    kind: str
    id: str
    account: Entry


@dataclass(frozen=True, slots=True)
class Look:
    """How far looking is, and what it found."""

    progress: found.Progress
    hits: tuple[Hit, ...]


def begin(actor: Actor, sought: str) -> None:
    """Starts looking into every account of the directory; another search of this person's ends with it."""
    walk.begin_over_accounts(actor, store.LOOK, sought.strip())


def under_way(actor: Actor, sought: str) -> Look | None:
    """The search for exactly this, if there is one."""
    progress = found.progress(actor, store.LOOK)
    if not progress.has_begun or progress.sought != sought.strip():
        return None
    hits = (
        Hit(one["kind"], one["id"], account_entry(one["account"])) for one in found.items(actor, progress)
    )
    return Look(progress, tuple(hits))
