"""What storing, renewing or checking a token came to, in sentences."""

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

# Names go into a message, and a message into a cookie of 2 KiB at most.
_MOST_NAMES: Final = 5
_LONGEST_NAME: Final = 60

Status = AltostratToken.Status


def tell_check(request: HttpRequest, done: str, check: Check) -> None:
    """A message: what was done, and what Altostrat said."""
    if check.status == Status.ACCEPTED:
        messages.success(request, f"{done}. {what_it_sees(check.workspaces)}")
    elif check.status == Status.REFUSED:
        messages.error(request, f"{done}: {_reason(check)} Renew it.")
    else:
        messages.warning(request, f"{done}, and could not be verified: {_reason(check)} It is kept as it is.")


def what_it_sees(names: Sequence[str]) -> str:
    """ "It sees 2 workspaces: ACME, Globex." """
    if not names:
        return "Altostrat accepts it, and it sees no workspace yet."
    shown = [Truncator(name).chars(_LONGEST_NAME) for name in names[:_MOST_NAMES]]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    count = f"{len(names)} workspace{'s' if len(names) != 1 else ''}"
    return f"It sees {count}: {', '.join(shown)}{more}."


def put_on_form(form: RenewTokenForm, error: Exception) -> None:
    """A refusal as an error of the field that it is about."""
    if isinstance(error, WorkspaceTaken):
        form.add_error(
            "workspace_id",
            "You hold a token for this workspace already. Renew or forget that one, under My tokens.",
        )
    elif isinstance(error, TokenRejected):
        form.add_error(
            "token",
            "Altostrat does not accept this token. Copy it again, or make a new one in Altostrat's settings.",
        )
    elif form.data.get("workspace_id"):
        form.add_error(
            "workspace_id",
            "Altostrat accepts the token, and does not let it see this workspace. Check the id.",
        )
    else:
        title = describe(error).title
        form.add_error("token", f"Altostrat knows the token, and refuses to list its workspaces: {title}.")


def _reason(check: Check) -> str:
    if check.error is None:
        return "Altostrat was not asked."
    failure = describe(check.error)
    return failure.what_failed
