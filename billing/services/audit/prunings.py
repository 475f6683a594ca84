"""What retention has let go, as the chain itself tells it: by entries that are in it like all others."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from billing.models import AuditEntry

# Its subject is the hash of the last entry that went: the first one left must follow it.
ENTRIES: Final = "audit.prune"
# Its subject is the id of the last entry whose content went; what is missing after it was taken by somebody else.
CONTENTS: Final = "audit.prune_contents"


def on_record() -> QuerySet[AuditEntry]:
    """The entries that tell of a pruning, the oldest first."""
    done = AuditEntry.objects.filter(outcome=AuditEntry.Outcome.SUCCEEDED)
    return done.filter(verb__in=(ENTRIES, CONTENTS)).order_by("pk")


def start_of_chain() -> str:
    """What the first entry must follow: nothing, or the last entry that was pruned."""
    return on_record().filter(verb=ENTRIES).values_list("subject", flat=True).last() or ""


def contents_gone_up_to() -> int:
    """The last entry whose content retention has taken, with all before it; 0 when it took none."""
    rows = on_record().filter(verb=CONTENTS).values_list("pk", "subject")
    # No pruning can have taken what was written after it.
    return max((min(int(subject), pk - 1) for pk, subject in rows if subject.isdecimal()), default=0)
