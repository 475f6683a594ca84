"""What work queues say, against what other pages count of the same invoices."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import format_amount
from billing.services.actor import Actor
from billing.services.billing_accounts.status import Code, Severity, Statement
from billing.services.invoices.ageing import Bucket, Heap, ages
from billing.services.scans import queues, store
from billing.services.scans import results as found
from tests.services.scans.test_scan import alice, walked

__all__ = ("alice",)
LATE = (Bucket.TO_30, Bucket.TO_60, Bucket.TO_90, Bucket.OVER_90)


def test_what_is_past_due_is_what_is_late_by_its_age(alice: Actor) -> None:
    walked(alice, store.FACTS)
    now = timezone.now().astimezone(UTC)
    standings = queues.known(alice, now).standings
    items, agreed = found.items(alice, found.progress(alice, store.FACTS)), 0
    for item, standing in zip(items, standings, strict=True):
        heaps = late_in(item, now, is_behind=bool(standing.statuses & {"past_due", "unpaid"}))
        said = [one.sentence for one in standing.statements if one.code is Code.PAST_DUE]
        count = sum(heap.count for heap in heaps.values())
        money = " and ".join(format_amount(heap.amount, code) for code, heap in heaps.items() if heap.amount)
        if count:
            agreed += 1
            words = "1 open invoice" if count == 1 else f"{count} open invoices"
            assert f": {words}{f', {money}' if money else ''}" in said[0], standing.entry
        else:
            assert not any(re.search("open invoice", sentence) for sentence in said), standing.entry

    assert len(standings) > 30
    assert agreed > 5


def test_a_queue_counts_days_as_the_sentences_do() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    seventh = Statement(Code.TRIAL_ENDS, Severity.WARNING, "", at=now + timedelta(days=7, hours=11))
    eighth = Statement(Code.TRIAL_ENDS, Severity.INFO, "", at=now + timedelta(days=7, hours=12))

    assert queues.QUEUES["trials"].wants(seventh, now)
    assert not queues.QUEUES["trials"].wants(eighth, now)


def late_in(item: found.Document, now: datetime, *, is_behind: bool) -> dict[str, Heap]:
    """What is late, by currency; what has no due date is, where a subscription is behind."""
    invoices = [Invoice.from_json(one) for one in item["invoices"]]
    late = {*LATE, Bucket.NO_DUE_DATE} if is_behind else {*LATE}
    sums = {}
    for part in ages(invoices, UTC, now):
        heap = Heap()
        for one in part.items:
            heap = heap.with_item(one) if one.bucket in late else heap
        if heap.count:
            sums[part.currency] = heap
    return sums
