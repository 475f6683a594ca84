"""What retention has deleted, according to the entries that record each pruning."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from billing.models import AuditEntry

# The subject is the hash of the last deleted entry: the first remaining entry must follow it.
ENTRIES: Final = "audit.prune"
# The subject is the id of the last entry whose content was deleted. Later entries must still have theirs.
CONTENTS: Final = "audit.prune_contents"


def pruning_entries() -> QuerySet[AuditEntry]:
    """Return the entries that record a pruning, oldest first."""
    succeeded = AuditEntry.objects.filter(outcome=AuditEntry.Outcome.SUCCEEDED)
    return succeeded.filter(verb__in=(ENTRIES, CONTENTS)).order_by("pk")


def start_of_chain() -> str:
    """Return the hash that the first entry must follow: empty, or that of the last pruned entry."""
    return pruning_entries().filter(verb=ENTRIES).values_list("subject", flat=True).last() or ""


def contents_pruned_up_to() -> int:
    """Return the id up to which retention has deleted contents; 0 if it deleted none."""
    rows = pruning_entries().filter(verb=CONTENTS).values_list("pk", "subject")
    # A pruning cannot have deleted what was written after it.
    return max((min(int(subject), pk - 1) for pk, subject in rows if subject.isdecimal()), default=0)
