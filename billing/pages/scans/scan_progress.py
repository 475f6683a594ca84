"""The progress of a scan, as pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse

from billing.altostrat import errors as altostrat
from billing.failures import describe
from billing.services.scans import store
from billing.services.scans.results import NotRead, Progress

# The title, and the unit of the count.
_TITLES: Final[Mapping[str, tuple[str, str]]] = {
    store.ACCOUNT_LIST: ("Reading your workspaces", "requests"),
    store.ACCOUNT_DETAILS: ("Reading accounts", "accounts"),
    store.INVOICES: ("Reading invoices", "requests"),
    store.PREVIEWS: ("Previewing bills", "requests"),
}
# Further entries are behind a disclosure.
_VISIBLE: Final = 10
_LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that could not be read."""

    what: str
    why: str
    link: str


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """`next` is the URL of the page that waits for the scan."""

    progress: Progress
    next: str = ""

    @property
    def title(self) -> str:
        return _TITLES[self.progress.kind][0]

    @property
    def text(self) -> str:
        if not self.progress.has_begun:
            return "Starting"
        unit = _TITLES[self.progress.kind][1]
        return f"{self.progress.done} of {self.progress.total} {unit} done"

    @property
    def has_results(self) -> bool:
        """Whether the page that waits can show a part of the results."""
        return self.progress.kind == store.ACCOUNT_DETAILS and self.progress.done > 0

    @property
    def trouble(self) -> str:
        """The title of the failure that the scan waits for."""
        return _reason(self.progress.trouble) if self.progress.trouble else ""

    @property
    def pause_milliseconds(self) -> int:
        """The time that a script waits before it requests the next step."""
        shortest = 1000 if self.progress.is_in_background else 300
        return min(self.progress.wait_seconds * 1000, 10_000) or shortest

    @property
    def refresh_seconds(self) -> int:
        """The same for a browser without scripts."""
        return max(1, min(self.progress.wait_seconds, 30))

    @property
    def missing(self) -> tuple[Missing, ...]:
        return tuple(map(_missing, self.progress.not_read[:_VISIBLE]))

    @property
    def more_missing(self) -> tuple[Missing, ...]:
        return tuple(map(_missing, self.progress.not_read[_VISIBLE:_LISTED]))

    @property
    def unlisted_missing(self) -> int:
        """The number of others, which the page does not list."""
        return max(len(self.progress.not_read) - _LISTED, 0)


def omissions(not_read: Iterable[NotRead]) -> tuple[str, ...]:
    """Return what could not be read and why, for a file that leaves it out."""
    return tuple(f"{one.what}: {one.note or _reason(one)}" for one in not_read)


def _missing(one: NotRead) -> Missing:
    link = ""
    if one.workspace_id.startswith("ws_"):
        name = "billing-account" if one.billing_account_id else "billing-accounts"
        with suppress(NoReverseMatch):  # an id that cannot be part of a URL
            link = reverse(name, args=[one.workspace_id, *filter(None, [one.billing_account_id])])
    return Missing(one.what, one.note or _reason(one), link)


def _reason(one: NotRead) -> str:
    error = getattr(altostrat, one.error, None)
    if not isinstance(error, type) or not issubclass(error, altostrat.AltostratError):
        return "Its ID is not valid"
    return describe(error("GET", "/", one.status)).title
