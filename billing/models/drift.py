"""Where responses of Altostrat differ from its contract."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class ContractDrift(models.Model):
    """A field that is missing, new, has an undocumented value, or another type. It has no values."""

    class Kind(models.TextChoices):
        MISSING = "missing", "documented field missing"
        NEW = "new", "new field"
        VALUE = "value", "new value"
        TYPE = "type", "other type"

    operation = models.CharField(max_length=80)
    path = models.CharField("field", max_length=255, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # In how many of the compared responses. One a minute is compared for each operation and process.
    count = models.PositiveBigIntegerField(default=0)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    logged_on = models.DateField(null=True, editable=False)

    class Meta:
        ordering = ("operation", "path", "kind")
        verbose_name_plural = "contract drift"
        constraints = (
            models.UniqueConstraint(
                fields=("operation", "path", "kind"), name="one_row_per_operation_field_and_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.operation}: {self.get_kind_display()}: {self.path or 'body'}"
