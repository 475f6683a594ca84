"""Writes to Altostrat, each exactly once: prepared, reviewed, sent, and its outcome checked.

    prepare(actor, Draft(verb, ids, wanted, …), change_id=…)   store an intended change; nothing is sent
    send(actor, change_id, Signature(reason, …), attempts=…)   the only function that writes; at most one call
    check_status(actor, change_id)                             read whether a change of unknown outcome was applied
    settle_unknown()                                           the same for everyone's changes
    resolve, undo, repeat                                      prepare another change, reviewed like any other
    Attempt.of(actor, change)                                  a change with its kind and payload opened

docs/decisions/0013-exactly-one-write.md gives the reasons, crash by crash.

To add a kind of write:

1. Subclass `Kind`, or one of the classes in `kinds/bases.py`, in the module of its noun in `kinds`. The methods return
   the present state as a flat mapping of fields, the body to send, the text of a field, the consequences, the change
   that undoes this one, and whether it was applied. `kinds/billing_accounts.py` is the model.
2. Add its instance to `kinds/registry.py`.
3. Add a page with its form: see CONTRIBUTING.md. Review, comparison, sending, outcome and undo exist already.
4. Test what it sends, its inverse, and the check of an unknown outcome. Other tests cover all kinds.
"""

from billing.services.changes.attempt import Attempt, payload_of
from billing.services.changes.comparison import field_changes, find_conflicts
from billing.services.changes.current_state import open_snapshot, read_current_state, seal_snapshot
from billing.services.changes.errors import (
    ChangeNotFound,
    Incomplete,
    NothingToChange,
    NotReady,
    NotRecorded,
    OutcomeUnknown,
    PayloadDeleted,
    RecentlySent,
    ResultNotRecorded,
)
from billing.services.changes.kind import Draft, Kind, State
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.outcome_checks import check_status, check_status_once, settle_stale
from billing.services.changes.payload import Payload
from billing.services.changes.preparing import (
    abandon,
    find_inverse,
    prepare,
    repeat,
    resolve,
    undo,
    undoable,
)
from billing.services.changes.queries import (
    delete_expired,
    delete_payloads,
    effective_state,
    filter_own,
    get_own,
    is_certainly_not_applied,
    list_own,
    list_unknown,
    settled_before,
)
from billing.services.changes.sending import Signature, send
from billing.services.changes.settling import Settled, mark_restored, settle_unknown

__all__ = (
    "KINDS",
    "Attempt",
    "ChangeNotFound",
    "Draft",
    "Incomplete",
    "Kind",
    "NotReady",
    "NotRecorded",
    "NothingToChange",
    "OutcomeUnknown",
    "Payload",
    "PayloadDeleted",
    "RecentlySent",
    "ResultNotRecorded",
    "Settled",
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
    "find_inverse",
    "get_own",
    "is_certainly_not_applied",
    "kind_of",
    "list_own",
    "list_unknown",
    "mark_restored",
    "open_snapshot",
    "payload_of",
    "prepare",
    "read_current_state",
    "repeat",
    "resolve",
    "seal_snapshot",
    "send",
    "settle_stale",
    "settle_unknown",
    "settled_before",
    "undo",
    "undoable",
)
