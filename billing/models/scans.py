"""Walks over the workspaces and accounts of a token: how far one has come, and what it found, sealed."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from billing.models.secrets import AltostratToken


class Scan(models.Model):
    """One walk with one token. Gone with the token; what it found is opened only by `billing.services.scans`."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        STOPPED = "stopped", "Stopped"
        FINISHED = "finished", "Finished"

    # A UUID, so that the row's identity is known, and sealed in, before the row exists.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token = models.ForeignKey(AltostratToken, on_delete=models.CASCADE, related_name="scans")
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=State.choices, default=State.RUNNING)
    # What is still to be done, and what could not be read.
    envelope = models.TextField()
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(db_index=True)
    # Altostrat, or our own budget, asks to wait until then.
    resume_at = models.DateTimeField(null=True, blank=True)
    # Whose step is under way: the one request that may write. Left behind by a request that died, it ends by itself.
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("token", "kind"), name="one_scan_of_a_kind_per_token"),
        )

    def __str__(self) -> str:
        return f"scan {self.pk}"


class ScanPart(models.Model):
    """What one step of a walk found, sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    envelope = models.TextField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("scan", "number"), name="one_part_per_number"),)

    def __str__(self) -> str:
        return f"part {self.number} of scan {self.scan_id}"
