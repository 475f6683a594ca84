"""Changes to Altostrat: prepared, reviewed, sent exactly once, and followed up.

    prepare(actor, Draft(verb, ids, wanted, …), change_id)   a row, nothing sent; who opened a form passes `opened`
    send(actor, change_id, Signature(reason, …), attempt)    the only place that writes; at most one call per attempt
    check_status(actor, change_id)                             reads what became of a write of unknown outcome
    resolve, undo, repeat                                      make another Change, to be reviewed like any other
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

from billing.services.changes.comparison import Conflict, FieldChange, field_changes, find_conflicts
from billing.services.changes.current_state import read_current_state
from billing.services.changes.errors import (
    ChangeError,
    ChangeNotFound,
    Incomplete,
    NothingToChange,
    NotReady,
    OutcomeUnknown,
    PayloadDeleted,
    RecentlySent,
)
from billing.services.changes.kind import Draft, Kind, State
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.outcome_checks import check_status, check_status_once, settle_stale
from billing.services.changes.payload import Payload
from billing.services.changes.preparing import abandon, prepare, repeat, resolve, undo, undoable
from billing.services.changes.queries import (
    delete_expired,
    delete_payloads,
    effective_state,
    filter_own,
    get_own,
    list_own,
    list_unknown,
    payload_of,
    settled_before,
)
from billing.services.changes.sending import Signature, send
from billing.services.changes.snapshots import open_snapshot, seal_snapshot

__all__ = (
    "KINDS",
    "ChangeError",
    "ChangeNotFound",
    "Conflict",
    "Draft",
    "FieldChange",
    "Incomplete",
    "Kind",
    "NotReady",
    "NothingToChange",
    "OutcomeUnknown",
    "Payload",
    "PayloadDeleted",
    "RecentlySent",
    "Signature",
    "State",
    "abandon",
    "check_status",
    "check_status_once",
    "delete_expired",
    "delete_payloads",
    "effective_state",
    "field_changes",
    "filter_own",
    "find_conflicts",
    "get_own",
    "kind_of",
    "list_own",
    "list_unknown",
    "open_snapshot",
    "payload_of",
    "prepare",
    "read_current_state",
    "repeat",
    "resolve",
    "seal_snapshot",
    "send",
    "settle_stale",
    "settled_before",
    "undo",
    "undoable",
)
