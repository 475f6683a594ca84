"""The caches of a process: how long values stay, and what clears them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from billing.models import AuditEntry, User
from billing.roles import Permission, Role
from billing.services import audit, tokens
from billing.services.actor import Actor, Door
from billing.services.people import key_use, keys, staff
from billing.services.storage import recent
from billing.services.storage.recent import Recent
from billing.services.tokens import manage
from tests.clock import Clock, stopped_clock
from tests.services.cast import actor_called
from tests.tokens import FINANCE, USER


def test_a_value_is_loaded_once() -> None:
    values: Recent[str, object] = Recent(seconds=60)
    assert values.get("a", object) is values.get("a", object)


def test_an_expired_value_is_loaded_again() -> None:
    values: Recent[str, object] = Recent(seconds=0)
    assert values.get("a", object) is not values.get("a", object)


def test_what_loading_raises_is_not_kept() -> None:
    values: Recent[str, int] = Recent(seconds=60)
    with pytest.raises(ZeroDivisionError):
        values.get("a", lambda: 1 // 0)
    assert values.get("a", lambda: 1) == 1


def test_a_value_loaded_while_a_row_changed_is_not_kept() -> None:
    values: Recent[str, int] = Recent(seconds=60)

    def load() -> int:
        recent.clear_all()
        return 1

    assert values.get("a", load) == 1
    assert values.find("a") is None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped_clock(monkeypatch, recent)


def test_one_thread_loads_a_value_again_before_it_expires(clock: Clock) -> None:
    values: Recent[str, str] = Recent(seconds=1)
    values.get("a", lambda: "first")
    clock.now += 0.79
    assert values.get("a", lambda: "too early") == "first"
    clock.now += 0.02
    others = list[str]()

    def load() -> str:
        others.append(values.get("a", lambda: "not needed"))
        return "second"

    assert values.get("a", load) == "second"
    assert others == ["first"]
    clock.now += 0.5
    assert values.find("a") == "second"
    clock.now += 0.5
    assert values.find("a") is None


def test_what_loading_again_raises_ends_the_value(clock: Clock) -> None:
    values: Recent[str, int] = Recent(seconds=1)
    values.get("a", lambda: 1)
    clock.now += 0.9
    with pytest.raises(ZeroDivisionError):
        values.get("a", lambda: 1 // 0)
    assert values.find("a") is None


@pytest.fixture
def alice(db: None, altostrat_url: str) -> Actor:
    return actor_called("alice", Role.VIEWER, token=FINANCE)


@pytest.fixture
def key(alice: Actor) -> str:
    return keys.issue(alice, name="test", scopes=[Permission.BILLING_READ])[1]


def recognize(key: str) -> Actor:
    return key_use.authenticate(key, request_id="", address=None)


def test_a_key_is_looked_up_once_in_a_second(
    key: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    recognize(key)
    with django_assert_num_queries(0):
        assert recognize(key).door is Door.API


def test_a_revoked_key_is_refused_at_once(alice: Actor, key: str) -> None:
    prefix = recognize(key).key_prefix
    keys.revoke_as_operator(prefix=prefix)
    with pytest.raises(key_use.KeyRefused):
        recognize(key)


def test_the_key_of_a_deactivated_person_is_refused_at_once(alice: Actor, key: str) -> None:
    recognize(key)
    staff.deactivate_as_operator("alice")
    with pytest.raises(key_use.KeyRefused):
        recognize(key)


def test_a_lost_role_is_lost_at_once(alice: Actor, key: str) -> None:
    assert recognize(key).permissions
    alice.user.groups.clear()
    assert not recognize(key).permissions


def test_a_renamed_group_is_no_role_any_more(alice: Actor, key: str) -> None:
    assert recognize(key).permissions
    group = Group.objects.get(name="viewer")
    group.name = "other"
    group.save()
    assert not recognize(key).permissions


def test_a_bulk_update_of_keys_counts_at_once(key: str) -> None:
    recognize(key)
    User.objects.get(username="alice").portal_keys.update(revoked_at=timezone.now())
    with pytest.raises(key_use.KeyRefused):
        recognize(key)


def test_a_token_is_opened_once_in_a_second(
    alice: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def use() -> None:
        with tokens.client_for(alice):
            pass

    use()
    with django_assert_num_queries(0):
        use()


def test_a_renewed_token_is_used_at_once(alice: Actor) -> None:
    with tokens.client_for(alice) as client:
        assert client._token.reveal() == FINANCE
    row = tokens.choose(alice.user)
    manage.renew(alice, row.pk, text=USER)
    with tokens.client_for(alice) as client:
        assert client._token.reveal() == USER


def test_a_write_chooses_its_token_itself(
    alice: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with tokens.client_for(alice):
        pass
    with django_assert_num_queries(1), tokens.client_for(alice, is_for_write=True):
        pass


def test_a_read_is_recorded_once_in_five_minutes(
    alice: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    audit.record_read(alice, "ws_1", "cus_1")
    with django_assert_num_queries(0):
        audit.record_read(alice, "ws_1", "cus_1")
    assert AuditEntry.objects.filter(verb=audit.READ).count() == 1


def test_a_read_that_another_process_recorded_counts_from_then(
    alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.record_read(alice, "ws_1", "cus_1")
    recent.clear_all()
    audit.record_read(alice, "ws_1", "cus_1")
    later = timezone.now() + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    recent.clear_all()
    audit.record_read(alice, "ws_1", "cus_1")
    assert AuditEntry.objects.filter(verb=audit.READ).count() == 2
