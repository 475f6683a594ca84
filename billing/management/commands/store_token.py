"""manage.py store_token --user NAME --label L [--workspace WS] [--default] [--no-verify] < TOKEN."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.altostrat.credentials import MalformedToken
from billing.altostrat.errors import AltostratError, NotAllowed, NotFound
from billing.altostrat.identifiers import InvalidIdentifier
from billing.models import User
from billing.services.people import staff
from billing.services.tokens import manage as token_changes
from billing.services.tokens.tokens import describe_result
from billing.vault import CannotUnseal


class Command(BaseCommand):
    """A command that reads the token from standard input, because process listings show arguments."""

    help = "Store an Altostrat token for a person. The token is read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="the owner of the token")
        parser.add_argument("--label", required=True)
        parser.add_argument("--workspace", default="", help="use it for this workspace only")
        parser.add_argument(
            "--default", action="store_true", help="use it for all workspaces without a token"
        )
        parser.add_argument(
            "--no-verify", action="store_true", help="store it without checking it with Altostrat"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if sys.stdin.isatty():
            self.stderr.write("Paste the token and press Enter.")
        try:
            row, check = token_changes.save(
                staff.actor_for_command(options["user"]),
                text=sys.stdin.read(),
                label=options["label"],
                workspace_id=options["workspace"],
                default=options["default"],
                verify=not options["no_verify"],
            )
        except User.DoesNotExist:
            raise CommandError(f"There is no user called {options['user']}.") from None
        except MalformedToken as error:
            raise CommandError(f"The token on standard input: {error}") from None
        except InvalidIdentifier:
            raise CommandError("--workspace must be a workspace ID, which begins with ws_.") from None
        except token_changes.WorkspaceTaken:
            raise CommandError(f"{options['user']} already has a token for {options['workspace']}.") from None
        except CannotUnseal as error:
            raise CommandError(f"VAULT_KEYS does not match this database. {error}") from None
        except (NotAllowed, NotFound) as error:
            if not options["workspace"]:
                raise CommandError(f"Nothing was stored: {describe_result(error)}.") from None
            raise CommandError(
                f"Nothing was stored: the token does not see the workspace {options['workspace']}."
            ) from None
        except AltostratError as error:
            raise CommandError(
                f"Altostrat refused the token, so it was not stored: {describe_result(error)}."
            ) from None
        self.stdout.write(f"Stored {row.masked} as {row.label!r}: {row.get_status_display()}.")
        if check.workspaces:
            self.stdout.write(
                f"It can see {len(check.workspaces)} workspace(s): {', '.join(check.workspaces)}."
            )
        if check.abilities.text:
            self.stdout.write(check.abilities.text)
        if check.error is not None:
            self.stderr.write(f"Altostrat could not check it: {describe_result(check.error)}.")
        if not (row.is_default or row.workspace_id):
            self.stderr.write(
                "This token is not used, because another one is the default. To change that, use --default."
            )
