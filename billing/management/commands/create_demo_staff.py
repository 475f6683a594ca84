"""manage.py create_demo_staff: the people of the demo, with sandbox tokens; their password on standard input."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing.roles import Role
from billing.services import demo


class Command(BaseCommand):
    """Refuses outside the demo. Run again, it mends what no longer works, such as a token for another address."""

    help = "Creates the people of the demo: one for each role, named after it."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This makes people whose password is printed; it runs with DEMO=on only.")
        password = sys.stdin.readline().strip()
        for role in Role:
            user = demo.set_up(role=role, password=password)
            self.stdout.write(f"{user.get_username()} has the role {role.value} and a sandbox token.")
