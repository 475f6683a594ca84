"""The record of each read: the status of the token, copies of the answers, and an entry in the access log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db.models import Max

from billing.altostrat.client import Answer
from billing.altostrat.errors import (
    AltostratError,
    NotAllowed,
    NotFound,
    Refused,
    TokenRejected,
    nothing_was_sent,
)
from billing.altostrat.operations.billing_accounts import RETRIEVE_BILLING_ACCOUNT
from billing.models import AltostratToken, Change
from billing.services import audit, tokens
from billing.services.actor import Actor
from billing.services.reads.in_flight import Outcome
from billing.services.reads.results import Copied, Failed, Kept, Late, Live, Result
from billing.services.storage import outages, statements
from billing.services.tokens import kept_copies
from billing.services.tokens.kept_copies import Read

logger = logging.getLogger(__name__)

# How far the clocks of two processes may differ.
_CLOCK_TOLERANCE: Final = timedelta(seconds=2)
# Django's own query would take longer than the rest of a read that makes no call.
_WRITES_SINCE: Final = "SELECT 1 FROM billing_change WHERE (sent_at >= %s OR settled_at >= %s)"
NEVER: Final = datetime.min.replace(tzinfo=UTC)
_FUTURE: Final = datetime.max.replace(tzinfo=UTC)


def record_outcomes(actor: Actor, row: AltostratToken, outcomes: Iterable[tuple[Read[Any], Outcome]]) -> None:
    """Record the status of the token, and copies of the answers to calls with it."""
    pairs = list(outcomes)
    errors = [outcome for _, outcome in pairs if isinstance(outcome, AltostratError)]
    sent = [error for error in errors if not nothing_was_sent(error)]
    rejected = next((error for error in sent if isinstance(error, TokenRejected)), None)
    if rejected is not None:
        tokens.record_result(actor, row, rejected)
        return
    answered = [(read, outcome) for read, outcome in pairs if isinstance(outcome, Answer)]
    if answered or sent:
        tokens.record_result(actor, row, None if answered else sent[0])
    hidden = [read for read, outcome in pairs if isinstance(outcome, (NotAllowed, NotFound))]
    if hidden:
        kept_copies.delete(row, hidden)
    if answered:
        kept_copies.save(row, answered)


def record_late_outcome(
    actor: Actor,
    row: AltostratToken,
    read: Read[Any],
    began_at: datetime,
    outcome: Outcome,
    repeat: Callable[[], Outcome],
) -> None:
    """Record a call that no request waits for, in the thread that made it. Log errors.

    Record nothing if the token was renewed, refused or deleted in the meantime, and no answer from before its owner's
    last write. A 401 is confirmed with `repeat`, because there is no other answer to compare it with.
    """
    if isinstance(outcome, AltostratError) and not isinstance(outcome, Refused):
        return  # it says nothing about the token, and there is nothing to keep
    try:
        if isinstance(outcome, TokenRejected) and _is_unchanged(row):
            outcome = repeat()
        is_outdated = isinstance(outcome, Answer) and began_at <= last_write(row)
        if _is_unchanged(row) and not is_outdated:
            record_outcomes(actor, row, [(read, outcome)])
    except Exception as error:  # noqa: BLE001 - the text of an error may contain the answer
        if outages.outage_of(error) is not None:
            outages.log(error)
        logger.warning("a late answer could not be recorded: %s", type(error).__name__)


def last_write(row: AltostratToken) -> datetime:
    """Return when the owner of a token last wrote to Altostrat. Earlier reads may be outdated."""
    found = Change.objects.filter(user=row.owner_id).aggregate(sent=Max("sent_at"), settled=Max("settled_at"))
    moments = [moment for moment in found.values() if moment is not None]
    return max(moments) + _CLOCK_TOLERANCE if moments else NEVER


def joinable_since(row: AltostratToken, oldest: datetime | None) -> datetime:
    """Return the moment before which a read is too old to join, because it may not include a later write.

    `oldest` is when the oldest read in flight began. No read with a refused token is joined: it may have begun before
    Altostrat accepts the token again.
    """
    if row.status == AltostratToken.Status.REFUSED:
        return _FUTURE
    if oldest is None or not WritesSince.by_owner(row, oldest).exist():
        return NEVER
    return last_write(row)


@dataclass(frozen=True, slots=True)
class WritesSince:
    """The question whether anyone has written to an object, or to one below or above it, so that earlier reads are
    outdated. It is prepared once, because it may be asked often.

    `ids` are those of the object. An account that is not known yet, as that of a new account, counts as any.
    """

    sql: str
    parameters: tuple[Any, ...]

    @classmethod
    def of(cls, ids: Mapping[str, str], moment: datetime) -> WritesSince:
        conditions, parameters = "", list[str]()
        if workspace_id := ids.get("workspace_id"):
            conditions += " AND workspace_id IN (%s, '')"
            parameters.append(workspace_id)
        if account_id := ids.get("billing_account_id"):
            conditions += " AND billing_account_id IN (%s, '')"
            parameters.append(account_id)
        return cls._with(conditions, moment, parameters)

    @classmethod
    def by_owner(cls, row: AltostratToken, moment: datetime) -> WritesSince:
        """Ask for writes of the owner of a token, whatever they changed."""
        return cls._with(" AND user_id = %s", moment, [row.owner_id])

    @classmethod
    def _with(cls, conditions: str, moment: datetime, parameters: Sequence[str | int]) -> WritesSince:
        since = statements.moment(moment - _CLOCK_TOLERANCE)
        return cls(f"{_WRITES_SINCE}{conditions} LIMIT 1", (since, since, *parameters))

    def exist(self) -> bool:
        return bool(statements.rows(self.sql, self.parameters))


def log_access(actor: Actor, results: Iterable[tuple[Read[Any], Result]]) -> None:
    """Add one entry to the access log for the reads of a billing account.

    The entry has the refusal of the account, else a success, else a failure.
    """
    of_account = [(read, result) for read, result in results if _is_of_account(read, result)]
    if not of_account:
        return
    read, result = min(of_account, key=_rank)
    source = _source(result)
    log = partial(
        audit.record_read,
        actor,
        read.path.get("workspace_id", ""),
        read.path["billing_account_id"],
        upstream_status=source.status if source else None,
        upstream_request_id=source.request_id if source else None,
    )
    if not isinstance(result, Failed):
        log(is_copy=not isinstance(result, Live))
    elif read.operation.method == "GET":
        # A refused preview does not mean that the account is refused.
        log(outcome=audit.outcome_of(result.error))


def _is_unchanged(row: AltostratToken) -> bool:
    same = AltostratToken.objects.filter(pk=row.pk, envelope=row.envelope, owner__is_active=True)
    return same.exclude(status=AltostratToken.Status.REFUSED).exists()


def _is_of_account(read: Read[Any], result: Result) -> bool:
    is_shown = not isinstance(result, Late) or result.answer is not None
    return "billing_account_id" in read.path and is_shown


def _rank(one: tuple[Read[Any], Result]) -> int:
    read, result = one
    match result:
        case Failed(error):
            is_account = read.operation is RETRIEVE_BILLING_ACCOUNT
            return 0 if is_account and audit.outcome_of(error) is audit.Outcome.REFUSED else 3
        case Live():
            return 1
    return 2


def _source(result: Result) -> Answer[Any] | AltostratError | None:
    """Return the source of the status and the request id of the log entry."""
    match result:
        case Live(answer) | Copied(answer):
            return answer
        case Kept(_, error) | Failed(error):
            return error
    return None
