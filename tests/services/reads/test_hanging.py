"""Altostrat hangs: pages show copies after a second, or at once if it did not answer before."""

from __future__ import annotations

import contextvars
import threading
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from billing.altostrat.errors import CircuitOpen, DeadlinePassed, Overloaded
from billing.altostrat.http.circuits import FAILURES
from billing.models import AltostratToken, Change, KeptCopy
from billing.services.actor import Actor
from billing.services.reads import Kept, Late, Live, Read, Reader, copy_slots, read
from billing.services.tokens import upstream
from tests.services.reads.test_in_flight import Held, alice, held, release
from tests.services.reads.upstream import INVOICES, SUBSCRIPTIONS

__all__ = ("alice", "held")

pytestmark = pytest.mark.django_db

READS: dict[str, Read[Any]] = {"s": SUBSCRIPTIONS}


@pytest.fixture
def kept(alice: Actor, held: Held) -> Held:
    """Subscriptions hang, and have a copy."""
    held.release.set()
    assert isinstance(read(alice, "ws_1", READS)["s"], Live)
    held.release.clear()
    return held


def test_page_shows_a_copy_while_its_call_hangs(alice: Actor, kept: Held) -> None:
    first, second = (read(alice, "ws_1", READS)["s"] for _ in range(2))

    for shown in (first, second):
        assert isinstance(shown, Kept)
        assert isinstance(shown.why, DeadlinePassed)
    assert KeptCopy.objects.get().needed_at is not None
    assert kept.asked() == 2


def test_reads_without_a_copy_go_on_waiting(alice: Actor, kept: Held) -> None:
    assert read(alice, "ws_1", READS | {"i": INVOICES})["i"].answer is not None
    KeptCopy.objects.all().delete()
    threading.Timer(1.5, kept.release.set).start()

    assert isinstance(read(alice, "ws_1", READS)["s"], Live)


def test_late_answer_is_shown_when_the_page_is_opened_again(alice: Actor, kept: Held) -> None:
    assert isinstance(read(alice, "ws_1", READS)["s"], Kept)
    release(kept)

    assert isinstance(read(alice, "ws_1", READS)["s"], Live)
    assert kept.asked() == 2


def test_page_with_a_time_limit_has_late_copies(alice: Actor, kept: Held) -> None:
    shown = Reader(alice, "ws_1").read(READS, wait_seconds=60)["s"]

    assert isinstance(shown, Late)
    assert shown.answer is not None


def test_copy_from_before_a_write_does_not_shorten_the_wait(alice: Actor, kept: Held) -> None:
    Change.objects.create(
        user=alice.user, verb="x", operation="x", fingerprint="x", envelope="x", sent_at=timezone.now()
    )
    threading.Timer(1.5, kept.release.set).start()

    assert isinstance(read(alice, "ws_1", READS)["s"], Live)


def test_panel_of_a_page_with_copies_waits_for_the_answer(alice: Actor, kept: Held) -> None:
    threading.Timer(1.5, kept.release.set).start()

    assert isinstance(Reader(alice, "ws_1").read(READS, is_patient=True)["s"], Live)


def test_pages_show_copies_at_once_while_altostrat_does_not_answer(
    alice: Actor, kept: Held, settings: Settings
) -> None:
    settings.ALTOSTRAT_READ_TIMEOUT = 0.2
    upstream.transport.cache_clear()
    upstream.transport().circuits._clock = lambda: 0.0
    for _ in range(FAILURES):
        read(alice, "ws_1", READS)
    asked = kept.asked()

    shown = read(alice, "ws_1", READS)["s"]
    other = read(
        alice, "ws_2", {"w": Read(SUBSCRIPTIONS.operation, {**SUBSCRIPTIONS.path, "workspace_id": "ws_2"})}
    )

    assert isinstance(shown, Kept)
    assert isinstance(shown.why, CircuitOpen)
    assert isinstance(other["w"].error, DeadlinePassed)  # type: ignore[union-attr]
    assert kept.asked() == asked + 1
    assert AltostratToken.objects.get().status == AltostratToken.Status.ACCEPTED


def test_few_pages_show_copies_at_the_same_time(alice: Actor, kept: Held) -> None:
    with copy_slots.request_scope():
        taken = [contextvars.Context() for _ in range(copy_slots._SLOTS)]
        for request in taken:
            request.run(lambda: copy_slots._request.set(copy_slots._Request()))
            assert request.run(copy_slots.acquire)

        with pytest.raises(Overloaded) as caught:
            read(alice, "ws_1", READS)
        taken.pop().run(copy_slots.release)
        shown = read(alice, "ws_1", READS)["s"]

        assert isinstance(shown, Kept)
        assert caught.value.retry_after_seconds == 1
        for request in taken:
            request.run(copy_slots.release)
    assert all(copy_slots._slots.acquire(timeout=0) for _ in range(copy_slots._SLOTS))
    for _ in range(copy_slots._SLOTS):
        copy_slots._slots.release()
