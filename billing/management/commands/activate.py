"""manage.py activate NAME."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.services.people import staff


class Command(BaseCommand):
    """Lets a deactivated person in again, with the roles, keys and tokens they had."""

    help = "Lets a deactivated person in again, with the roles, keys and tokens they had."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = staff.activate_as_operator(options["name"])
        except staff.UnknownPerson:
            raise CommandError(f"There is no user called {options['name']}.") from None
        self.stdout.write(f"{user.get_username()} may come in again.")
