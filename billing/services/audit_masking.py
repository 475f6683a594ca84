"""What changed between before and after, field by field; what may be personal hidden from those who may not see it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from billing.services.audit_content import Content

# Fields that say nothing of a person. All others are hidden: a list of personal fields would miss the next one.
HARMLESS: Final = frozenset(
    """
    id object type action status state currency interval billing_mode role metadata_keys
    workspace_id billing_account_id organization_id parent_org_id customer_id subscription_id price_id user_id
    amount amount_due amount_paid unit_amount subtotal tax discount_amount total quantity free
    product_quantities add_products remove_products items lines product_name locations users sso
    is_default archived archived_at created_at updated_at current_period_start current_period_end due_date
    cancel_at cancel_at_period_end canceled_at paused_at
    pooled_seat_limit org_limit limits usage subtree_usage used depth
    trial_days trial_eligible can_create_subscription has_payment_method
    """.split()  # noqa: SIM905
)


class Change(StrEnum):
    """What became of a field."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: `address.city`. The values as text, None where there was no such field or value.

    Hidden ones are None, too; `had` and `has` still tell whether there was a value.
    """

    field: str
    change: Change
    before: str | None
    after: str | None
    had: bool
    has: bool
    is_hidden: bool


def differences(content: Content, *, show_personal: bool) -> tuple[Difference, ...]:
    """Every field of both sides, those that changed first."""
    before, after = (
        dict(_leaves(side or {}, "", show_personal=show_personal)) for side in (content.before, content.after)
    )
    rows = [_difference(name, before, after, show_personal) for name in {**before, **after}]
    return tuple(sorted(rows, key=lambda row: row.change is Change.SAME))


def _difference(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], show_personal: bool
) -> Difference:
    had, has = before.get(name) not in (None, ""), after.get(name) not in (None, "")
    if name in before and name in after:
        change = Change.SAME if before[name] == after[name] else Change.CHANGED
    else:
        change = Change.ADDED if name in after else Change.REMOVED
    is_hidden = not (show_personal or _is_harmless(name))
    old, new = (None if is_hidden or name not in side else _text(side[name]) for side in (before, after))
    return Difference(name, change, old, new, had, has, is_hidden)


def _leaves(value: Mapping[str, Any], path: str, *, show_personal: bool) -> Iterator[tuple[str, Any]]:
    """Below a hidden field nothing is told, names included: they may be somebody's own words."""
    for key, inner in value.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(inner, Mapping) and inner and (show_personal or key in HARMLESS):
            yield from _leaves(inner, name, show_personal=show_personal)
        elif isinstance(inner, list) and inner and key in HARMLESS and isinstance(inner[0], Mapping):
            numbered = {str(number): item for number, item in enumerate(inner, start=1)}
            yield from _leaves_of_list(numbered, name, show_personal)
        else:
            yield name, inner


def _leaves_of_list(items: Mapping[str, Any], path: str, show_personal: bool) -> Iterator[tuple[str, Any]]:
    for number, item in items.items():
        if isinstance(item, Mapping):
            yield from _leaves(item, f"{path}.{number}", show_personal=show_personal)
        else:
            yield f"{path}.{number}", item


def _is_harmless(name: str) -> bool:
    return all(part in HARMLESS or part.isdigit() for part in name.split("."))


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
