"""The search for workspaces and billing accounts by name, email or id.

Altostrat has no search, so the portal searches the results of a scan of everything that a person's tokens can access.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import cached_property

from billing.folding import fold, plain, spellings
from billing.services.actor import Actor
from billing.services.scans import index_cache, results, store

_TERM: Final = re.compile(r"[^\s,;]+")
_WORD: Final = re.compile(r"[\w]+")
# What people write between the digits of a phone number.
_PHONE: Final = re.compile(r"\+?[\d\s()./-]+")
_MIN_PHONE_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Normalized:
    """The text of an entry as it is compared. `everything` has all text that can be found."""

    everything: str
    names: tuple[str, ...]
    rest: str
    words: tuple[str, ...]
    ids: tuple[str, str]
    email: str
    phone: str


@dataclass(frozen=True)
class Entry:
    """A workspace or a billing account. `id` is empty if Altostrat sent none."""

    kind: str
    id: str
    name: str
    workspace_id: str
    workspace_name: str
    billing_mode: str = ""
    email: str = ""
    country: str = ""
    currency: str = ""
    phone: str = ""

    @property
    def is_account(self) -> bool:
        return self.kind == "account"

    @cached_property
    def _spelled(self) -> dict[str, tuple[str, ...]]:
        return {}

    def spelled(self, name: str) -> tuple[str, ...]:
        """Return the spellings of a field. Cached, because a queue compares it once for each tab."""
        if name not in self._spelled:
            self._spelled[name] = spellings(getattr(self, name))
        return self._spelled[name]

    @cached_property
    def normalized(self) -> Normalized:
        """The text as it is compared. It is cached, because every keystroke in the search box needs it."""
        names = spellings(self.name)
        rest = " ".join(spellings(f"{self.email} {self.workspace_name if self.is_account else ''}"))
        ids, email = (fold(self.id), fold(self.workspace_id)), fold(self.email)
        everything = "\n".join((*names, rest, *ids))
        words = tuple(_WORD.findall(" ".join((*names, rest))))
        return Normalized(everything, names, rest, words, ids, email, _digits(self.phone))


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """What the scan has found so far."""

    entries: tuple[Entry, ...]
    progress: results.Progress

    @property
    def account_count(self) -> int:
        return sum(entry.is_account for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Matches:
    """The best entries for a query, and how many accounts and workspaces match it in total."""

    best: tuple[Entry, ...] = ()
    account_count: int = 0
    workspace_count: int = 0

    @property
    def count(self) -> int:
        return self.account_count + self.workspace_count


def load(actor: Actor) -> SearchIndex:
    """Return the index as far as the scan has come, without a call to Altostrat. Raise `store.ScanLost`."""
    progress = results.progress(actor, store.ACCOUNT_LIST)
    rows = results.rows(actor, progress)
    return SearchIndex(tuple(entry for row in rows for entry in index_cache.get(row, _entries)), progress)


def search(index: SearchIndex, text: str, limit: int | None = None) -> Matches:
    """Search for an id or its beginning, an email, or words of a name.

    Texts are compared as people type them, and every term must occur. Words that begin with a term rank before words
    that contain it. A phone number may be typed with or without the code of its country.
    """
    phone = _phone_query(text)
    queries = [terms for spelling in spellings(text) if (terms := _TERM.findall(spelling))]
    scored = [
        (min(scores), entry)
        for entry in index.entries
        if (scores := [score for terms in queries if (score := _score(entry, terms, phone)) is not None])
    ]
    scored.sort(key=lambda pair: (pair[0], pair[1].normalized.names, pair[1].id))
    accounts = sum(entry.is_account for _, entry in scored)
    return Matches(tuple(entry for _, entry in scored[:limit]), accounts, len(scored) - accounts)


def account_entry(account: dict[str, Any]) -> Entry:
    return Entry(
        "account",
        account["id"] or "",
        account["name"] or account["id"] or "Unnamed",
        account["workspace_id"] or "",
        account["workspace_name"] or account["workspace_id"] or "",
        account["billing_mode"] or "",
        account["email"] or "",
        (account["country"] or "").upper(),
        (account["currency"] or "").lower(),
        account.get("phone") or "",
    )


def _entries(items: Iterable[store.Document]) -> tuple[Entry, ...]:
    return tuple(map(_entry, items))


def _entry(item: store.Document) -> Entry:
    if "workspace" not in item:
        return account_entry(item["account"])
    workspace = item["workspace"]
    workspace_id = workspace["id"] or ""
    name = workspace["name"] or workspace_id or "Unnamed"
    return Entry("workspace", workspace_id, name, workspace_id, name, workspace["billing_mode"] or "")


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, plain(text)))


def _phone_query(text: str) -> str:
    """Return the digits of a phone number without leading zeros; empty if the text is none."""
    digits = _digits(text) if _PHONE.fullmatch(plain(text)) else ""
    return digits.lstrip("0") if len(digits) >= _MIN_PHONE_DIGITS else ""


def _score(entry: Entry, terms: Sequence[str], phone: str) -> tuple[int, ...] | None:
    """Return the rank of an entry, best first; None if a term does not occur."""
    if phone and phone in entry.normalized.phone:
        return (0, 0)
    everything = entry.normalized.everything
    if not all(term in everything for term in terms):
        return None
    ranks = [_rank(term, entry.normalized) for term in terms]
    found = [rank for rank in ranks if rank is not None]
    return (max(found), sum(found)) if len(found) == len(ranks) else None


def _rank(term: str, entry: Normalized) -> int | None:
    if term in (entry.ids[0], entry.email):
        return 0
    if any(name.startswith(term) for name in entry.names):
        return 1
    if any(word.startswith(term) for word in entry.words):
        return 2
    if len(term) > 3 and any(one.startswith(term) for one in entry.ids):
        return 3
    if term in entry.rest or any(term in name for name in entry.names):
        return 4
    return None
