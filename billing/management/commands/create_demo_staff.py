"""manage.py create_demo_staff --people FILE: creates the demo's people and sample data, with a password on stdin."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.services.demo import data, people


class Command(BaseCommand):
    """A command whose second run repairs data that no longer works, such as a token for another API address."""

    help = "Create the demo's people who have a role, and admin with the password from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--people", type=Path, required=True, help="for example identity_provider/people.json"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "This command runs only with DEMO=on, because anyone can sign in as the demo's people."
            )
        people.set_up_administrator(password=sys.stdin.readline().strip())
        for user in people.set_up_people(json.loads(options["people"].read_text())):
            self.stdout.write(f"{user.get_username()} is ready.")
        data.create_activity()
