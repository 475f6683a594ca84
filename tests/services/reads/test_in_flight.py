"""Reads in flight: which are joined, which are reused, and how late outcomes are recorded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from billing.altostrat.client import Answer
from billing.altostrat.errors import TokenRejected, Unreachable
from billing.models import AltostratToken, Change, KeptCopy
from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.reads import Late, Live, Read, Reader, in_flight, read, read_shared, recording
from billing.services.storage import recent
from billing.services.tokens import kept_copies
from billing.services.tokens import manage as token_changes
from tests.altostrat.upstream import answer
from tests.services.cast import actor_called
from tests.services.reads.upstream import ACCOUNT, INVOICES, SUBSCRIPTIONS, Changing, changing
from tests.tokens import FINANCE, SUPPORT

pytestmark = pytest.mark.django_db

NEVER = datetime.min.replace(tzinfo=UTC)


class Held:
    """An Altostrat that holds the answers about subscriptions until they are released."""

    def __init__(self, altostrat: Changing) -> None:
        self.release, self.altostrat = threading.Event(), altostrat
        altostrat.says["subscriptions"] = self._script

    def _script(self, connection: Any) -> None:
        assert self.release.wait(60)
        connection.sendall(answer(b'{"data": []}'))

    def asked(self) -> int:
        """Return how often subscriptions were requested."""
        return sum(b"/subscriptions " in request for request in self.altostrat.server.requests)


@pytest.fixture
def held(settings: Settings) -> Iterator[Held]:
    settings.ALTOSTRAT_READ_TIMEOUT = settings.ALTOSTRAT_DEADLINE = 60
    with changing(settings) as running:
        waiting = Held(running)
        yield waiting
        waiting.release.set()
        for thread in threading.enumerate():
            if thread.name == "read-in-flight":
                thread.join(20)


def reader(name: str) -> Actor:
    return actor_called(name, token=FINANCE)


@pytest.fixture
def alice(held: Held) -> Actor:
    return reader("alice")


def read_subscriptions(actor: Actor, *, wait_seconds: float | None = 0.3, **options: Any) -> Any:
    """Read the subscriptions with a short wait."""
    reads: dict[str, Read[Any]] = {"s": SUBSCRIPTIONS}
    return Reader(actor, "ws_1").read(reads, wait_seconds=wait_seconds, **options)["s"]


def release(held: Held) -> None:
    held.release.set()
    for thread in threading.enumerate():
        if thread.name == "read-in-flight":
            thread.join(20)


def test_same_read_is_sent_once(alice: Actor, held: Held) -> None:
    first = read_subscriptions(alice)
    second = read_subscriptions(alice)
    threading.Timer(0.2, held.release.set).start()
    third = read_subscriptions(alice, wait_seconds=None)

    assert (first, second) == (Late(None), Late(None))
    assert isinstance(third, Live)
    assert held.asked() == 1


def test_joined_read_counts_once(alice: Actor, held: Held, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 1

    assert [read_subscriptions(alice) for _ in range(3)] == [Late(None)] * 3


def test_different_reads_have_different_keys(alice: Actor, held: Held) -> None:
    keys = [
        kept_copies.key_of(AltostratToken.objects.get(), read)
        for read in (SUBSCRIPTIONS, ACCOUNT, INVOICES, Read(INVOICES.operation, INVOICES.path))
    ]

    assert len(set(keys)) == len(keys)


def test_reads_of_different_people_are_not_joined(alice: Actor, held: Held) -> None:
    bob = reader("bob")
    read_subscriptions(alice)
    read_subscriptions(bob)

    assert held.asked() == 2


def test_read_before_a_token_renewal_is_not_joined(alice: Actor, held: Held) -> None:
    read_subscriptions(alice)
    token_changes.renew(alice, AltostratToken.objects.get().pk, text=SUPPORT)
    read_subscriptions(alice)

    assert held.asked() == 2


def test_reads_with_different_tokens_are_not_joined(alice: Actor, held: Held) -> None:
    read_subscriptions(alice)
    token_changes.save(alice, text=FINANCE, label="ws_1's", workspace_id="ws_1", verify=False)
    read_subscriptions(alice)

    assert held.asked() == 2


def test_reads_with_a_refused_token_are_not_joined(alice: Actor, held: Held) -> None:
    read_subscriptions(alice)
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    read_subscriptions(alice)

    assert held.asked() == 2


def test_programs_do_not_join_reads_with_a_refused_token(alice: Actor, held: Held) -> None:
    read_subscriptions(alice)
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    recent.clear_all()
    threading.Timer(0.5, held.release.set).start()
    read_shared(alice, "ws_1", SUBSCRIPTIONS, Permission.BILLING_READ)

    assert held.asked() == 2


def test_read_that_hangs_is_not_joined(alice: Actor, held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    read_subscriptions(alice)
    monkeypatch.setattr(in_flight, "_JOIN_SECONDS", 0.0)
    read_subscriptions(alice)

    assert held.asked() == 2


@pytest.mark.parametrize("moment", ["sent_at", "settled_at"])
def test_read_before_a_write_is_not_joined(moment: str, alice: Actor, held: Held) -> None:
    read_subscriptions(alice)
    Change.objects.create(user=alice.user, fingerprint="f", envelope="", **{moment: timezone.now()})
    read_subscriptions(alice)

    assert held.asked() == 2


def test_earlier_writes_and_writes_of_others_do_not_prevent_joining(alice: Actor, held: Held) -> None:
    long_ago = timezone.now() - timedelta(minutes=1)
    Change.objects.create(user=alice.user, fingerprint="f", envelope="", settled_at=long_ago)
    Change.objects.create(user=reader("bob").user, fingerprint="f", envelope="", settled_at=timezone.now())
    read_subscriptions(alice)
    read_subscriptions(alice)

    assert held.asked() == 1


def test_panels_reuse_the_late_answers_of_their_page(alice: Actor, held: Held) -> None:
    read_subscriptions(alice)
    release(held)

    picked_up = read_subscriptions(alice, wait_seconds=None, reuse_recent=True)
    assert isinstance(picked_up, Live)
    assert held.asked() == 1
    assert isinstance(read_subscriptions(alice, wait_seconds=None), Live)
    assert held.asked() == 2


def test_panels_reuse_the_other_answers_of_a_late_page(alice: Actor, held: Held) -> None:
    reads: dict[str, Read[Any]] = {"s": SUBSCRIPTIONS, "a": ACCOUNT}
    page = read(alice, "ws_1", reads, wait_seconds=2)
    panel = Reader(alice, "ws_1").read({"a": ACCOUNT}, reuse_recent=True)["a"]

    assert isinstance(page["a"], Live)
    assert panel == page["a"]


def test_answers_of_a_page_that_was_not_late_are_not_reused(alice: Actor, held: Held) -> None:
    for _ in range(2):
        Reader(alice, "ws_1").read({"a": ACCOUNT}, reuse_recent=True)

    assert held.altostrat.asked() == 2


def test_answers_are_reused_for_a_few_seconds_only(
    monkeypatch: pytest.MonkeyPatch, alice: Actor, held: Held
) -> None:
    monkeypatch.setattr(in_flight, "_REUSE_SECONDS", -1)
    read_subscriptions(alice)
    release(held)
    read_subscriptions(alice, wait_seconds=None, reuse_recent=True)

    assert held.asked() == 2


def test_failure_is_shared_but_not_reused(alice: Actor, held: Held) -> None:
    key = kept_copies.key_of(AltostratToken.objects.get(), ACCOUNT)
    error = Unreachable("GET", "/")
    one, is_new = in_flight.join(key, since=NEVER, reuse_recent=True)
    same, is_new_again = in_flight.join(key, since=NEVER, reuse_recent=True)
    must_record = in_flight.finish(one, error)
    found = in_flight.outcomes({"a": one, "b": same}, None)
    another, is_fresh = in_flight.join(key, since=NEVER, reuse_recent=True)
    in_flight.finish(another, error)

    assert (is_new, is_new_again, is_fresh, must_record) == (True, False, True, False)
    assert [type(each) for each in found.values()] == [Unreachable, Unreachable]
    assert found["a"] is not found["b"]


def test_one_of_all_waiting_pages_records_the_outcome(alice: Actor, held: Held) -> None:
    one, _ = in_flight.join(("", "x"), since=NEVER, reuse_recent=False)
    in_flight.finish(one, Unreachable("GET", "/"))

    assert [in_flight.claim(one), in_flight.claim(one)] == [True, False]


def record_late(actor: Actor, outcome: Any, again: Any = None, *, seconds_ago: float = 0) -> None:
    """Record a late outcome for the account; `again` is the outcome of a repeated call."""
    row = AltostratToken.objects.get(owner=actor.user)
    began_at = timezone.now() - timedelta(seconds=seconds_ago)
    recording.record_late_outcome(actor, row, ACCOUNT, began_at, outcome, lambda: again)


@pytest.fixture
def answered(alice: Actor) -> Answer[Any]:
    """Return the answer about the account, without a copy of it."""
    result = read(alice, "ws_1", {"a": ACCOUNT})["a"]
    assert isinstance(result, Live)
    KeptCopy.objects.all().delete()
    recent.clear_all()
    return result.answer


def test_late_answer_becomes_a_copy(alice: Actor, answered: Answer[Any]) -> None:
    record_late(alice, answered)

    assert KeptCopy.objects.count() == 1


def test_late_answer_from_before_a_write_is_dropped(alice: Actor, answered: Answer[Any]) -> None:
    Change.objects.create(user=alice.user, fingerprint="f", envelope="", settled_at=timezone.now())
    record_late(alice, answered, seconds_ago=10)

    assert not KeptCopy.objects.exists()


def test_late_401_is_confirmed_by_a_repeated_call(alice: Actor, answered: Answer[Any]) -> None:
    rejected = TokenRejected("GET", "/", 401)
    record_late(alice, rejected, answered)
    doubted = AltostratToken.objects.get().status
    record_late(alice, rejected, rejected)

    assert doubted == AltostratToken.Status.ACCEPTED
    assert AltostratToken.objects.get().status == AltostratToken.Status.REFUSED
    assert not KeptCopy.objects.exists()


def test_late_answer_does_not_reset_a_refused_token(alice: Actor, answered: Answer[Any]) -> None:
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    record_late(alice, answered)

    assert AltostratToken.objects.get().status == AltostratToken.Status.REFUSED
    assert not KeptCopy.objects.exists()


def test_late_401_does_not_affect_a_renewed_token(alice: Actor, answered: Answer[Any]) -> None:
    row, rejected = AltostratToken.objects.get(), TokenRejected("GET", "/", 401)
    token_changes.renew(alice, row.pk, text=SUPPORT)
    read(alice, "ws_1", {"a": ACCOUNT})
    recording.record_late_outcome(alice, row, ACCOUNT, timezone.now(), rejected, lambda: rejected)
    tokens.record_result(alice, row, rejected)

    assert AltostratToken.objects.get().status == AltostratToken.Status.ACCEPTED
    assert KeptCopy.objects.count() == 1


def test_failure_to_record_is_logged_without_its_text(
    alice: Actor, answered: Answer[Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(Exception):
        """An error with personal data in its text."""

    def fails() -> Any:
        raise Odd("Erika Musterfrau")

    row = AltostratToken.objects.get()
    recording.record_late_outcome(alice, row, ACCOUNT, timezone.now(), TokenRejected("GET", "/", 401), fails)

    assert "a late answer could not be recorded: Odd" in caplog.text
    assert "Musterfrau" not in caplog.text
