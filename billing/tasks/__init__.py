"""The tasks of workers. Each message has the id of a row (`BackgroundTask`), and calls one service.

No task sends a write to Altostrat.
"""

from billing.services.task_queue.celery_app import app
from billing.tasks import digests, maintenance, outcomes, reminders, scans, schedule, signals

__all__ = ("app", "digests", "maintenance", "outcomes", "reminders", "scans", "schedule", "signals")
