"""The directory: every workspace and billing account that a person's tokens see, and the search in it.

Altostrat has no search, so this is one: kept sealed per token for DIRECTORY_MINUTES, built by billing.services.scans.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from billing.services.actor import Actor
from billing.services.scans import opened_directory, store
from billing.services.scans import results as found

_WORD: Final = re.compile(r"[^\s,;]+")
_INSIDE: Final = re.compile(r"[\w]+")
# What only the accounts themselves know; a number on an invoice is letters, digits and hyphens with a digit in them.
_LOOKED_FOR: Final = re.compile(r"(sub|in|pm)_[A-Za-z0-9_-]+|(?=[^\d]*\d)[A-Za-z0-9]+(-[A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Plain:
    """What of an entry is compared, as it is compared. Every word that can be found is in `whole`."""

    whole: str
    name: str
    rest: str
    begins: tuple[str, ...]
    ids: tuple[str, str]
    email: str


@dataclass(frozen=True)
class Entry:
    """A workspace, or a billing account with its workspace; `id` may be empty, when Altostrat sent none."""

    kind: str
    id: str
    name: str
    workspace_id: str
    workspace_name: str
    billing_mode: str = ""
    email: str = ""
    country: str = ""
    currency: str = ""

    @property
    def is_account(self) -> bool:
        """Whether it is a billing account."""
        return self.kind == "account"

    @cached_property
    def plain(self) -> Plain:
        """Made once, for all letters that somebody types."""
        name, ids = plain(self.name), (self.id.lower(), self.workspace_id.lower())
        rest = plain(f"{self.email} {self.workspace_name if self.is_account else ''}")
        email = self.email.casefold()
        whole = "\n".join((name, rest, *ids, email))
        return Plain(whole, name, rest, tuple(_INSIDE.findall(f"{name} {rest}")), ids, email)


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known so far; `is_finished` once everything was asked."""

    entries: tuple[Entry, ...]
    progress: found.Progress

    @property
    def as_of(self) -> datetime | None:
        """The age of its oldest entry."""
        return self.progress.started_at

    @property
    def accounts(self) -> int:
        """How many accounts it knows."""
        return sum(entry.is_account for entry in self.entries)


def known(actor: Actor) -> Directory:
    """The directory as far as it is built. Asks nobody. Raises `store.ScanLost`."""
    progress = found.progress(actor, store.DIRECTORY)
    rows = found.rows(actor, progress)
    return Directory(tuple(entry for row in rows for entry in opened_directory.of(row, _entries)), progress)


def search(directory: Directory, text: str, limit: int) -> tuple[list[Entry], int]:
    """The best entries for a text, and how many there are: an id or its beginning, an e-mail, words of a name.

    Neither case nor accents count, and every word must be found; what begins with a word comes before what holds it.
    """
    words = _WORD.findall(plain(text))
    if not words:
        return [], 0
    scored = [(score, entry) for entry in directory.entries if (score := _score(entry, words)) is not None]
    scored.sort(key=lambda pair: (pair[0], pair[1].plain.name, pair[1].id))
    return [entry for _, entry in scored[:limit]], len(scored)


def may_be_inside(text: str) -> bool:
    """Whether this may be what only the accounts themselves know: sub_, in_, pm_, or the number of an invoice."""
    return len(text) <= 255 and _LOOKED_FOR.fullmatch(text.strip()) is not None


def plain(text: str) -> str:
    """For comparing: "Ångström GmbH" and "angstrom gmbh" are one."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _score(entry: Entry, words: Sequence[str]) -> tuple[int, ...] | None:
    """Smaller is better; None when a word is nowhere in it."""
    whole = entry.plain.whole
    if not all(word in whole for word in words):
        return None
    ranks = [_rank(word, entry.plain) for word in words]
    known_ranks = [rank for rank in ranks if rank is not None]
    return (max(known_ranks), sum(known_ranks)) if len(known_ranks) == len(ranks) else None


def _rank(word: str, of: Plain) -> int | None:
    if word in (of.ids[0], of.email):
        return 0
    if of.name.startswith(word):
        return 1
    if any(begin.startswith(word) for begin in of.begins):
        return 2
    if len(word) > 3 and any(one.startswith(word) for one in of.ids):
        return 3
    if word in of.name or word in of.rest:
        return 4
    return None


def _entries(items: Iterable[store.Document]) -> tuple[Entry, ...]:
    return tuple(map(_entry, items))


def _entry(item: dict[str, Any]) -> Entry:
    if "workspace" in item:
        one = item["workspace"]
        name = one["name"] or one["id"] or "Without a name"
        return Entry("workspace", one["id"] or "", name, one["id"] or "", name, one["billing_mode"] or "")
    return account_entry(item["account"])


def account_entry(one: dict[str, Any]) -> Entry:
    """An account as scans keep it."""
    return Entry(
        "account",
        one["id"] or "",
        one["name"] or one["id"] or "Without a name",
        one["workspace_id"] or "",
        one["workspace_name"] or one["workspace_id"] or "",
        one["billing_mode"] or "",
        one["email"] or "",
        (one["country"] or "").upper(),
        (one["currency"] or "").lower(),
    )
