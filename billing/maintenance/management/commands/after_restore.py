"""manage.py after_restore: run it once after a database was restored from a backup, before the portal starts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from billing.services import changes
from billing.services.maintenance import restoring


class Command(BaseCommand):
    """A command that may be repeated: it ends what is open at that time."""

    help = (
        "After a restore: end all sessions, make portal keys read-only, and mark changes and reminders that may "
        "have been sent after the backup was made, and check the changes. Run it before the portal starts. It sends "
        "nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        restored = restoring.end_what_is_uncertain()
        settled = changes.settle_unknown()
        self.stdout.write(
            f"Audit log: its last entry is {restored.last_entry}. Later entries are only in the logs."
        )
        self.stdout.write(f"Ended sessions: {restored.sessions}.")
        self.stdout.write(f"Changes that may have been sent after the backup: {restored.changes}.")
        self.stdout.write(f"Reminders that may have been sent after the backup: {restored.reminders}.")
        self.stdout.write(
            f"Unknown outcomes: {settled.applied} applied, {settled.not_applied} not applied, "
            f"{settled.unknown} still unknown."
        )
        self.stdout.write(f"Portal keys that work, read-only from now on: {len(restored.keys)}.")
        for key in restored.keys:
            was = "was read-only before" if key.is_read_only else " ".join(key.scopes)
            self.stdout.write(f"  {key.prefix}  {key.owner.get_username()}  {key.name}  {was}")
        self.stdout.write(
            "Revoke those that were revoked after the backup (revoke_key). Allow writes again with change_key "
            "PREFIX --no-read-only, once the program's operator has compared its last writes with Altostrat."
        )
