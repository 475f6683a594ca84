"""From a filled form to the review of its change; or back to the form, with what was typed and why it is not further.

A failure told on a page of its own would lose what was typed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from django.forms.utils import ErrorDict
from django.http import HttpResponse
from django.shortcuts import redirect

from billing.altostrat.errors import AltostratError, Broken, RateLimited, Refused, TokenRejected, Unavailable
from billing.failures import Failure, describe
from billing.pages.changes.lookup import change_named
from billing.pages.frame.access import PageRequest
from billing.pages.frame.actor import actor_of
from billing.services import changes
from billing.services.changes import Draft, Payload, previews
from billing.services.tokens import NoToken

logger = logging.getLogger(__name__)

NOTHING: Final = "Nothing differs from what Altostrat has, so there is nothing to send."
TOO_OLD: Final = "This form was opened too long ago. What you typed is still here: look at every field again."
_ITEM: Final = re.compile(r"items\.(\d+)\b")


class ChangingForm(Protocol):
    """A form whose input becomes a change."""

    cleaned_data: dict[str, Any]

    @property
    def errors(self) -> ErrorDict:
        """What is wrong with the input."""

    def add_error(self, field: str | None, error: Any) -> None:
        """Puts a sentence at a field, or on top."""

    def show_refusal(self, refusal: Mapping[str, Any]) -> None:
        """Puts Altostrat's words at their fields."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no review yet. What concerns the input stands in the form's own errors."""

    status: int = 422
    obstacle: str = ""
    failure: Failure | None = None


def review_of(request: PageRequest, form: ChangingForm, draft: Draft) -> HttpResponse | Problem:
    """The way to the review of a change that nobody has sent. What was typed in an earlier review goes along."""
    earlier = change_named(request, draft.verb, draft.ids)
    try:
        row = changes.prepare(
            actor_of(request), draft, change_id=form.cleaned_data["change_id"], replaces=earlier
        )
    except changes.NothingToChange:
        form.add_error(None, NOTHING)
        return Problem()
    except changes.NotReady as error:
        return Problem(status=409, obstacle=str(error))
    except (AltostratError, NoToken) as error:
        return told(form, draft, error)
    return redirect("change", row.pk)


def told(form: ChangingForm, draft: Draft, error: AltostratError | NoToken) -> Problem:
    """A failure on the form itself; words about what was typed at their fields."""
    failure = describe(error)
    logger.info("a form failed: %s (%s)", failure.code, type(error).__name__)
    if isinstance(error, Refused) and _is_about_input(error):
        form.show_refusal({"fields": _by_field(draft, error.fields)})
        failure = replace(
            failure,
            title="Altostrat cannot preview this",
            what_failed="Altostrat refused to say what it would cost.",
            what_to_do="Change the input, and try again.",
        )
    return Problem(status=failure.status, failure=failure)


def _is_about_input(error: Refused) -> bool:
    """Whether a preview was refused for what was asked, and not for who asked or when."""
    is_other = isinstance(error, (TokenRejected, RateLimited, Unavailable, Broken))
    return previews.is_preview_error(error) and not is_other


def _by_field(draft: Draft, fields: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """A preview numbers what it is asked; the form knows products."""
    payload = Payload(ids=draft.ids, before=draft.opened or {}, wanted=draft.wanted)
    body = changes.kind_of(draft.verb).preview_body(payload)
    if body is None:
        return dict(fields)
    products = [item["product_type"] for item in body.get("items", ())]

    def named(name: str) -> str:
        found = _ITEM.match(name)
        number = int(found[1]) if found else len(products)
        return f"product_quantities.{products[number]}" if number < len(products) else name

    return {named(name): texts for name, texts in fields.items()}
