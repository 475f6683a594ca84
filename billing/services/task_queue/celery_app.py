"""Celery's application, for the portal, which sends messages, and for workers.

https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

from __future__ import annotations

import ssl
from typing import Final

from celery import Celery
from django.conf import settings

from billing.services.task_queue.broker import QUEUE

# A task that takes longer is interrupted, and killed a little later. Tasks of scans pause before.
_LIMIT_SECONDS: Final = 900
# A message that is not acknowledged is delivered again after this time. A lease in the database protects longer tasks.
_VISIBILITY_SECONDS: Final = 3600
# Until Redis answers a call, so that a request does not hang with it.
_TIMEOUT_SECONDS: Final = 2.0

app: Final = Celery("billing-portal", broker=settings.CELERY_BROKER_URL, set_as_current=False)
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    # The state is in the portal's own tables.
    task_ignore_result=True,
    task_default_queue=QUEUE,
    # A message is acknowledged when its task has ended, and returns to the queue if its process was killed.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_soft_time_limit=_LIMIT_SECONDS,
    task_time_limit=_LIMIT_SECONDS + 30,
    worker_concurrency=settings.WORKER_CONCURRENCY,
    # A child is replaced by a new one before it has grown.
    worker_max_tasks_per_child=500,
    # A task that runs continues while Redis restarts.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_enable_remote_control=False,
    worker_redirect_stdouts=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=_TIMEOUT_SECONDS,
    broker_pool_limit=None,
    task_publish_retry=False,
    broker_transport_options={
        "visibility_timeout": _VISIBILITY_SECONDS,
        "socket_timeout": _TIMEOUT_SECONDS,
        "socket_connect_timeout": _TIMEOUT_SECONDS,
        "retry_on_timeout": False,
        "socket_keepalive": True,
        "max_retries": 0,
    },
    **(
        {"broker_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED}}
        if settings.CELERY_BROKER_URL.startswith("rediss")
        else {}
    ),
)
