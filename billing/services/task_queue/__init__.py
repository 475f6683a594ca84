"""Tasks for a worker, on Celery with Redis or Valkey. Without CELERY_BROKER_URL there are none.

    broker.py      whether the queue and a worker are there
    celery_app.py  Celery's application; only loaded with a broker
    queue.py       put a task into the queue
    runs.py        run a task: once at a time, and again if its worker was killed

docs/decisions/0028-tasks-with-celery.md gives the reasons.
"""

from billing.services.task_queue.broker import has_worker
from billing.services.task_queue.queue import enqueue

__all__ = ("enqueue", "has_worker")
