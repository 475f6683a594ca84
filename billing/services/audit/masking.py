"""Differences between before and after, field by field, with personal values hidden from those who may not see them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from billing.services.audit.content import Content

# Fields that are not personal. All others are hidden, because a list of personal fields would miss new ones.
HARMLESS: Final = frozenset(
    """
    id object type action status state currency interval billing_mode role
    workspace_id billing_account_id organization_id parent_org_id customer_id subscription_id price_id user_id
    amount amount_due amount_paid unit_amount subtotal tax discount_amount total quantity free
    product_quantities add_products remove_products items lines product_name locations users sso
    is_default archived archived_at created_at updated_at current_period_start current_period_end due_date
    cancel_at cancel_at_period_end canceled_at paused_at
    pooled_seat_limit org_limit limits usage subtree_usage used depth
    trial_days trial_eligible can_create_subscription has_payment_method
    product ends sync below
    """.split()  # noqa: SIM905
)
# Hidden fields whose names may be shown, because the names are Altostrat's or the portal's.
_SAFE_NAMES: Final = HARMLESS | frozenset(
    """
    name email phone description address line1 line2 city postal_code country metadata tax_id
    billing_account payment_method default contacts
    """.split()  # noqa: SIM905
)
# Names inside this field are chosen by people, even those that look like the portal's.
_FREE_FORM: Final = "metadata"
_ELLIPSIS: Final = "…"


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, such as `address.city`. A value is None if it is absent or hidden.

    `had_value` and `has_value` also apply to hidden values. A hidden field's name is cut before a part that may be
    personal, as in `metadata.…`.
    """

    field: str
    change: Change
    before: str | None
    after: str | None
    had_value: bool
    has_value: bool
    is_hidden: bool


def differences(content: Content, *, show_personal: bool) -> tuple[Difference, ...]:
    """Compare all fields, changed ones first."""
    before, after = (
        dict(_leaves(side or {}, "", show_personal=show_personal)) for side in (content.before, content.after)
    )
    rows = [_difference(name, before, after, show_personal) for name in {**before, **after}]
    return tuple(sorted(rows, key=lambda row: row.change is Change.SAME))


def _difference(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], show_personal: bool
) -> Difference:
    had_value, has_value = before.get(name) not in (None, ""), after.get(name) not in (None, "")
    if name in before and name in after:
        change = Change.SAME if before[name] == after[name] else Change.CHANGED
    else:
        change = Change.ADDED if name in after else Change.REMOVED
    values = [side[name] for side in (before, after) if name in side]
    is_hidden = not (show_personal or all(_is_harmless(name, value) for value in values))
    old, new = (None if is_hidden or name not in side else _text(side[name]) for side in (before, after))
    return Difference(
        _masked_name(name) if is_hidden else name, change, old, new, had_value, has_value, is_hidden
    )


def _leaves(value: Mapping[str, Any], path: str, *, show_personal: bool) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of the fields, but nothing inside a hidden field: even names there may be personal."""
    for key, inner in value.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(inner, list) and inner and all(isinstance(item, Mapping) for item in inner):
            parts: Any = {str(number): item for number, item in enumerate(inner, start=1)}
        else:
            parts = inner
        if isinstance(parts, Mapping) and parts and (show_personal or key in HARMLESS or _is_index(key)):
            yield from _leaves(parts, name, show_personal=show_personal)
        else:
            yield name, inner


def _is_harmless(name: str, value: Any) -> bool:
    """Return whether every part of the name is harmless and the value is not a list of strings.

    The name may be a flat one, such as `product.users`.
    """
    if isinstance(value, Mapping) and value:
        return False
    if isinstance(value, list):
        return all(isinstance(item, int) for item in value) and _is_harmless(name, None)
    return all(part in HARMLESS or _is_index(part) for part in name.split("."))


def _is_index(part: str) -> bool:
    """Return whether this is an index in a list. A longer number may be personal."""
    return part.isdecimal() and len(part) < 4


def _masked_name(name: str) -> str:
    """Cut the name before the first part that may be personal."""
    parts: list[str] = []
    for part in name.split("."):
        is_safe = (part in _SAFE_NAMES or _is_index(part)) and _FREE_FORM not in parts
        parts.append(part if is_safe else _ELLIPSIS)
        if not is_safe:
            break
    return ".".join(parts)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
