"""Writes to Altostrat, each one exactly once: prepared, reviewed, sent, and its outcome told.

    prepare(actor, Draft(verb, ids, wanted, …), change_id)   a row, nothing sent; who opened a form passes `opened`
    send(actor, change_id, Signature(reason, …), attempt)    the only place that writes; at most one call per attempt
    look_again(actor, change_id)                             reads what became of a write of unknown outcome
    resolve, undo, anew                                      make another Change, to be reviewed like any other
    previews                                                 what a change would cost: `prepare` asks, `send` insists

docs/decisions/0013-exactly-one-write.md says why, crash by crash.

To add a kind of write:

1. A module here, named after the noun, with one `Kind` for each write (see `kinds.Kind`; `billing_accounts.py` is the
   model). A kind says in words and small functions what it does: how to read the present state as a flat mapping of
   fields, which body to send for before and after, how a field is called and shown, what has to be given (reason,
   ticket, typed confirmation, a preview), what follows from it, how to undo it, how to see afterwards whether it
   happened.
2. Its row in `registry.KINDS`.
3. A page with its form, that ends in `review_of(...)` of `billing/pages/changes/submit.py`: see
   `billing/pages/billing_accounts/edit.py`. Review, three-way comparison, sending, outcome and undo are there
   already. When the form is to come back with Altostrat's own words at its fields, add the kind to
   `billing/pages/changes/forms.py`.
4. Tests: what it sends, its inverse, and how its unknown outcome is judged; the rest is tested for all kinds together.
"""

from billing.services.changes.comparison import Conflict, Row, conflicts_of, rows_of
from billing.services.changes.current_state import present
from billing.services.changes.errors import (
    ChangeError,
    Forgotten,
    Incomplete,
    NothingToChange,
    NotReady,
    OutcomeOpen,
    SentLately,
    UnknownChange,
)
from billing.services.changes.kind import Draft, Kind, State
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.outcome_checks import follow_up, look_again, settle_stale
from billing.services.changes.payload import Contents
from billing.services.changes.preparing import abandon, anew, prepare, resolve, undo, undoable
from billing.services.changes.queries import (
    contents_of,
    delete_what_is_over,
    forget_settled,
    list_own,
    of_unknown_outcome,
    one_of,
    own_among,
    settled_before,
    shown_state,
)
from billing.services.changes.sending import Signature, send
from billing.services.changes.snapshots import open_snapshot, snapshot

__all__ = (
    "KINDS",
    "ChangeError",
    "Conflict",
    "Contents",
    "Draft",
    "Forgotten",
    "Incomplete",
    "Kind",
    "NotReady",
    "NothingToChange",
    "OutcomeOpen",
    "Row",
    "SentLately",
    "Signature",
    "State",
    "UnknownChange",
    "abandon",
    "anew",
    "conflicts_of",
    "contents_of",
    "delete_what_is_over",
    "follow_up",
    "forget_settled",
    "kind_of",
    "list_own",
    "look_again",
    "of_unknown_outcome",
    "one_of",
    "open_snapshot",
    "own_among",
    "prepare",
    "present",
    "resolve",
    "rows_of",
    "send",
    "settle_stale",
    "settled_before",
    "shown_state",
    "snapshot",
    "undo",
    "undoable",
)
