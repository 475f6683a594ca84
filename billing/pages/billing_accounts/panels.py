"""The panels of a billing account's page: the reads that each needs, and its state. Panels fail independently."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from billing.failures import Failure, describe
from billing.pages.billing_accounts.account_data import AccountData
from billing.services.billing_accounts.access import has_access
from billing.services.billing_accounts.reads import (
    ACCOUNT,
    INVOICES,
    ORGANIZATIONS,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    TRIAL,
    WORKSPACE,
)
from billing.services.reads import Failed, Kept, Late, Live, Result


class State(StrEnum):
    LIVE = "live"
    KEPT = "kept"
    LATE = "late"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Spec:
    """The reads of a panel. All of `needs` must succeed, except those in `optional` (with a name for what is missing
    without them), as long as another read shows that the person has access to the account: for data that the portal
    itself stores. A panel that shows only such data `is_local` and is never a copy."""

    title: str
    needs: tuple[str, ...]
    is_local: bool = False
    optional: Mapping[str, str] = field(default_factory=dict)


PANELS: Final[Mapping[str, Spec]] = {
    "subscriptions": Spec("Subscriptions", (SUBSCRIPTIONS,)),
    "invoices": Spec("Invoices", (INVOICES,)),
    "aging": Spec("Open invoices by days late", (INVOICES,)),
    "spend": Spec("Spend", (INVOICES,)),
    "payment-methods": Spec("Payment methods", (PAYMENT_METHODS,)),
    "seats": Spec("Seats", (WORKSPACE, ORGANIZATIONS, SUBSCRIPTIONS)),
    "details": Spec("Details", (ACCOUNT,)),
    "notes": Spec("Notes", (ACCOUNT,), is_local=True, optional={ACCOUNT: ""}),
    "trial": Spec("Trial", (TRIAL,)),
    "timeline": Spec(
        "Timeline",
        (ACCOUNT, INVOICES, SUBSCRIPTIONS),
        optional={
            ACCOUNT: "the creation date of the account",
            INVOICES: "the invoices",
            SUBSCRIPTIONS: "the subscriptions",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, ready for its template. `as_of` is the time of its oldest answer, `why` the reason for showing a copy,
    `missing` what it does not include, and why."""

    key: str
    title: str
    url: str
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
        return f"billing/billing_accounts/panels/{self.key.replace('-', '_')}.html"

    @property
    def status(self) -> int:
        """The HTTP status of the panel's own page."""
        return self.failure.status if self.failure is not None else 200


def panel_of(data: AccountData, key: str, build: Callable[[AccountData], Mapping[str, Any]]) -> Panel:
    """Return one panel in the state that follows from the results of its reads."""
    spec, url = PANELS[key], data.panel_url(key)
    results = {name: data.results.get(name, Late(None)) for name in spec.needs}
    failed = {name: result.error for name, result in results.items() if isinstance(result, Failed)}
    can_omit = bool(spec.optional) and has_access(data.results)
    if failed and not (can_omit and failed.keys() <= spec.optional.keys()):
        failure = describe(next(iter(failed.values())))
        return Panel(key, spec.title, url, State.FAILED, failure=failure, is_local=spec.is_local)
    shown = [] if spec.is_local and can_omit else [results[name] for name in spec.needs if name not in failed]
    answers = [result.answer for result in shown if result.answer is not None]
    if len(answers) < len(shown):
        return Panel(key, spec.title, url, State.LATE, is_local=spec.is_local)
    missing = () if spec.is_local else ((spec.optional[name], describe(failed[name])) for name in failed)
    return Panel(
        key,
        spec.title,
        url,
        _state(shown),
        as_of=min((answer.received_at for answer in answers), default=None),
        request_ids=tuple(dict.fromkeys(answer.request_id for answer in answers if answer.request_id)),
        why=next((describe(result.why) for result in shown if isinstance(result, Kept)), None),
        is_local=spec.is_local,
        is_cut=any(getattr(answer.value, "has_more", None) for answer in answers),
        missing=tuple(missing),
        data=build(data),
    )


def _state(results: list[Result]) -> State:
    """Return the state of a panel with data: live, a copy, or late if a live result may still arrive."""
    if all(isinstance(result, Live) for result in results):
        return State.LIVE
    return State.LATE if any(isinstance(result, Late) for result in results) else State.KEPT
