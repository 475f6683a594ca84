"""Reads of the audit log, newest first: everything for auditors, one account's history for those who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.altostrat.errors import AltostratError, NotAllowed, NotFound, TokenRejected
from billing.altostrat.identifiers import InvalidIdentifier
from billing.models import AuditEntry
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.audit import content as audit_content
from billing.services.audit import refusals
from billing.services.audit.content import ContentForged, ContentMissing, ContentPruned
from billing.services.audit.masking import Difference, differences
from billing.services.billing_accounts import access
from billing.services.people import people
from billing.services.storage import statements
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal

PAGE_SIZE: Final = 50
_BATCH: Final = 500
_RECENT: Final = timedelta(days=30)
# The ORM takes 1,700 and 1,000 calls to make these queries, which each view of an account needs.
_READERS: Final = (
    f"SELECT actor_name, {people.FULL_NAME} AS full_name, MAX(at) AS last"  # noqa: S608 - a constant
    " FROM billing_auditentry LEFT JOIN billing_user ON billing_user.id = actor_id"
    " WHERE workspace_id = %s AND billing_account_id = %s AND verb = %s AND outcome = %s AND at > %s"
    " GROUP BY actor_name, full_name ORDER BY last DESC LIMIT %s"
)
# The start of a change is followed by its result, which says more.
_OF_ACCOUNT: Final = (
    "LEFT JOIN billing_user ON billing_user.id = actor_id WHERE workspace_id = %s AND billing_account_id = %s"
    " AND verb <> %s AND outcome <> %s AND billing_auditentry.id < %s ORDER BY billing_auditentry.id DESC LIMIT %s"
)
_LAST_ID: Final = 2**63 - 1

Page = tuple[tuple[AuditEntry, ...], int | None]


class UnknownEntry(LookupError):
    """No entry has this id; it may have been pruned."""


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries to list. Empty fields do not filter.

    `verb` is a verb or its beginning, such as `token`; `person` is a part of the name. `since` is inclusive and `until`
    exclusive. `before` is the id of the last entry on the previous page.
    """

    verb: str = ""
    person: str = ""
    outcome: str = ""
    door: str = ""
    workspace: str = ""
    account: str = ""
    ticket: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


class Mask(StrEnum):
    """Why personal data is hidden from a reader."""

    ROLE = "role"
    NO_PERMISSION = "no permission"
    NO_TOKEN = "no token"  # noqa: S105 - a reason, not a password
    NO_ACCESS = "no access"  # the reader's token cannot see the account, or the account no longer exists
    ACCESS_UNKNOWN = "access unknown"  # Altostrat could not answer
    NO_ACCOUNT = "no account"  # the entry has no account or workspace, so access cannot be checked


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """One entry with its changes. `absence` is the reason why they cannot be shown: "pruned", "missing", "forged" or
    "sealed". `mask` is the reason why some of them are hidden."""

    entry: AuditEntry
    differences: tuple[Difference, ...] = ()
    absence: str = ""
    mask: Mask | None = None


def list_entries(actor: Actor, entry_filter: EntryFilter) -> Page:
    """Return one page of entries and the `before` of the next page, None at the end. Raise NotPermitted."""
    actor.require(Permission.AUDIT_READ)
    refusals.write_summaries()
    return _page(_matching(entry_filter), entry_filter.before)


def retrieve(actor: Actor, entry_id: int) -> EntryDetail:
    """Return one entry with its changes. Raise NotPermitted, UnknownEntry.

    Personal data is included for readers who may read billing data and whose own token can see the entry's account.
    """
    actor.require(Permission.AUDIT_READ)
    entry = _named(AuditEntry.objects.filter(pk=entry_id)).first()
    if entry is None:
        raise UnknownEntry
    try:
        content = audit_content.unseal(entry)
    except ContentPruned:
        return EntryDetail(entry, absence="pruned")
    except ContentMissing:
        return EntryDetail(entry, absence="missing")
    except ContentForged:
        return EntryDetail(entry, absence="forged")
    except CannotUnseal:
        return EntryDetail(entry, absence="sealed")
    rows = differences(content, show_personal=False)
    if not any(row.is_hidden for row in rows):
        return EntryDetail(entry, rows)
    mask = _mask(actor, entry)
    return (
        EntryDetail(entry, rows, mask=mask)
        if mask
        else EntryDetail(entry, differences(content, show_personal=True))
    )


def _mask(actor: Actor, entry: AuditEntry) -> Mask | None:
    """Check access with the reader's own token, because a role alone gives no access to customer data."""
    if Permission.BILLING_READ not in actor.permissions:
        return Mask.NO_PERMISSION
    if actor.is_masked:
        return Mask.ROLE
    if not entry.workspace_id:
        return Mask.NO_ACCOUNT
    try:
        if entry.billing_account_id:
            access.require_account(actor, entry.workspace_id, entry.billing_account_id)
        else:
            access.require_workspace(actor, entry.workspace_id)
    except NoToken:
        return Mask.NO_TOKEN
    except (NotFound, NotAllowed, TokenRejected, InvalidIdentifier):
        return Mask.NO_ACCESS
    except (AltostratError, CannotUnseal):
        return Mask.ACCESS_UNKNOWN
    return None


def export(actor: Actor, entry_filter: EntryFilter, file_format: str) -> Iterator[AuditEntry]:
    """Return all matching entries as of now, read in batches. Raise NotPermitted.

    The export is recorded before the first entry is returned. It has no before and after values, because a file shows
    them to anyone who gets it.
    """
    actor.require(Permission.AUDIT_READ)
    used = {name: str(value) for name, value in asdict(entry_filter).items() if value and name != "before"}
    filters = " ".join(f"{name}:{value}" for name, value in used.items()) or "everything"
    recorded = audit.record(
        actor, "audit.export", audit.Outcome.SUCCEEDED, subject=file_format, detail=filters[:200]
    )
    return _in_batches(_matching(entry_filter), recorded.pk)


def account_entries(
    actor: Actor, workspace_id: str, billing_account_id: str, before: int | None = None
) -> Page:
    """Return one page of the account's entries, by any person, without reads. Raise NotPermitted.

    The caller must first read the account, to make sure that the actor's own token can see it.
    """
    actor.require(Permission.BILLING_READ)
    if not (workspace_id and billing_account_id):  # they would match every entry without an account
        return (), None
    excluded = (audit.READ, audit.Outcome.STARTED.value)
    last = _LAST_ID if before is None else before
    parameters = (workspace_id, billing_account_id, *excluded, last, PAGE_SIZE + 1)
    found = statements.instances(AuditEntry, _OF_ACCOUNT, parameters, actor_full_name=people.FULL_NAME)
    return _cut(tuple(found))


def all_account_entries(actor: Actor, workspace_id: str, billing_account_id: str) -> Iterator[AuditEntry]:
    """Return all pages of `account_entries`, with one page in memory at a time."""
    before: int | None = None
    while True:
        rows, before = account_entries(actor, workspace_id, billing_account_id, before)
        yield from rows
        if before is None:
            return


def recent_readers(
    actor: Actor, workspace_id: str, billing_account_id: str, *, at_most: int = 5
) -> tuple[tuple[str, datetime], ...]:
    """Return who read the account in the last 30 days, each with the last time, latest first. Raise NotPermitted."""
    actor.require(Permission.BILLING_READ)
    since = statements.moment(timezone.now() - _RECENT)
    parameters = (workspace_id, billing_account_id, audit.READ, audit.Outcome.SUCCEEDED.value, since, at_most)
    found = statements.rows(_READERS, parameters)
    return tuple((full_name or name, statements.moment_in(last)) for name, full_name, last in found)


def _named(entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    return entries.annotate(actor_full_name=people.full_name_of("actor"))


def _matching(entry_filter: EntryFilter) -> QuerySet[AuditEntry]:
    lookups: dict[str, object] = {
        "verb__istartswith": entry_filter.verb,
        "outcome": entry_filter.outcome,
        "door": entry_filter.door,
        "workspace_id": entry_filter.workspace,
        "billing_account_id": entry_filter.account,
        "ticket__iexact": entry_filter.ticket,
        "at__gte": entry_filter.since,
        "at__lt": entry_filter.until,
    }
    entries = AuditEntry.objects.filter(**{name: value for name, value in lookups.items() if value})
    if not entry_filter.person:
        return entries
    # `actor_name` also has the names of people who no longer exist.
    found = Q(actor_name__icontains=entry_filter.person) | Q(
        actor__in=people.with_text(entry_filter.person, "username", "first_name", "last_name")
    )
    return entries.filter(found)


def _page(entries: QuerySet[AuditEntry], before: int | None) -> Page:
    # By id: entries are only added, so none moves to another page between two requests.
    entries = _named(entries).order_by("-pk")
    if before is not None:
        entries = entries.filter(pk__lt=before)
    return _cut(tuple(entries[: PAGE_SIZE + 1]))


def _cut(rows: tuple[AuditEntry, ...]) -> Page:
    page = rows[:PAGE_SIZE]
    return page, page[-1].pk if len(rows) > PAGE_SIZE else None


def _in_batches(entries: QuerySet[AuditEntry], before: int) -> Iterator[AuditEntry]:
    while batch := list(entries.filter(pk__lt=before).order_by("-pk")[:_BATCH]):
        yield from batch
        before = batch[-1].pk
