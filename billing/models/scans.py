"""Scans of a token's workspaces and accounts: their progress and their sealed results."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from billing.models.secrets import AltostratToken


class Scan(models.Model):
    """One scan with one token. Only `billing.services.scans` opens its results."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        STOPPED = "stopped", "Stopped"
        FINISHED = "finished", "Finished"

    # A UUID, because the envelope is bound to the id before the row exists.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token = models.ForeignKey(AltostratToken, on_delete=models.CASCADE, related_name="scans")
    kind = models.CharField(max_length=20)
    # Whether the results contain personal data masked, as for their reader when the scan started.
    is_masked = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=State.choices, default=State.RUNNING)
    # The remaining tasks, and what could not be read.
    envelope = models.TextField()
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(db_index=True)
    # Altostrat's rate limit or the portal's budget requires a pause until then.
    resume_at = models.DateTimeField(null=True, blank=True)
    # The one request that may write. It expires, in case that request is killed.
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("token", "kind"), name="one_scan_of_a_kind_per_token"),
        )

    def __str__(self) -> str:
        return f"scan {self.pk}"


class ScanPart(models.Model):
    """The sealed results of one scan step."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    envelope = models.TextField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("scan", "number"), name="one_part_per_number"),)

    def __str__(self) -> str:
        return f"part {self.number} of scan {self.scan_id}"
