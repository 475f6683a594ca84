"""manage.py prune_audit --older-than-days N [--contents-only] [--yes]."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.services.maintenance import audit_retention


class Command(BaseCommand):
    """A command that without --yes only shows what it would delete."""

    help = (
        "Delete audit entries older than N days; the remaining chain can still be verified. Changes completed before "
        "then keep their row but lose the reason, the values sent and the previous values. On PostgreSQL only the "
        "owner of the audit table can prune: use the owner's DATABASE_URL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than-days", type=int, required=True, metavar="N")
        parser.add_argument(
            "--contents-only",
            action="store_true",
            help="keep the entries and delete only the values before and after",
        )
        parser.add_argument(
            "--yes", action="store_true", help="delete instead of showing what would be deleted"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["older_than_days"] < 1:
            raise CommandError("--older-than-days must be 1 or more.")
        before = timezone.now() - timedelta(days=options["older_than_days"])
        contents_only = options["contents_only"]
        if not options["yes"]:
            found = audit_retention.prunable(before)
            self.stdout.write(f"Would delete {_summary(found, contents_only)}. Use --yes to delete.")
            return
        prune = audit_retention.prune_contents if contents_only else audit_retention.prune
        try:
            found = prune(before)
        except audit_retention.NotTableOwner as error:
            raise CommandError(
                f"Nothing was deleted: {error}. Run this with the owner's DATABASE_URL."
            ) from None
        self.stdout.write(f"Deleted {_summary(found, contents_only)}.")


def _summary(found: audit_retention.Prunable, contents_only: bool) -> str:
    contents = f"{found.contents} sealed contents, and the contents of {found.changes} changes"
    if contents_only:
        return contents
    last = f", up to entry {found.last.pk}:{found.last.hash}" if found.last else ""
    return f"{found.entries} entries{last}, {contents}"
