"""The results of a search, as its page and the search box show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from billing.amounts import Amount
from billing.pages.rendering.tags import address_of
from billing.services.scans.object_index import Hit
from billing.services.scans.search_index import Entry

_TYPES: Final = {"invoice": "Invoice", "subscription": "Subscription", "payment_method": "Payment method"}


@dataclass(frozen=True, slots=True)
class Result:
    """An account or a workspace that was found, or something inside an account."""

    entry: Entry
    link: str
    type_label: str
    hit: Hit | None = None

    @property
    def key(self) -> str:
        """The identity in every list of results, so that the search box keeps the selected one."""
        inside = self.hit.found.id if self.hit else ""
        return "-".join(dict.fromkeys(filter(None, (self.entry.workspace_id, self.entry.id, inside))))

    @property
    def name(self) -> str:
        return (self.hit.found.number or self.hit.found.id) if self.hit else self.entry.name

    @property
    def amount(self) -> Amount:
        found = self.hit.found if self.hit else None
        return Amount(found.amount, found.currency) if found else Amount(None, None)

    @property
    def note(self) -> str:
        """A text that distinguishes results with the same name."""
        if self.hit:
            found = self.hit.found
            return " · ".join(
                filter(None, (self.entry.name, found.status.replace("_", " "), str(self.amount)))
            )
        workspace_name = self.entry.workspace_name if self.entry.is_account else ""
        return " · ".join(filter(None, (self.entry.email, workspace_name, self.entry.id)))


def account_url(entry: Entry) -> str:
    """Return the URL of an account; empty if it has no usable id."""
    return address_of("billing-account", entry.workspace_id, entry.id)


def result_of(found: Hit | Entry) -> Result:
    if isinstance(found, Hit):
        return _hit(found)
    if not found.is_account:
        return Result(found, address_of("billing-accounts", found.id), "Workspace")
    return Result(found, account_url(found), "Billing account")


def _hit(hit: Hit) -> Result:
    """Link to the page of the object, or of its account."""
    found, account = hit.found, hit.found.account
    ids = (account.workspace_id, account.id)
    is_method = found.kind == "payment_method"
    link = address_of("payment-methods", *ids) if is_method else address_of(found.kind, *ids, found.id)
    return Result(account, link or account_url(account), _TYPES[found.kind], hit)
