"""The data of one billing account from Altostrat, read for its page, a panel, or the headline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property

from billing.models import AuditEntry
from billing.pages.rendering.addresses import address_lines
from billing.pages.rendering.paths import path_of
from billing.services import changes, history
from billing.services.actor import Actor
from billing.services.billing_accounts import favorites, notes
from billing.services.billing_accounts.notes import OpenNote
from billing.services.billing_accounts.reads import ACCOUNT, SUBSCRIPTIONS, next_bills, page_reads
from billing.services.follow_ups import store as follow_ups
from billing.services.follow_ups.store import OpenFollowUp
from billing.services.reads import Late, Reader, Result


@dataclass(frozen=True, slots=True)
class PortalHistory:
    """The newest audit entries of an account, and the ids of those changes in them that the person may open."""

    entries: tuple[AuditEntry, ...]
    own_changes: frozenset[str]


class AccountData:
    """The results of the reads for one page. `results` has only the reads that were made."""

    def __init__(
        self,
        actor: Actor,
        workspace_id: str,
        billing_account_id: str,
        results: Mapping[str, Result] | None = None,
    ) -> None:
        self.actor, self.workspace_id, self.billing_account_id = actor, workspace_id, billing_account_id
        self.results = dict(results or {})
        self.now = timezone.localtime()
        self._reader = Reader(actor, workspace_id)

    @property
    def ids(self) -> tuple[str, str]:
        """The arguments of the account's services and URLs."""
        return self.workspace_id, self.billing_account_id

    @cached_property
    def notes(self) -> tuple[OpenNote, ...]:
        """The newest internal notes. The person may see them because their own token has read the account."""
        return notes.newest(self.actor, *self.ids)

    @cached_property
    def follow_up(self) -> OpenFollowUp:
        """The promise to pay, the snooze and the assignee, to those who may see the notes."""
        return follow_ups.of_account(self.actor, *self.ids)

    @cached_property
    def portal_history(self) -> PortalHistory:
        """What people did with this account here, to those who may see its notes."""
        changes.settle_stale()  # adds the missing entries of killed processes
        entries, _ = history.account_entries(self.actor, *self.ids)
        return PortalHistory(entries, changes.filter_own(self.actor, [entry.subject for entry in entries]))

    @cached_property
    def address_lines(self) -> tuple[str, ...]:
        """The billing address, if it is known."""
        account = self.value(ACCOUNT)
        return address_lines(account.address) if account is not None and account.address else ()

    @cached_property
    def is_favorite(self) -> bool:
        return favorites.is_favorite(self.actor, *self.ids)

    def load_portal_data(self) -> None:
        """Load what does not come from Altostrat. The caller must not show it before the token has read the account."""
        _ = self.notes, self.follow_up, self.portal_history, self.is_favorite

    def read(self, names: Iterable[str], **options: Any) -> None:
        """Add the results of these reads. For the options, see `Reader.read`."""
        self.results |= self._reader.read(page_reads(*self.ids, names), **options)
        self.now = timezone.localtime()

    def read_next_bills(self, **options: Any) -> dict[str, Result] | None:
        """Return the next bills by subscription; None if one is late, so that the page requests all of them again."""
        found = self._reader.read(next_bills(*self.ids, self.items(SUBSCRIPTIONS) or ()), **options)
        return None if any(isinstance(result, Late) for result in found.values()) else found

    def value(self, name: str) -> Any:
        """Return the value of an answer or its copy; None if there is neither."""
        result = self.results.get(name)
        return result.answer.value if result is not None and result.answer is not None else None

    def items(self, name: str) -> tuple[Any, ...] | None:
        """Return the items of a list; None if it could not be read."""
        listing = self.value(name)
        return None if listing is None else listing.items

    def is_cut(self, name: str) -> bool:
        """Return whether Altostrat says that a list has more entries than it sent."""
        return bool(getattr(self.value(name), "has_more", None))

    def panel_url(self, panel: str) -> str:
        return path_of("billing-account-panel", *self.ids, panel)
