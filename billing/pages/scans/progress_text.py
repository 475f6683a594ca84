"""What a person is told of a scan."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse

from billing.altostrat import errors as altostrat
from billing.failures import describe
from billing.services.scans import store
from billing.services.scans.results import NotRead, Progress

# What is read, and what is counted.
_READS: Final[Mapping[str, tuple[str, str]]] = {
    store.DIRECTORY: ("Reading your workspaces", "requests"),
    store.FACTS: ("Reading the accounts", "accounts"),
    store.LOOK: ("Looking into the accounts", "requests"),
    store.INVOICES: ("Reading the invoices", "requests"),
}
# So many are named at sight, the rest on a click.
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be read, in words, and its page."""

    what: str
    why: str
    link: str


@dataclass(frozen=True, slots=True)
class Told:
    """A scan's progress as the page draws it."""

    progress: Progress
    next: str = ""

    @property
    def title(self) -> str:
        """What is being done."""
        return _READS[self.progress.kind][0]

    @property
    def text(self) -> str:
        """How far it is, in words."""
        at = self.progress
        if not at.has_begun:
            return "Starting"
        return f"{at.done} of {at.total} {_READS[at.kind][1]} done"

    @property
    def shows_so_far(self) -> bool:
        """Whether the page that waits for it can show a part of it."""
        return self.progress.kind == store.FACTS and self.progress.done > 0

    @property
    def trouble(self) -> str:
        """What it waits for the end of, as a title of the failure table."""
        return _why(self.progress.trouble) if self.progress.trouble else ""

    @property
    def pause_milliseconds(self) -> int:
        """How long the browser waits before it asks for the next step."""
        return min(self.progress.wait_seconds * 1000, 10_000) or 300

    @property
    def refresh_seconds(self) -> int:
        """The same for a browser without scripts."""
        return max(1, min(self.progress.wait_seconds, 30))

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What could not be read, the first few."""
        return tuple(map(_missing, self.progress.not_read[:_NAMED]))

    @property
    def more_missing(self) -> tuple[Missing, ...]:
        """The others."""
        return tuple(map(_missing, self.progress.not_read[_NAMED:]))


def _missing(one: NotRead) -> Missing:
    link = ""
    if one.workspace_id.startswith("ws_"):
        name = "billing-account" if one.billing_account_id else "billing-accounts"
        with suppress(NoReverseMatch):  # an id with a slash: no page can have it
            link = reverse(name, args=[one.workspace_id, *filter(None, [one.billing_account_id])])
    return Missing(one.what, one.note or _why(one), link)


def _why(one: NotRead) -> str:
    kind = getattr(altostrat, one.error, None)
    if not isinstance(kind, type) or not issubclass(kind, altostrat.AltostratError):
        return "Its id is none that Altostrat makes"
    return describe(kind("GET", "/", one.status)).title
