"""Every kind of change of a subscription. Altostrat takes one kind per request.

https://altostrat.io/docs/api/en/subscriptions
"""

from billing.services.changes.kinds.subscriptions.actions import PAUSE, RESUME, SYNC
from billing.services.changes.kinds.subscriptions.cancellation import CANCEL
from billing.services.changes.kinds.subscriptions.creation import CREATE, MOST_RUNNING
from billing.services.changes.kinds.subscriptions.metadata import METADATA, MOST_PAIRS
from billing.services.changes.kinds.subscriptions.quantities import ADD, REMOVE, REPLACE

KINDS = (CREATE, REPLACE, ADD, REMOVE, PAUSE, RESUME, SYNC, METADATA, CANCEL)

__all__ = (
    "ADD",
    "CANCEL",
    "CREATE",
    "KINDS",
    "METADATA",
    "MOST_PAIRS",
    "MOST_RUNNING",
    "PAUSE",
    "REMOVE",
    "REPLACE",
    "RESUME",
    "SYNC",
)
