"""manage.py contract_drift [--clear]."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing.services.contract_drift import findings


class Command(BaseCommand):
    help = "List where Altostrat's responses no longer fit contract/altostrat/openapi.yaml."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--clear", action="store_true", help="delete the list, after the contract was updated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["clear"]:
            self.stdout.write(f"Deleted {findings.clear()} rows.")
            return
        rows = findings.all_findings()
        for row in rows:
            self.stdout.write(f"{row}; {row.count} times, last {row.last_seen_at:%Y-%m-%d %H:%M} UTC")
        self.stdout.write(f"{len(rows)} differences." if rows else "All compared responses fit the contract.")
