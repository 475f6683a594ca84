"""The reason on a form why its change could not be prepared. A failure page would lose the input."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from billing.altostrat.errors import (
    AltostratError,
    Broken,
    RateLimited,
    Refused,
    TimedOut,
    TokenRejected,
    Unavailable,
)
from billing.failures import Failure, describe
from billing.pages.changes.base_form import ChangeForm
from billing.services import changes
from billing.services.changes import Draft, Payload, previews
from billing.services.tokens import NoToken

logger = logging.getLogger(__name__)

_ITEM: Final = re.compile(r"items\.(\d+)\b")


def explain(form: ChangeForm, draft: Draft, error: AltostratError | NoToken) -> Failure:
    """Return the failure to show above the form. Messages about the input go to its fields."""
    failure = describe(error)
    logger.info("a form failed: %s (%s)", failure.code, type(error).__name__)
    if not (isinstance(error, Refused) and _is_about_input(error)):
        return failure
    form.show_refusal({"fields": _by_field(draft, error.fields)})
    return replace(
        failure,
        title="Altostrat cannot preview this change",
        what_failed="Altostrat refused to calculate its price.",
        what_to_do="Change the input, then try again.",
    )


def _is_about_input(error: Refused) -> bool:
    """Return whether a preview was refused because of its input, not because of the token or a temporary problem."""
    is_other = isinstance(error, (TokenRejected, RateLimited, Unavailable, TimedOut, Broken))
    return previews.is_preview_error(error) and not is_other


def _by_field(draft: Draft, fields: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Rename the items of a preview, which are numbered, to the products of the form."""
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
