"""manage.py prune_audit --older-than-days N [--contents-only] [--yes]."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.services.maintenance import audit_retention


class Command(BaseCommand):
    """Says what would go; with --yes it goes."""

    help = (
        "Deletes entries of the audit that are older than so many days; the chain of the others can still be verified. "
        "Changes that were settled before stay as rows, without the reason, what was sent, and what was there before. "
        "On PostgreSQL only the owner of the table can: run it with the owner's DATABASE_URL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than-days", type=int, required=True, metavar="N")
        parser.add_argument(
            "--contents-only",
            action="store_true",
            help="keep the entries, delete what they and changes found and left",
        )
        parser.add_argument("--yes", action="store_true", help="really delete")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["older_than_days"] < 1:
            raise CommandError("--older-than-days must be 1 or more.")
        before = timezone.now() - timedelta(days=options["older_than_days"])
        contents_only = options["contents_only"]
        if not options["yes"]:
            found = audit_retention.doomed(before)
            self.stdout.write(f"Would delete {_told(found, contents_only)}. With --yes it does.")
            return
        prune = audit_retention.prune_contents if contents_only else audit_retention.prune
        try:
            found = prune(before)
        except audit_retention.NotTheOwner as error:
            raise CommandError(
                f"Nothing was deleted: {error}. Run this with the owner's DATABASE_URL."
            ) from None
        self.stdout.write(f"Deleted {_told(found, contents_only)}.")


def _told(found: audit_retention.Doomed, contents_only: bool) -> str:
    contents = f"{found.contents} sealed contents, and what {found.changes} changes held"
    if contents_only:
        return contents
    last = f", up to entry {found.last.pk}:{found.last.hash}" if found.last else ""
    return f"{found.entries} entries{last}, {contents}"
