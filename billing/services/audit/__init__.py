"""The audit log: one entry for every action, with its outcome."""

from billing.services.audit.entries import (
    A_COPY,
    READING,
    Outcome,
    outcome_of,
    record,
    record_reading,
    record_unattended,
)

__all__ = ("A_COPY", "READING", "Outcome", "outcome_of", "record", "record_reading", "record_unattended")
