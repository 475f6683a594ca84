"""The message of a digest: counts, and the names and addresses of new accounts, but no amounts, addresses or notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac

from billing.models import Digest
from billing.services.actor import Actor
from billing.services.follow_ups import store as follow_ups
from billing.services.mail import Message
from billing.services.scans.account_filter import Filter
from billing.services.scans.queues import ALL, QUEUES, Queue, Row, ScannedAccounts

_MAX_NAMES: Final = 10
_DIGITS: Final = 24


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Part:
    """What is new in a queue. `more` is the number of new accounts that are not named."""

    title: str
    url: str
    total: int
    new: int
    links: tuple[Link, ...]

    @property
    def more(self) -> int:
        return self.new - len(self.links)


@dataclass(frozen=True, slots=True)
class News:
    """The queues with new accounts, and all accounts of each queue for the next digest."""

    parts: tuple[Part, ...]
    seen: Mapping[str, list[str]]
    not_read: int
    as_of: datetime | None


def news(actor: Actor, row: Digest, accounts: ScannedAccounts, now: datetime) -> News:
    """Compare the queues with those of the last digest. Snoozed accounts are not new."""
    keys = {(account.entry.workspace_id, account.entry.id) for account in accounts.accounts}
    snoozed = {ids for ids, one in follow_ups.of_accounts(actor, keys).items() if one.is_snoozed(now.date())}
    parts, seen = [], dict[str, list[str]]()
    not_read = accounts.not_read(Filter())
    for key, queue in QUEUES.items():
        if key == ALL:
            continue
        rows = [one for one in accounts.rows(queue, Filter(), now) if _ids(one) not in snoozed]
        known, present = set(row.seen.get(key, ())), {_fingerprint(row, one): one for one in rows}
        new = [one for name, one in present.items() if name not in known]
        # What could not be read may still be in the queue.
        seen[key] = sorted({*present, *(known if not_read else ())})
        if new:
            parts.append(_part(queue, len(rows), new))
    return News(tuple(parts), seen, len(not_read), accounts.progress.started_at)


def message(row: Digest, found: News) -> Message:
    """Return the digest as plain text and HTML."""
    context = {
        "name": row.user.first_name or row.user.get_username(),
        "parts": found.parts,
        "not_read": found.not_read,
        "as_of": found.as_of,
        "settings_url": settings.PORTAL_URL + reverse("account"),
    }
    count = sum(part.new for part in found.parts)
    return Message(
        row.user.email,
        f"Billing portal: {count} new in your work queues",
        render_to_string("billing/digests/digest.txt", context),
        render_to_string("billing/digests/digest.html", context),
        # https://www.rfc-editor.org/rfc/rfc3834: no automatic replies
        {"Auto-Submitted": "auto-generated"},
    )


def _part(queue: Queue, total: int, new: list[Row]) -> Part:
    links = tuple(_link(one) for one in new[:_MAX_NAMES])
    return Part(queue.title, settings.PORTAL_URL + reverse("queue", args=[queue.key]), total, len(new), links)


def _link(row: Row) -> Link:
    name = " ".join(row.account.entry.name.split()) or row.account.entry.id
    return Link(name, settings.PORTAL_URL + reverse("billing-account", args=_ids(row)))


def _ids(row: Row) -> tuple[str, str]:
    return row.account.entry.workspace_id, row.account.entry.id


def _fingerprint(digest: Digest, row: Row) -> str:
    value = "\0".join((str(digest.user_id), *_ids(row)))
    return salted_hmac("digest", value, algorithm="sha256").hexdigest()[:_DIGITS]
