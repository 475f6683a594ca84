"""The panels of a billing account's page: what each needs, and its state. One that fails breaks only itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.urls import reverse

from billing.altostrat.client import Answer
from billing.failures import Failure, describe
from billing.services.account_reads import (
    ACCOUNT,
    INVOICES,
    ORGANIZATIONS,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    TRIAL,
    WORKSPACE,
    answer_of,
)
from billing.services.actor import Actor
from billing.services.side_by_side import Failed, Kept, Late, Live, Result


class State(StrEnum):
    """What a panel shows."""

    LIVE = "live"
    KEPT = "kept"
    LATE = "late"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Sight:
    """What was read for one page, and for whom. `results` has no entry for what was not asked."""

    actor: Actor
    workspace_id: str
    billing_account_id: str
    results: Mapping[str, Result]
    now: datetime

    def value(self, name: str) -> Any:
        """What Altostrat said, live or a copy; None where it said nothing."""
        answer = answer_of(self.results.get(name))
        return answer.value if answer is not None else None

    def items(self, name: str) -> tuple[Any, ...] | None:
        """The items of a listing; None where there is none."""
        listing = self.value(name)
        return None if listing is None else listing.items

    def address(self, panel: str) -> str:
        """Where one panel is by itself."""
        return reverse("billing-account-panel", args=(self.workspace_id, self.billing_account_id, panel))


@dataclass(frozen=True, slots=True)
class Spec:
    """What a panel needs: all of `needs` must be there. `is_local` is what the portal itself keeps: it needs the
    account only as proof that its reader may see it, and is no copy."""

    title: str
    needs: tuple[str, ...]
    is_local: bool = False


PANELS: Final[Mapping[str, Spec]] = {
    "subscriptions": Spec("Subscriptions", (SUBSCRIPTIONS,)),
    "invoices": Spec("Invoices", (INVOICES,)),
    "ageing": Spec("Open invoices by age", (INVOICES,)),
    "spend": Spec("Spend", (INVOICES,)),
    "payment-methods": Spec("Payment methods", (PAYMENT_METHODS,)),
    "seats": Spec("Seats", (WORKSPACE, ORGANIZATIONS, SUBSCRIPTIONS)),
    "details": Spec("Details", (ACCOUNT,)),
    "notes": Spec("Notes", (ACCOUNT,), is_local=True),
    "trial": Spec("Trial", (TRIAL,)),
    "timeline": Spec("Timeline", (ACCOUNT, INVOICES)),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, ready for its template. `as_of` is of the oldest answer in it, `why` tells why it is a copy."""

    key: str
    title: str
    address: str
    state: State
    as_of: datetime | None = None
    request_ids: tuple[str, ...] = ()
    failure: Failure | None = None
    why: Failure | None = None
    is_local: bool = False
    is_cut: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """What draws its inside."""
        return f"billing/billing_accounts/panels/{self.key.replace('-', '_')}.html"

    @property
    def status(self) -> int:
        """The HTTP status of the panel by itself."""
        return self.failure.status if self.failure is not None else 200


def panel_of(sight: Sight, key: str, build: Callable[[Sight], Mapping[str, Any]]) -> Panel:
    """One panel, whatever became of what it needs."""
    spec, address = PANELS[key], sight.address(key)
    results = [sight.results.get(name, Late(None)) for name in spec.needs]
    failed = next((result for result in results if isinstance(result, Failed)), None)
    if failed is not None:
        failure = describe(failed.error)
        return Panel(key, spec.title, address, State.FAILED, failure=failure, is_local=spec.is_local)
    answers = [answer_of(result) for result in results]
    if None in answers:
        return Panel(key, spec.title, address, State.LATE, is_local=spec.is_local)
    return Panel(
        key,
        spec.title,
        address,
        State.LIVE if spec.is_local else _state(results),
        as_of=None if spec.is_local else min(answer.received_at for answer in answers),
        request_ids=() if spec.is_local else _ids(answers),
        why=next((describe(result.why) for result in results if isinstance(result, Kept)), None),
        is_local=spec.is_local,
        is_cut=any(getattr(answer.value, "has_more", None) for answer in answers),
        data=build(sight),
    )


def _state(results: list[Result]) -> State:
    """Live when all of it is; late while something may still come, and a copy shows until then."""
    if all(isinstance(result, Live) for result in results):
        return State.LIVE
    return State.LATE if any(isinstance(result, Late) for result in results) else State.KEPT


def _ids(answers: list[Answer[Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(answer.request_id for answer in answers if answer.request_id))
