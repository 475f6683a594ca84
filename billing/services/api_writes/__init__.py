"""Writes of programs: the body of a request becomes a change, which is recorded and sent at once.

The change has the same row, audit entries, lock and outcome as one that a person reviews on a page. Altostrat decides
whether it is possible, so nothing but the present state is read first.
"""

from billing.services.api_writes.drafts import draft_of, kinds_of
from billing.services.api_writes.idempotency import ChangeNotApplied, KeyInUse, KeyReused, send_once
from billing.services.api_writes.preconditions import IfMatch, PreconditionFailed
from billing.services.api_writes.sending import ChangeOutcomeUnknown, Sent, send
from billing.services.api_writes.write import Write

__all__ = (
    "ChangeNotApplied",
    "ChangeOutcomeUnknown",
    "IfMatch",
    "KeyInUse",
    "KeyReused",
    "PreconditionFailed",
    "Sent",
    "Write",
    "draft_of",
    "kinds_of",
    "send",
    "send_once",
)
