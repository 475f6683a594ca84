"""Every kind of change of a subscription. Altostrat accepts one kind per request.

https://altostrat.io/docs/api/en/subscriptions
"""

from billing.services.changes.kinds.subscriptions.actions import PAUSE, RESUME, SYNC
from billing.services.changes.kinds.subscriptions.cancellation import CANCEL
from billing.services.changes.kinds.subscriptions.creation import CREATE, MAX_RUNNING
from billing.services.changes.kinds.subscriptions.metadata import MAX_PAIRS, METADATA
from billing.services.changes.kinds.subscriptions.quantities import ADD, REMOVE, REPLACE

KINDS = (CREATE, REPLACE, ADD, REMOVE, PAUSE, RESUME, SYNC, METADATA, CANCEL)

__all__ = (
    "ADD",
    "CANCEL",
    "CREATE",
    "KINDS",
    "MAX_PAIRS",
    "MAX_RUNNING",
    "METADATA",
    "PAUSE",
    "REMOVE",
    "REPLACE",
    "RESUME",
    "SYNC",
)
