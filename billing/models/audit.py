"""Who did what."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone

from billing.models.people import User


class AppendOnly(models.QuerySet["AuditEntry"]):
    """Refuses what would rewrite history."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries are never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit entries are never deleted.")


class AuditEntry(models.Model):
    """One act, and how it ended. Written by the services, refusals included."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded"
        REFUSED = "refused"
        FAILED = "failed"

    at = models.DateTimeField(default=timezone.now, db_index=True)
    # People leave: the name stays as text. DO_NOTHING with no constraint, since the row itself is never updated.
    actor = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit_entries"
    )
    actor_name = models.CharField(max_length=150)
    door = models.CharField(max_length=20)
    key_prefix = models.CharField(max_length=20, blank=True, default="")
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True, default="")
    verb = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=200, blank=True, default="")
    workspace_id = models.CharField(max_length=255, blank=True, default="")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    detail = models.CharField(max_length=200, blank=True, default="")

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.verb} {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Inserts. An entry that exists is never written again."""
        if not self._state.adding:
            raise TypeError("Audit entries are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused, always."""
        raise TypeError("Audit entries are never deleted.")
