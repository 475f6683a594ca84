"""Digests of the work queues by email: what a person has chosen, and the last one."""

from __future__ import annotations

from django.db import models

from billing.models.people import User


class Digest(models.Model):
    """One row per person. `claimed_for` is the period of the last attempt, so that each period has one."""

    class Frequency(models.TextChoices):
        DAILY = "daily", "Every day"
        WEEKLY = "weekly", "Every Monday"

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="digest")
    frequency = models.CharField(max_length=10, choices=Frequency.choices)
    # Of the person's day, in their time zone.
    hour = models.PositiveSmallIntegerField(default=7)
    claimed_for = models.DateField(null=True)
    # Keyed digests of the accounts in each queue, so that they cannot be guessed: {"past-due": ["1f…"]}
    seen = models.JSONField(default=dict)
    last_at = models.DateTimeField(null=True)
    # The portal's own words.
    last_result = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.user} {self.frequency}"
