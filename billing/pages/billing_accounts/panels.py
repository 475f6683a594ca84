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
from billing.services.actor import Actor
from billing.services.billing_accounts.reads import (
    ACCOUNT,
    INVOICES,
    ORGANIZATIONS,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    TRIAL,
    WORKSPACE,
    answer_of,
    is_proved,
)
from billing.services.reads.concurrent import Failed, Kept, Late, Live, Result


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
    """What a panel needs: all of `needs` must be there. It can do without those of `without`, each with a word for what
    is then not in it, as long as something proves that its reader may see the account: for what the portal itself
    keeps. `is_local` is a panel of nothing else, and no copy."""

    title: str
    needs: tuple[str, ...]
    is_local: bool = False
    without: Mapping[str, str] = field(default_factory=dict)


PANELS: Final[Mapping[str, Spec]] = {
    "subscriptions": Spec("Subscriptions", (SUBSCRIPTIONS,)),
    "invoices": Spec("Invoices", (INVOICES,)),
    "ageing": Spec("Open invoices by age", (INVOICES,)),
    "spend": Spec("Spend", (INVOICES,)),
    "payment-methods": Spec("Payment methods", (PAYMENT_METHODS,)),
    "seats": Spec("Seats", (WORKSPACE, ORGANIZATIONS, SUBSCRIPTIONS)),
    "details": Spec("Details", (ACCOUNT,)),
    "notes": Spec("Notes", (ACCOUNT,), is_local=True, without={ACCOUNT: ""}),
    "trial": Spec("Trial", (TRIAL,)),
    "timeline": Spec(
        "Timeline",
        (ACCOUNT, INVOICES, SUBSCRIPTIONS),
        without={
            ACCOUNT: "when the account was made",
            INVOICES: "the invoices",
            SUBSCRIPTIONS: "the subscriptions",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, ready for its template. `as_of` is of the oldest answer in it, `why` tells why it is a copy, `missing`
    what is not in it, and why."""

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
    missing: tuple[tuple[str, Failure], ...] = ()
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
    results = {name: sight.results.get(name, Late(None)) for name in spec.needs}
    failed = {name: result.error for name, result in results.items() if isinstance(result, Failed)}
    has_proof = bool(spec.without) and is_proved(sight.results)
    if failed and not (has_proof and failed.keys() <= spec.without.keys()):
        failure = describe(next(iter(failed.values())))
        return Panel(key, spec.title, address, State.FAILED, failure=failure, is_local=spec.is_local)
    rest = [result for name, result in results.items() if name not in failed]
    answers = [answer_of(result) for result in rest]
    if spec.is_local and has_proof:
        rest, answers = [], []
    if None in answers:
        return Panel(key, spec.title, address, State.LATE, is_local=spec.is_local)
    return Panel(
        key,
        spec.title,
        address,
        _state(rest),
        as_of=min((answer.received_at for answer in answers), default=None),
        request_ids=_ids(answers),
        why=next((describe(result.why) for result in rest if isinstance(result, Kept)), None),
        is_local=spec.is_local,
        is_cut=any(getattr(answer.value, "has_more", None) for answer in answers),
        missing=tuple((spec.without[name], describe(error)) for name, error in failed.items())
        if not spec.is_local
        else (),
        data=build(sight),
    )


def _state(results: list[Result]) -> State:
    """Live when all of it is; late while something may still come, and a copy shows until then."""
    if all(isinstance(result, Live) for result in results):
        return State.LIVE
    return State.LATE if any(isinstance(result, Late) for result in results) else State.KEPT


def _ids(answers: list[Answer[Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(answer.request_id for answer in answers if answer.request_id))
