"""The first lines of a billing account's page: how it stands, the worst first, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse

from billing.altostrat.errors import AltostratError
from billing.failures import describe
from billing.pages.account_panels import Sight
from billing.services.account_reads import (
    ACCOUNT,
    INVOICES,
    INVOICES_ASKED,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    answer_of,
)
from billing.services.invoices import has_end
from billing.services.side_by_side import Failed, Kept, Late, Result
from billing.services.standing import Code, Severity, Statement, next_bill, standing_of

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
    """One line: a sentence, how bad it is, and one way on."""

    sentence: str
    tone: str
    icon: str
    way: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """All of them, worst first. `next_bill_address` is where the next bill is asked for, when nobody asked yet."""

    lines: tuple[Line, ...]
    is_waiting: bool
    is_copy: bool
    address: str
    next_bill_address: str


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
        _cannot(words, result.error)
        for name, words in _CANNOT.items()
        if isinstance(result := results[name], Failed)
    ]
    lines.sort(key=lambda line: _TONES.index(line.tone))
    return Headline(
        lines=(*lines, *next_bill_lines(sight, previews or {})),
        is_waiting=any(isinstance(result, Late) for result in results.values()),
        is_copy=any(isinstance(result, Kept) for result in results.values()),
        address=sight.address("headline"),
        next_bill_address=sight.address("next-bill") if previews is None else "",
    )


def next_bill_lines(sight: Sight, previews: Mapping[str, Result]) -> tuple[Line, ...]:
    """The next bill of each subscription, or why it cannot be told."""
    lines = []
    subscriptions = sight.results.get(SUBSCRIPTIONS)
    if isinstance(subscriptions, Failed) and not previews:
        title = describe(subscriptions.error).title
        sentence = f"The next bill cannot be told: {title}."
        return (Line(sentence, "warning", "help-octagon"),)
    known = {one.id: one for one in sight.items(SUBSCRIPTIONS) or ()}
    for subscription_id, result in previews.items():
        answer = answer_of(result)
        if isinstance(result, Failed):
            title = describe(result.error).title
            sentence = f"The next bill of a subscription cannot be told: {title}."
            lines.append(Line(sentence, "warning", "help-octagon"))
        elif answer is not None:
            said = next_bill(known[subscription_id], answer.value, sight.now)
            kept = " This is from a copy." if isinstance(result, Kept) else ""
            lines.append(Line(said.sentence + kept, "info", "calendar-dollar"))
    return tuple(lines)


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


def _cannot(words: str, error: AltostratError) -> Line:
    return Line(f"It cannot be told {words}: {describe(error).title}.", "warning", "help-octagon")
