"""Reading the audit, newest first: all of it for auditors, that of one account for whoever may see the account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import Max, QuerySet
from django.utils import timezone

from billing.altostrat.errors import AltostratError, NotAllowed, NotFound, TokenRejected
from billing.altostrat.identifiers import InvalidIdentifier
from billing.models import AuditEntry
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.audit import content as audit_content
from billing.services.audit import refusals
from billing.services.audit.content import ContentForged, ContentGone, ContentMissing
from billing.services.audit.masking import Difference, differences
from billing.services.billing_accounts import reads as account_reads
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal

PAGE_SIZE: Final = 50
_BATCH: Final = 500
# How long ago "lately" is.
_LATELY: Final = timedelta(days=30)

Page = tuple[tuple[AuditEntry, ...], int | None]


class UnknownEntry(LookupError):
    """No entry has this id, or has it any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to list. Empty texts ask for nothing; `before` is the id of the last entry of the page above.

    `verb` is a whole verb or the beginning of one (`token`), `person` the name or a part of it; `since` counts, `until`
    does not any more.
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
    """Why what may be personal is hidden from a reader."""

    NO_PERMISSION = "no permission"
    TOKENLESS = "no token"
    OUT_OF_SIGHT = "out of sight"  # their token does not see the account, or it is there no more
    NOT_ASKED = "not asked"  # Altostrat could not say
    OF_NO_ACCOUNT = "of no account"  # nothing whose sight could be asked for


@dataclass(frozen=True, slots=True)
class Seen:
    """One entry with what it found and left. `absence` is why that cannot be shown: "gone", "missing", "forged"
    or "sealed"; `mask` why a part of it is hidden."""

    entry: AuditEntry
    differences: tuple[Difference, ...] = ()
    absence: str = ""
    mask: Mask | None = None


def list_all(actor: Actor, wanted: Wanted) -> Page:
    """One page of entries, and where the next one begins: None at the end. Raises NotPermitted."""
    actor.require(Permission.AUDIT_READ)
    refusals.write_summaries()
    return _page(_matching(wanted), wanted.before)


def retrieve(actor: Actor, entry_id: int) -> Seen:
    """One entry, with what it changed. What may be personal is for those who may read billing data and whose own token
    sees the account that it is about. Raises NotPermitted, UnknownEntry.
    """
    actor.require(Permission.AUDIT_READ)
    entry = AuditEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise UnknownEntry
    try:
        content = audit_content.unseal(entry)
    except ContentGone:
        return Seen(entry, absence="gone")
    except ContentMissing:
        return Seen(entry, absence="missing")
    except ContentForged:
        return Seen(entry, absence="forged")
    except CannotUnseal:
        return Seen(entry, absence="sealed")
    rows = differences(content, show_personal=False)
    if not any(row.is_hidden for row in rows):
        return Seen(entry, rows)
    mask = _mask(actor, entry)
    return Seen(entry, rows, mask=mask) if mask else Seen(entry, differences(content, show_personal=True))


def _mask(actor: Actor, entry: AuditEntry) -> Mask | None:
    """Asks Altostrat, with the reader's own token: a role alone opens nobody's data."""
    if Permission.BILLING_READ not in actor.permissions:
        return Mask.NO_PERMISSION
    if not entry.workspace_id:
        return Mask.OF_NO_ACCOUNT
    try:
        if entry.billing_account_id:
            account_reads.require_sight(actor, entry.workspace_id, entry.billing_account_id)
        else:
            account_reads.require_sight_of_workspace(actor, entry.workspace_id)
    except NoToken:
        return Mask.TOKENLESS
    except (NotFound, NotAllowed, TokenRejected, InvalidIdentifier):
        return Mask.OUT_OF_SIGHT
    except (AltostratError, CannotUnseal):
        return Mask.NOT_ASKED
    return None


def export(actor: Actor, wanted: Wanted, file_format: str) -> Iterator[AuditEntry]:
    """All entries that fit, of the moment at which this is called, however many: they are read in batches.

    What they found and left is in none of them: a file would show it to whoever gets it. That they were taken is
    recorded, before the first of them is given. Raises NotPermitted.
    """
    actor.require(Permission.AUDIT_READ)
    asked = {name: str(value) for name, value in asdict(wanted).items() if value and name != "before"}
    filters = " ".join(f"{name}:{value}" for name, value in asked.items()) or "everything"
    taken = audit.record(
        actor, "audit.export", audit.Outcome.SUCCEEDED, subject=file_format, detail=filters[:200]
    )
    return _walk(_matching(wanted), taken.pk)


def of_account(actor: Actor, workspace_id: str, billing_account_id: str, before: int | None = None) -> Page:
    """What was done to one billing account through this portal, by anybody: no readings. Raises NotPermitted.

    Whether the actor's own token sees the account is for the caller to find out, by reading it first.
    """
    actor.require(Permission.BILLING_READ)
    return _page(_of(workspace_id, billing_account_id).exclude(verb=audit.READING), before)


def all_of_account(actor: Actor, workspace_id: str, billing_account_id: str) -> Iterator[AuditEntry]:
    """The same to its end, a page in memory at a time. Raises as `of_account`."""
    before: int | None = None
    while True:
        rows, before = of_account(actor, workspace_id, billing_account_id, before)
        yield from rows
        if before is None:
            return


def opened_lately(
    actor: Actor, workspace_id: str, billing_account_id: str, *, at_most: int = 5
) -> tuple[tuple[str, datetime], ...]:
    """Who opened the account in the last thirty days, and when last; the latest first. Raises as `of_account`."""
    actor.require(Permission.BILLING_READ)
    readings = _of(workspace_id, billing_account_id).filter(
        verb=audit.READING, outcome=audit.Outcome.SUCCEEDED, at__gt=timezone.now() - _LATELY
    )
    latest = readings.order_by().values("actor_name").annotate(last=Max("at")).order_by("-last")
    return tuple((row["actor_name"], row["last"]) for row in latest[:at_most])


def _of(workspace_id: str, billing_account_id: str) -> QuerySet[AuditEntry]:
    # An empty id would mean: all that is about no account.
    if not (workspace_id and billing_account_id):
        return AuditEntry.objects.none()
    return AuditEntry.objects.filter(workspace_id=workspace_id, billing_account_id=billing_account_id)


def _matching(wanted: Wanted) -> QuerySet[AuditEntry]:
    lookups: dict[str, object] = {
        "verb__istartswith": wanted.verb,
        "actor_name__icontains": wanted.person,
        "outcome": wanted.outcome,
        "door": wanted.door,
        "workspace_id": wanted.workspace,
        "billing_account_id": wanted.account,
        "ticket__iexact": wanted.ticket,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    return AuditEntry.objects.filter(**{name: value for name, value in lookups.items() if value})


def _page(entries: QuerySet[AuditEntry], before: int | None) -> Page:
    # By id: entries are only ever added, so no entry moves from one page to another while somebody reads.
    entries = entries.order_by("-pk")
    if before is not None:
        entries = entries.filter(pk__lt=before)
    rows = tuple(entries[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    return shown, shown[-1].pk if len(rows) > PAGE_SIZE else None


def _walk(entries: QuerySet[AuditEntry], before: int) -> Iterator[AuditEntry]:
    while batch := list(entries.filter(pk__lt=before).order_by("-pk")[:_BATCH]):
        yield from batch
        before = batch[-1].pk
