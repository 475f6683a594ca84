"""Reads under way: what is joined, and what never is."""

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
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.reads import Late, Live, Read, Reader, in_flight, read, recording
from billing.services.tokens import kept_copies
from billing.services.tokens import manage as token_changes
from tests.altostrat.upstream import answer
from tests.services.cast import actor_called
from tests.services.reads.upstream import ACCOUNT, INVOICES, SUBSCRIPTIONS, Changing, changing
from tests.tokens import FINANCE, SUPPORT

pytestmark = pytest.mark.django_db

NEVER = datetime.min.replace(tzinfo=UTC)


class Held:
    """Answers about subscriptions when it is told to."""

    def __init__(self, altostrat: Changing) -> None:
        self.release, self.altostrat = threading.Event(), altostrat
        altostrat.says["subscriptions"] = self._script

    def _script(self, connection: Any) -> None:
        assert self.release.wait(60)
        connection.sendall(answer(b'{"data": []}'))

    def asked(self) -> int:
        """How often it was asked for subscriptions."""
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
    actor = actor_called(name)
    token_changes.save(actor, text=FINANCE, label=f"{name}'s", verify=False)
    return actor


@pytest.fixture
def alice(held: Held) -> Actor:
    return reader("alice")


def look(actor: Actor, *, wait_seconds: float | None = 0.3, **options: Any) -> Any:
    """The subscriptions, not waited for very long."""
    reads: dict[str, Read[Any]] = {"s": SUBSCRIPTIONS}
    return Reader(actor, "ws_1").read(reads, wait_seconds=wait_seconds, **options)["s"]


def arrives(held: Held) -> None:
    held.release.set()
    for thread in threading.enumerate():
        if thread.name == "read-in-flight":
            thread.join(20)


def test_the_same_read_is_asked_once(alice: Actor, held: Held) -> None:
    first = look(alice)
    second = look(alice)
    threading.Timer(0.2, held.release.set).start()
    third = look(alice, wait_seconds=None)

    assert (first, second) == (Late(None), Late(None))
    assert isinstance(third, Live)
    assert held.asked() == 1


def test_the_budget_is_spent_once(alice: Actor, held: Held, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 1

    assert [look(alice) for _ in range(3)] == [Late(None)] * 3


def test_another_read_is_not_the_same(alice: Actor, held: Held) -> None:
    keys = [
        kept_copies.key_of(AltostratToken.objects.get(), read)
        for read in (SUBSCRIPTIONS, ACCOUNT, INVOICES, Read(INVOICES.operation, INVOICES.path))
    ]

    assert len(set(keys)) == len(keys)


def test_nothing_is_joined_across_people(alice: Actor, held: Held) -> None:
    bob = reader("bob")
    look(alice)
    look(bob)

    assert held.asked() == 2


def test_nothing_is_joined_across_a_renewal(alice: Actor, held: Held) -> None:
    look(alice)
    token_changes.renew(alice, AltostratToken.objects.get().pk, text=SUPPORT)
    look(alice)

    assert held.asked() == 2


def test_nothing_is_joined_across_two_tokens(alice: Actor, held: Held) -> None:
    look(alice)
    token_changes.save(alice, text=FINANCE, label="ws_1's", workspace_id="ws_1", verify=False)
    look(alice)

    assert held.asked() == 2


def test_nothing_is_joined_with_a_token_that_was_refused(alice: Actor, held: Held) -> None:
    look(alice)
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    look(alice)

    assert held.asked() == 2


@pytest.mark.parametrize("moment", ["sent_at", "settled_at"])
def test_nothing_is_joined_across_a_write(moment: str, alice: Actor, held: Held) -> None:
    look(alice)
    Change.objects.create(user=alice.user, fingerprint="f", envelope="", **{moment: timezone.now()})
    look(alice)

    assert held.asked() == 2


def test_a_write_of_somebody_else_or_long_ago_does_not_matter(alice: Actor, held: Held) -> None:
    long_ago = timezone.now() - timedelta(minutes=1)
    Change.objects.create(user=alice.user, fingerprint="f", envelope="", settled_at=long_ago)
    Change.objects.create(user=reader("bob").user, fingerprint="f", envelope="", settled_at=timezone.now())
    look(alice)
    look(alice)

    assert held.asked() == 1


def test_what_came_for_a_late_page_is_picked_up_by_its_panels(alice: Actor, held: Held) -> None:
    look(alice)
    arrives(held)

    picked_up = look(alice, wait_seconds=None, reuse_recent=True)
    assert isinstance(picked_up, Live)
    assert held.asked() == 1
    assert isinstance(look(alice, wait_seconds=None), Live)
    assert held.asked() == 2


def test_so_is_what_came_in_time_for_a_page_that_was_late(alice: Actor, held: Held) -> None:
    reads: dict[str, Read[Any]] = {"s": SUBSCRIPTIONS, "a": ACCOUNT}
    page = read(alice, "ws_1", reads, wait_seconds=2)
    panel = Reader(alice, "ws_1").read({"a": ACCOUNT}, reuse_recent=True)["a"]

    assert isinstance(page["a"], Live)
    assert panel == page["a"]


def test_a_page_that_was_not_late_leaves_nothing_behind(alice: Actor, held: Held) -> None:
    for _ in range(2):
        Reader(alice, "ws_1").read({"a": ACCOUNT}, reuse_recent=True)

    assert held.altostrat.asked() == 2


def test_it_is_picked_up_for_a_moment_only(monkeypatch: pytest.MonkeyPatch, alice: Actor, held: Held) -> None:
    monkeypatch.setattr(in_flight, "_REUSE_SECONDS", -1)
    look(alice)
    arrives(held)
    look(alice, wait_seconds=None, reuse_recent=True)

    assert held.asked() == 2


def test_a_failure_is_told_to_all_and_kept_for_nobody(alice: Actor, held: Held) -> None:
    key = kept_copies.key_of(AltostratToken.objects.get(), ACCOUNT)
    error = Unreachable("GET", "/")
    one, is_new = in_flight.join(key, since=NEVER, reuse_recent=True)
    same, is_new_again = in_flight.join(key, since=NEVER, reuse_recent=True)
    nobodys = in_flight.finish(one, error)
    told = in_flight.outcomes({"a": one, "b": same}, None)
    another, is_fresh = in_flight.join(key, since=NEVER, reuse_recent=True)
    in_flight.finish(another, error)

    assert (is_new, is_new_again, is_fresh, nobodys) == (True, False, True, False)
    assert [type(each) for each in told.values()] == [Unreachable, Unreachable]
    assert told["a"] is not told["b"]


def test_one_of_all_who_got_it_writes_it_down(alice: Actor, held: Held) -> None:
    one, _ = in_flight.join(("", "x"), since=NEVER, reuse_recent=False)
    in_flight.finish(one, Unreachable("GET", "/"))

    assert [in_flight.claim(one), in_flight.claim(one)] == [True, False]


def late(actor: Actor, outcome: Any, again: Any = None, *, seconds_ago: float = 0) -> None:
    """The account comes when nobody waits for it; asked once more, it is as `again` says."""
    row = AltostratToken.objects.get(owner=actor.user)
    began_at = timezone.now() - timedelta(seconds=seconds_ago)
    recording.record_late_outcome(actor, row, ACCOUNT, began_at, outcome, lambda: again)


@pytest.fixture
def answered(alice: Actor) -> Answer[Any]:
    """What Altostrat says of the account; not kept yet."""
    result = read(alice, "ws_1", {"a": ACCOUNT})["a"]
    assert isinstance(result, Live)
    KeptCopy.objects.all().delete()
    return result.answer


def test_what_comes_late_is_kept(alice: Actor, answered: Answer[Any]) -> None:
    late(alice, answered)

    assert KeptCopy.objects.count() == 1


def test_what_was_asked_before_a_write_is_not_kept(alice: Actor, answered: Answer[Any]) -> None:
    Change.objects.create(user=alice.user, fingerprint="f", envelope="", settled_at=timezone.now())
    late(alice, answered, seconds_ago=10)

    assert not KeptCopy.objects.exists()


def test_a_late_401_is_asked_once_more_and_then_believed(alice: Actor, answered: Answer[Any]) -> None:
    rejected = TokenRejected("GET", "/", 401)
    late(alice, rejected, answered)
    doubted = AltostratToken.objects.get().status
    late(alice, rejected, rejected)

    assert doubted == AltostratToken.Status.ACCEPTED
    assert AltostratToken.objects.get().status == AltostratToken.Status.REFUSED
    assert not KeptCopy.objects.exists()


def test_what_comes_late_does_not_take_a_refusal_back(alice: Actor, answered: Answer[Any]) -> None:
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    late(alice, answered)

    assert AltostratToken.objects.get().status == AltostratToken.Status.REFUSED
    assert not KeptCopy.objects.exists()


def test_a_late_401_says_nothing_of_a_token_that_was_renewed(alice: Actor, answered: Answer[Any]) -> None:
    row, rejected = AltostratToken.objects.get(), TokenRejected("GET", "/", 401)
    token_changes.renew(alice, row.pk, text=SUPPORT)
    read(alice, "ws_1", {"a": ACCOUNT})
    recording.record_late_outcome(alice, row, ACCOUNT, timezone.now(), rejected, lambda: rejected)
    tokens.record_result(alice, row, rejected)

    assert AltostratToken.objects.get().status == AltostratToken.Status.ACCEPTED
    assert KeptCopy.objects.count() == 1


def test_what_cannot_be_written_down_is_one_line_in_the_log(
    alice: Actor, answered: Answer[Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(Exception):
        """With a text that nobody is to see."""

    def fails() -> Any:
        raise Odd("Erika Musterfrau")

    row = AltostratToken.objects.get()
    recording.record_late_outcome(alice, row, ACCOUNT, timezone.now(), TokenRejected("GET", "/", 401), fails)

    assert "a late answer could not be recorded: Odd" in caplog.text
    assert "Musterfrau" not in caplog.text
