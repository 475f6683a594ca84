"""The columns of the follow-up in work queues and their files. A page has one column for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from billing.amounts import Amount
from billing.pages.rendering import formats
from billing.pages.scans.currency_columns import currency_columns
from billing.pages.scans.queue_view import QueueView
from billing.pages.tables.table import Column, Kind
from billing.services.follow_ups.promises import State
from billing.services.scans.queues import Row

_STATES: Final = {
    State.OPEN: "open",
    State.KEPT: "kept",
    State.BROKEN: "broken",
    State.UNKNOWN: "not known",
}
_TAGS: Final = {
    State.KEPT: ("green", "Promise kept"),
    State.BROKEN: ("red", "Promise broken"),
    State.UNKNOWN: ("amber", "Not known whether paid"),
}
_LAST: Final = date.max.isoformat()


def follow_up_columns(view: QueueView, rows: Sequence[Row]) -> tuple[Column[Row], ...]:
    """Return the promise, the snooze and the assignee of these rows."""
    columns = _FollowUps(view)
    return (
        Column(
            "follow_up",
            "Follow-up",
            columns.order,
            show=columns.html,
            is_on_page=view.has_follow_ups,
            is_exported=False,
        ),
        Column("promised", "Promised for", columns.promised_for, Kind.DAY, is_on_page=False),
        Column("promise_state", "Promise", columns.state, is_on_page=False),
        *currency_columns("promise_amounts", "Promised", rows, columns.amounts),
        *currency_columns("promise_left", "Left of promise", rows, columns.left),
        Column("assignee", "Assignee", columns.assignee, is_on_page=False),
        Column("snoozed", "Snoozed until", columns.snoozed_until, Kind.DAY, is_on_page=False),
        Column("snooze_reason", "Snooze reason", columns.snooze_reason, is_on_page=False),
    )


class _FollowUps:
    """The values of the columns."""

    def __init__(self, view: QueueView) -> None:
        self._view = view

    def order(self, row: Row) -> str:
        """Return what the page sorts by: the promised day, then the assignee. Empty without a follow-up."""
        day, snoozed_until, assignee = self.promised_for(row), self.snoozed_until(row), self.assignee(row)
        return f"{day or _LAST} {assignee}" if day or snoozed_until or assignee else ""

    def html(self, row: Row) -> SafeString:
        """Return one line for each part."""
        lines = [self._promise(row)] if self.promised_for(row) else []
        if assignee := self.assignee(row):
            lines.append(format_html("{}", assignee))
        if until := self.snoozed_until(row):
            lines.append(format_html("Snoozed until {}", formats.day(until)))
            lines.append(format_html('<span class="row-note">{}</span>', self.snooze_reason(row)))
        return format_html_join("", '<span class="queue-follow-up">{}</span>', ((line,) for line in lines))

    def _promise(self, row: Row) -> SafeString:
        found, left = self._view.progress(row), _texts(self.left(row))
        tag = _TAGS.get(found.state) if found else None
        return format_html(
            'Promised for {}{}<span class="row-note">{}</span>',
            formats.day(self.promised_for(row) or date.max),
            format_html(' <span class="tag tag-{}">{}</span>', *tag) if tag else "",
            f"{left} left" if left else _texts(self.amounts(row)),
        )

    def promised_for(self, row: Row) -> date | None:
        promise = self._view.of(row).promise
        return promise.day if promise else None

    def state(self, row: Row) -> str:
        found = self._view.progress(row)
        return _STATES[found.state] if found else ""

    def amounts(self, row: Row) -> Mapping[str, int]:
        promise = self._view.of(row).promise
        return promise.amounts if promise else {}

    def left(self, row: Row) -> Mapping[str, int]:
        found = self._view.progress(row)
        return found.left if found else {}

    def assignee(self, row: Row) -> str:
        return self._view.of(row).assignee_name

    def snoozed_until(self, row: Row) -> date | None:
        snooze = self._view.of(row).snooze
        return snooze.until if snooze and self._view.is_snoozed(row) else None

    def snooze_reason(self, row: Row) -> str:
        snooze = self._view.of(row).snooze
        return (snooze.reason or "") if snooze and self._view.is_snoozed(row) else ""


def _texts(amounts: Mapping[str, int]) -> str:
    return "; ".join(str(Amount(minor, code)) for code, minor in amounts.items())
