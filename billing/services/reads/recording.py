"""What calls tell of their token, and the copies of what they answered, written down."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Max

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError, NotAllowed, NotFound, TokenRejected, nothing_was_sent
from billing.models import AltostratToken, Change
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.reads.in_flight import Outcome
from billing.services.tokens import kept_copies
from billing.services.tokens.kept_copies import Read

logger = logging.getLogger(__name__)

# So far the clocks of two processes may differ.
_CLOCKS_DIFFER: Final = timedelta(seconds=2)
NEVER: Final = datetime.min.replace(tzinfo=UTC)


def write_down(actor: Actor, row: AltostratToken, came: Iterable[tuple[Read[Any], Outcome]]) -> None:
    """What calls made with one token came to."""
    pairs = list(came)
    errors = [outcome for _, outcome in pairs if isinstance(outcome, AltostratError)]
    sent = [error for error in errors if not nothing_was_sent(error)]
    rejected = next((error for error in sent if isinstance(error, TokenRejected)), None)
    if rejected is not None:
        tokens.record_result(actor, row, rejected)
        return
    answered = [(read, outcome) for read, outcome in pairs if isinstance(outcome, Answer)]
    if answered or sent:
        tokens.record_result(actor, row, None if answered else sent[0])
    gone = [read for read, outcome in pairs if isinstance(outcome, (NotAllowed, NotFound))]
    if gone:
        kept_copies.forget(row, gone)
    if answered:
        kept_copies.keep(row, answered)


def write_down_late(
    actor: Actor,
    row: AltostratToken,
    read: Read[Any],
    began_at: datetime,
    outcome: Outcome,
    again: Callable[[], Outcome],
) -> None:
    """The same for one call that nobody waited for, on the thread that made it. Raises nothing: nobody would hear it.

    Nothing is written when the token was renewed, refused or forgotten meanwhile, and no answer is kept that was asked
    for before its person's last write. A 401 is asked `again`: nothing beside it tells whether to believe it.
    """
    try:
        if isinstance(outcome, TokenRejected) and _is_as_it_was(row):
            outcome = again()
        is_over = isinstance(outcome, Answer) and began_at <= last_write(row)
        if _is_as_it_was(row) and not is_over:
            write_down(actor, row, [(read, outcome)])
    except Exception as error:  # noqa: BLE001 - whatever it is; its text may hold what was to be kept
        logger.warning("what came late could not be written down: %s", type(error).__name__)


def last_write(row: AltostratToken) -> datetime:
    """When the owner of a token has last written to Altostrat: what was asked before may say how it was before."""
    found = Change.objects.filter(user=row.owner_id).aggregate(sent=Max("sent_at"), settled=Max("settled_at"))
    moments = [moment for moment in found.values() if moment is not None]
    return max(moments) + _CLOCKS_DIFFER if moments else NEVER


def _is_as_it_was(row: AltostratToken) -> bool:
    same = AltostratToken.objects.filter(pk=row.pk, envelope=row.envelope, owner__is_active=True)
    return same.exclude(status=AltostratToken.Status.REFUSED).exists()
