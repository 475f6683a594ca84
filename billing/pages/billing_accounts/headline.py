"""The first lines of a billing account's page: how it stands, the worst first, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import NoReverseMatch, reverse

from billing.altostrat.errors import AltostratError
from billing.failures import describe
from billing.pages.billing_accounts.panels import Sight
from billing.pages.rendering.tags import age
from billing.services.billing_accounts.reads import (
    ACCOUNT,
    INVOICES,
    INVOICES_ASKED,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    answer_of,
)
from billing.services.billing_accounts.status import Code, Severity, Statement, next_bill, standing_of
from billing.services.invoices.page import has_end
from billing.services.reads.concurrent import Failed, Kept, Late, Live, Result

NEEDS: Final = (ACCOUNT, SUBSCRIPTIONS, INVOICES, PAYMENT_METHODS)
_CANNOT: Final = {
    SUBSCRIPTIONS: "what is subscribed, and until when",
    INVOICES: "whether anything is overdue",
    PAYMENT_METHODS: "whether the next bill can be charged",
}
_TONES: Final = ("bad", "warning", "info", "good")
_ICONS: Final = {
    Severity.BAD: "alert-octagon",
    Severity.WARNING: "alert-triangle",
    Severity.INFO: "info-circle",
    Severity.GOOD: "circle-check",
}
# What to do about it: the words, the page if it is there, the panel otherwise.
_WAYS: Final[Mapping[Code, tuple[str, str, str]]] = {
    Code.PAST_DUE: ("See the invoices", "ageing", "invoices"),
    Code.CARD_EXPIRED: ("See the payment methods", "payment-methods", "payment-methods"),
    Code.NO_DEFAULT_PAYMENT_METHOD: ("See the payment methods", "payment-methods", "payment-methods"),
    Code.CARD_EXPIRES_BEFORE_NEXT_BILL: ("See the payment methods", "payment-methods", "payment-methods"),
    Code.CARD_EXPIRES_SOON: ("See the payment methods", "payment-methods", "payment-methods"),
    Code.FIRST_PAYMENT_MISSING: ("See the invoices", "invoices", "invoices"),
    Code.TRIAL_ENDS: ("See the subscriptions", "subscriptions", "subscriptions"),
    Code.CANCELS_AT_PERIOD_END: ("See the subscriptions", "subscriptions", "subscriptions"),
    Code.PAUSED: ("See the subscriptions", "subscriptions", "subscriptions"),
    Code.UNCOLLECTIBLE: ("See the invoices", "invoices", "invoices"),
    Code.OPEN_WITHOUT_DUE_DATE: ("See the invoices", "ageing", "invoices"),
    Code.DRAFT_INVOICE: ("See the invoices", "invoices", "invoices"),
    Code.STATUS_UNKNOWN: ("See the subscriptions", "subscriptions", "subscriptions"),
    Code.NOTHING_SUBSCRIBED: ("Subscribe", "subscription-new", "trial"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a sentence, how bad it is, and one way on. `is_retry`: that way is asking again."""

    sentence: str
    tone: str
    icon: str
    way: str = ""
    href: str = ""
    is_retry: bool = False


@dataclass(frozen=True, slots=True)
class Headline:
    """All of them, worst first. `is_waiting` while more may come, from `address`: of what was asked already, or, with
    `asks_next_bill`, of the next bill. `as_of` is the age of the oldest answer, `copy_of` that of the oldest copy."""

    lines: tuple[Line, ...]
    is_waiting: bool
    asks_next_bill: bool
    address: str
    as_of: datetime | None
    copy_of: datetime | None


def headline_of(sight: Sight, previews: Mapping[str, Result] | None) -> Headline:
    """What can be said. `previews` are the next bills by subscription; None when they were not asked for."""
    said = standing_of(
        sight.value(ACCOUNT),
        sight.items(SUBSCRIPTIONS),
        sight.items(INVOICES),
        sight.items(PAYMENT_METHODS),
        sight.now,
        newest=_newest(sight),
    )
    results = {name: sight.results.get(name) for name in NEEDS}
    lines = [_line(sight, one) for one in said]
    lines += [
        _cannot(sight, f"It cannot be told {words}", result.error)
        for name, words in _CANNOT.items()
        if isinstance(result := results[name], Failed)
    ]
    lines.sort(key=lambda line: _TONES.index(line.tone))
    answers = [*results.values(), *(previews or {}).values()]
    return Headline(
        lines=(*lines, *_next_bills(sight, previews or {})),
        is_waiting=any(isinstance(result, Late) for result in results.values()),
        asks_next_bill=previews is None,
        address=sight.address("headline"),
        as_of=_oldest(answers),
        copy_of=_oldest(result for result in answers if not isinstance(result, Live)),
    )


def _next_bills(sight: Sight, previews: Mapping[str, Result]) -> Iterator[Line]:
    """The next bill of each subscription, or why it cannot be told."""
    subscriptions = sight.results.get(SUBSCRIPTIONS)
    if isinstance(subscriptions, Failed):
        yield _cannot(sight, "The next bill cannot be told", subscriptions.error)
    known = {one.id: one for one in sight.items(SUBSCRIPTIONS) or ()}
    for subscription_id, result in previews.items():
        answer = answer_of(result)
        if isinstance(result, Failed):
            yield _cannot(sight, "The next bill of a subscription cannot be told", result.error)
        elif answer is not None:
            said = next_bill(known[subscription_id], answer.value, sight.now)
            kept = f" This is from a copy of {age(answer.received_at)}." if isinstance(result, Kept) else ""
            yield Line(said.sentence + kept, "info", "calendar-dollar")


def _oldest(results: Iterable[Result | None]) -> datetime | None:
    """When the oldest answer among them came."""
    answers = (answer_of(result) for result in results)
    return min((answer.received_at for answer in answers if answer is not None), default=None)


def _newest(sight: Sight) -> int | None:
    """How many invoices were read, when there are older ones."""
    page = sight.value(INVOICES)
    return None if page is None or has_end(page, INVOICES_ASKED) else len(page.items)


def _line(sight: Sight, said: Statement) -> Line:
    words, name, panel = _WAYS.get(said.code, ("", "", ""))
    tone = said.severity.name.lower()
    if not words:
        return Line(said.sentence, tone, _ICONS[said.severity])
    try:
        href = reverse(name, args=(sight.workspace_id, sight.billing_account_id))
    except NoReverseMatch:
        href = f"#{panel}"
    return Line(said.sentence, tone, _ICONS[said.severity], words, href)


def _cannot(sight: Sight, words: str, error: AltostratError) -> Line:
    sentence = f"{words}: {describe(error).title}."
    return Line(sentence, "warning", "help-octagon", "Try again", sight.address("headline"), is_retry=True)
