"""The audit log: one entry for each action, with its outcome."""

from billing.services.audit.entries import (
    FROM_COPY,
    READ,
    Outcome,
    outcome_of,
    record,
    record_read,
    record_unattended,
)

__all__ = ("FROM_COPY", "READ", "Outcome", "outcome_of", "record", "record_read", "record_unattended")
