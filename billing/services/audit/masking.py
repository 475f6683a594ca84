"""What changed between before and after, field by field; what may be personal hidden from those who may not see it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from billing.services.audit.content import Content

# Fields that say nothing of a person. All others are hidden: a list of personal fields would miss the next one.
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
# Fields whose values are hidden and whose names say nothing: they are Altostrat's, or ours.
_NAMED: Final = HARMLESS | frozenset(
    """
    name email phone description address line1 line2 city postal_code country metadata tax_id
    billing_account payment_method default contacts
    """.split()  # noqa: SIM905
)
# Below it, names are somebody's own words, also those that look like ours.
_FREE: Final = "metadata"
_CUT: Final = "…"


class Change(StrEnum):
    """What became of a field."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: `address.city`. The values as text, None where there was no such field or value.

    Hidden ones are None, too; `had` and `has` still tell whether there was a value. A hidden name ends where it is no
    word of ours or Altostrat's: `metadata.…`.
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
    values = [side[name] for side in (before, after) if name in side]
    is_hidden = not (show_personal or all(_is_harmless(name, value) for value in values))
    old, new = (None if is_hidden or name not in side else _text(side[name]) for side in (before, after))
    return Difference(_told(name) if is_hidden else name, change, old, new, had, has, is_hidden)


def _leaves(value: Mapping[str, Any], path: str, *, show_personal: bool) -> Iterator[tuple[str, Any]]:
    """Below a hidden field nothing is told, names included: they may be somebody's own words."""
    for key, inner in value.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(inner, list) and inner and all(isinstance(item, Mapping) for item in inner):
            parts: Any = {str(number): item for number, item in enumerate(inner, start=1)}
        else:
            parts = inner
        if isinstance(parts, Mapping) and parts and (show_personal or key in HARMLESS or _is_place(key)):
            yield from _leaves(parts, name, show_personal=show_personal)
        else:
            yield name, inner


def _is_harmless(name: str, value: Any) -> bool:
    """Whether every word on the way to it is, flat names (`product.users`) included, and it is no list of texts."""
    if isinstance(value, Mapping) and value:
        return False
    if isinstance(value, list):
        return all(isinstance(item, int) for item in value) and _is_harmless(name, None)
    return all(part in HARMLESS or _is_place(part) for part in name.split("."))


def _is_place(part: str) -> bool:
    """A place in a list; a longer number may be somebody's."""
    return part.isdecimal() and len(part) < 4


def _told(name: str) -> str:
    """A hidden name as far as it says nothing of anybody."""
    told: list[str] = []
    for part in name.split("."):
        known = (part in _NAMED or _is_place(part)) and _FREE not in told
        told.append(part if known else _CUT)
        if not known:
            break
    return ".".join(told)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
