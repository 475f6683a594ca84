"""The messages and form errors after a token was stored, renewed or checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.http import HttpRequest
from django.utils.text import Truncator

from billing.altostrat.errors import TokenRejected
from billing.failures import describe
from billing.models import AltostratToken
from billing.pages.frame.token_forms import RenewTokenForm
from billing.services.tokens.manage import Check, WorkspaceTaken

# Messages are stored in a cookie, which must stay below 2 KiB.
_MAX_NAMES: Final = 5
_MAX_NAME_LENGTH: Final = 60

Status = AltostratToken.Status


def show_check(request: HttpRequest, done: str, check: Check) -> None:
    """Show what was done and the result of the check."""
    reason = describe(check.error).what_failed if check.error else "Altostrat was not called."
    if check.status == Status.ACCEPTED:
        messages.success(request, f"{done}. {workspaces_text(check.workspaces)}")
        if check.abilities.text:
            messages.info(request, check.abilities.text)
    elif check.status == Status.REFUSED:
        messages.error(request, f"{done}: {reason} Renew the token.")
    else:
        messages.warning(request, f"{done}, but could not be verified: {reason}")


def workspaces_text(names: Sequence[str]) -> str:
    """Return "It can access 2 workspaces: ACME, Globex."."""
    if not names:
        return "It is valid, but cannot access any workspace yet."
    shown = [Truncator(name).chars(_MAX_NAME_LENGTH) for name in names[:_MAX_NAMES]]
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    count = f"{len(names)} workspace{'s' if len(names) != 1 else ''}"
    return f"It can access {count}: {', '.join(shown)}{more}."


def add_error(form: RenewTokenForm, error: Exception) -> None:
    """Show a refusal at the field that caused it."""
    if isinstance(error, WorkspaceTaken):
        form.add_error("workspace_id", "You already have a token for this workspace. Renew or delete it.")
    elif isinstance(error, TokenRejected):
        form.add_error(
            "token",
            "Altostrat rejects this token. Copy it again, or create a new one in Altostrat's settings.",
        )
    elif form.data.get("workspace_id"):
        form.add_error("workspace_id", "The token is valid, but cannot access this workspace. Check the ID.")
    else:
        title = describe(error).title
        form.add_error("token", f"The token is valid, but cannot list its workspaces: {title}.")
