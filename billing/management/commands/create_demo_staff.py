"""manage.py create_demo_staff: the people of the demo with sandbox tokens, and what they have done at their desks.

The admin's password comes on standard input.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.services.demo import data as demo_desk
from billing.services.demo import people as demo


class Command(BaseCommand):
    """Refuses outside the demo. Run again, it mends what no longer works, such as a token for another address."""

    help = "Creates the people of the demo's company who have a role, and admin with a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--people", type=Path, required=True, help="such as identity_provider/people.json"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "This makes people whom a demo's provider vouches for; it runs with DEMO=on only."
            )
        demo.set_up_administrator(password=sys.stdin.readline().strip())
        for user in demo.set_up_people(json.loads(options["people"].read_text())):
            self.stdout.write(f"{user.get_username()} is ready.")
        demo_desk.set_the_desk()
