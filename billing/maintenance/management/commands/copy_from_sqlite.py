"""manage.py copy_from_sqlite FILE: moves the portal from SQLite to the PostgreSQL database in DATABASE_URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.services.maintenance import database_copy


class Command(BaseCommand):
    """A command that copies everything or nothing."""

    help = (
        "Copy all rows of an SQLite database to the PostgreSQL database in DATABASE_URL, which has tables and no "
        "people yet. Every row is compared, the audit log is verified and every sealed value opened; otherwise "
        "nothing is copied. Stop the portal first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the SQLite database, which is only read")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tables = database_copy.copy_from_sqlite(options["file"])
        except database_copy.CannotCopy as error:
            raise CommandError(str(error)) from None
        for table in tables:
            self.stdout.write(f"{table.name}: {table.rows}")
        self.stdout.write(
            "All rows are equal, the audit log is intact, and every sealed value opens. "
            "Run verify_audit and store its new head."
        )
