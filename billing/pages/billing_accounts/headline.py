"""The account status at the top of a billing account's page: sentences, most severe first, each with an action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.altostrat.errors import AltostratError
from billing.failures import describe
from billing.pages.billing_accounts.account_data import AccountData
from billing.pages.billing_accounts.summary import Summary, summary_of
from billing.pages.rendering.paths import path_of
from billing.pages.rendering.tags import age
from billing.services.billing_accounts.reads import (
    ACCOUNT,
    INVOICES,
    INVOICES_READ,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
)
from billing.services.billing_accounts.status import Code, Severity, Statement, account_status, next_bill
from billing.services.invoices.page import has_end
from billing.services.reads import Copied, Failed, Kept, Late, Live, Result

NEEDS: Final = (ACCOUNT, SUBSCRIPTIONS, INVOICES, PAYMENT_METHODS)
# The most severe ones; the page says how many more there are.
_MAX_STATEMENTS: Final = 10
_UNDETERMINED: Final = {
    SUBSCRIPTIONS: "Can't determine the subscriptions and when they end",
    INVOICES: "Can't determine whether anything is overdue",
    PAYMENT_METHODS: "Can't determine whether the next bill can be charged",
}
_TONES: Final = ("bad", "warning", "info", "good")
_ICONS: Final = {
    Severity.BAD: "alert-octagon",
    Severity.WARNING: "alert-triangle",
    Severity.INFO: "info-circle",
    Severity.GOOD: "circle-check",
}
_AGING: Final = ("View invoices", "aging")
_INVOICES: Final = ("View invoices", "invoices")
_PAYMENT_METHODS: Final = ("View payment methods", "payment-methods")
_SUBSCRIPTIONS: Final = ("View subscriptions", "subscriptions")
# The action for a statement: a label and the name of a URL.
_ACTIONS: Final[Mapping[Code, tuple[str, str]]] = {
    Code.PAST_DUE: _AGING,
    Code.CARD_EXPIRED: _PAYMENT_METHODS,
    Code.NO_DEFAULT_PAYMENT_METHOD: _PAYMENT_METHODS,
    Code.CARD_EXPIRES_BEFORE_NEXT_BILL: _PAYMENT_METHODS,
    Code.CARD_EXPIRES_SOON: _PAYMENT_METHODS,
    Code.FIRST_PAYMENT_MISSING: _INVOICES,
    Code.TRIAL_ENDS: _SUBSCRIPTIONS,
    Code.CANCELS_AT_PERIOD_END: _SUBSCRIPTIONS,
    Code.PAUSED: _SUBSCRIPTIONS,
    Code.CHANGE_WAITS: _SUBSCRIPTIONS,
    Code.SCHEDULED: _SUBSCRIPTIONS,
    Code.DEFAULT_UNKNOWN: _PAYMENT_METHODS,
    Code.DELINQUENT: _INVOICES,
    Code.UNCOLLECTIBLE: _INVOICES,
    Code.OPEN_WITHOUT_DUE_DATE: _AGING,
    Code.OPEN_NOT_DUE: _AGING,
    Code.DRAFT_INVOICE: _INVOICES,
    Code.STATUS_UNKNOWN: _SUBSCRIPTIONS,
    Code.NOTHING_SUBSCRIBED: ("Subscribe", "subscription-new"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence, its tone, and an action. With `is_retry`, the action loads the headline again."""

    sentence: str
    tone: str
    icon: str
    action: str = ""
    href: str = ""
    is_retry: bool = False


@dataclass(frozen=True, slots=True)
class Headline:
    """The lines, most severe first. While `is_loading` or `loads_next_bill`, the page loads more from `url`. `as_of` is
    the time of the oldest answer, `copy_of` that of the oldest copy.
    `read_at` replaces it if no read has failed or is late, so that all answers are seconds old."""

    lines: tuple[Line, ...]
    is_loading: bool
    loads_next_bill: bool
    url: str
    as_of: datetime | None
    copy_of: datetime | None
    read_at: datetime | None
    summary: Summary
    scope: str = ""


def headline_of(data: AccountData, next_bills: Mapping[str, Result] | None) -> Headline:
    """Return the headline. `next_bills` are by subscription; None if they have not been requested."""
    statements = account_status(
        data.value(ACCOUNT),
        data.items(SUBSCRIPTIONS),
        None if _is_cut_short(data, INVOICES) else data.items(INVOICES),
        data.items(PAYMENT_METHODS),
        data.now,
        newest=_newest(data),
        cut=[name for name in (SUBSCRIPTIONS, PAYMENT_METHODS) if data.is_cut(name)],
    )
    results = {name: data.results.get(name) for name in NEEDS}
    lines = [_line(data, statement) for statement in statements[:_MAX_STATEMENTS]]
    if more := len(statements[_MAX_STATEMENTS:]):
        lines.append(_more_line(data, more))
    lines += [
        _undetermined(data, sentence, result.error)
        for name, sentence in _UNDETERMINED.items()
        if isinstance(result := results[name], Failed)
    ]
    lines += [_cut_line(sentence) for name, sentence in _UNDETERMINED.items() if _is_cut_short(data, name)]
    lines.sort(key=lambda line: _TONES.index(line.tone))
    all_results = [one for one in (*results.values(), *(next_bills or {}).values()) if one is not None]
    is_recent = all(isinstance(result, Live | Copied) for result in all_results)
    copies = [result for result in all_results if not isinstance(result, Live)]
    return Headline(
        lines=(*lines, *_next_bill_lines(data, next_bills or {})),
        is_loading=any(isinstance(result, Late) for result in results.values()),
        loads_next_bill=next_bills is None,
        url=data.panel_url("headline"),
        as_of=_oldest(all_results),
        copy_of=None if is_recent else _oldest(copies),
        read_at=_oldest(copies) if is_recent else None,
        summary=summary_of(data),
        scope="" if _newest(data) is None else f"in the {_newest(data)} newest invoices",
    )


def _next_bill_lines(data: AccountData, next_bills: Mapping[str, Result]) -> Iterator[Line]:
    subscriptions = data.results.get(SUBSCRIPTIONS)
    if isinstance(subscriptions, Failed):
        yield _undetermined(data, "Can't determine the next bill", subscriptions.error)
    known = {one.id: one for one in data.items(SUBSCRIPTIONS) or ()}
    for subscription_id, result in next_bills.items():
        if isinstance(result, Failed):
            yield _undetermined(data, "Can't determine the next bill of a subscription", result.error)
        elif result.answer is not None:
            statement = next_bill(known[subscription_id], result.answer.value, data.now)
            copy = (
                f" Based on a copy from {age(result.answer.received_at)}." if isinstance(result, Kept) else ""
            )
            # Several subscriptions have the same products, so only the ID names one.
            which = f"Subscription {subscription_id}: " if len(next_bills) > 1 else ""
            yield Line(which + statement.sentence + copy, "info", "calendar-dollar")


def _is_cut_short(data: AccountData, name: str) -> bool:
    """Return whether a list lacks entries that the account status needs. Of invoices, the newest are enough."""
    rows = data.items(name) or ()
    is_enough = {
        SUBSCRIPTIONS: False,
        PAYMENT_METHODS: any(method.is_default for method in rows if name == PAYMENT_METHODS),
        INVOICES: bool(rows),
    }
    return data.is_cut(name) and not is_enough[name]


def _more_line(data: AccountData, count: int) -> Line:
    """Return the line that counts the statements left out. Only those about subscriptions can be that many."""
    label, url_name = _SUBSCRIPTIONS
    sentence = f"{count} more statement{'s' if count > 1 else ''} about subscriptions."
    return Line(sentence, "info", _ICONS[Severity.INFO], label, path_of(url_name, *data.ids))


def _cut_line(sentence: str) -> Line:
    return Line(f"{sentence}: Altostrat has more entries than it listed.", "warning", "help-octagon")


def _oldest(results: Iterable[Result]) -> datetime | None:
    """Return when the oldest of the answers was received."""
    received = (result.answer.received_at for result in results if result.answer)
    return min(received, default=None)


def _newest(data: AccountData) -> int | None:
    """Return the number of invoices that were read; None if there are no older ones."""
    page = data.value(INVOICES)
    return None if page is None or has_end(page, INVOICES_READ) else len(page.items)


def _line(data: AccountData, statement: Statement) -> Line:
    tone, icon = statement.severity.name.lower(), _ICONS[statement.severity]
    if statement.code not in _ACTIONS:
        return Line(statement.sentence, tone, icon)
    label, url_name = _ACTIONS[statement.code]
    return Line(statement.sentence, tone, icon, label, path_of(url_name, *data.ids))


def _undetermined(data: AccountData, sentence: str, error: AltostratError) -> Line:
    sentence = f"{sentence}: {describe(error).title}."
    return Line(sentence, "warning", "help-octagon", "Try again", data.panel_url("headline"), is_retry=True)
