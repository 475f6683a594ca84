"""Altostrat hangs: pages show copies after a second, or at once if it did not answer before."""

from __future__ import annotations

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


def test_one_page_shows_copies_at_a_time(alice: Actor, kept: Held) -> None:
    assert copy_slots.slot.acquire(60)
    with copy_slots.request_scope(), pytest.raises(Overloaded) as caught:
        read(alice, "ws_1", READS)
    copy_slots.slot.release()
    with copy_slots.request_scope():
        shown = read(alice, "ws_1", READS)["s"]
        is_free = copy_slots.slot.acquire(0)

    assert isinstance(shown, Kept)
    assert caught.value.retry_after_seconds == 1
    assert not is_free
    assert copy_slots.slot.acquire(60)
    copy_slots.slot.release()


def test_pages_with_copies_take_half_of_the_time_while_others_are_answered() -> None:
    now = [10.0]
    slot = copy_slots.CopySlot(lambda: now[0])
    assert slot.acquire(0)
    now[0] = 10.25
    slot.release()
    assert slot.acquire(0), "No other page is answered."
    now[0] = 10.5
    slot.answered()
    slot.release()

    assert not slot.acquire(0)
    now[0] = 10.75
    assert slot.acquire(0)
    now[0] = 20.0
    slot.answered()
    slot.release()
    now[0] += copy_slots._WAIT_SECONDS
    assert slot.acquire(0), "A page that is the only one to wait gets the slot."
