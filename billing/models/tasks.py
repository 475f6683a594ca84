"""Background tasks: those that wait or run, and how often each of them ended in which way."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from billing.models.people import User


class BackgroundTask(models.Model):
    """A task that waits or runs. Its message in the queue has only this id, because the queue is not encrypted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # One row for the same work: "scan:12:facts".
    key = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=40)
    owner = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=80, blank=True, default="")
    # The run that may work on it; empty while it waits.
    holder = models.UUIDField(null=True)
    # When a message is sent again. A run moves this on as long as it lives, so that it is also the end of its lease.
    due_at = models.DateTimeField(db_index=True)
    # Runs that began since the last one that ended in order.
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.key


class BackgroundTaskCount(models.Model):
    """How often tasks of a name had an outcome, and when the last one did."""

    name = models.CharField(max_length=40)
    outcome = models.CharField(max_length=20)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("name", "outcome"), name="one_count_per_outcome"),)

    def __str__(self) -> str:
        return f"{self.name} {self.outcome}"
