"""Unknown callers cannot flood the audit log, and every refusal is counted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry
from billing.roles import Role
from billing.services import audit, history
from billing.services.actor import Door
from billing.services.audit import refusals
from billing.services.audit.refusal_counts import ROWS_PER_MINUTE, RefusalCounts, Tally
from tests.plugins.services import free_port
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db

NextMinute = Callable[[], None]

ACCOUNT = "/api/v1/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"


@pytest.fixture
def next_minute(monkeypatch: pytest.MonkeyPatch) -> NextMinute:
    """Replace the clock: time stands still until the test calls the returned function."""
    now = [29_000_000]
    monkeypatch.setattr(refusals, "current_minute", lambda: now[0])

    def advance() -> None:
        now[0] += 1

    return advance


@pytest.fixture
def no_cache(settings: Settings) -> None:
    """Use a Redis that does not answer."""
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}}


def refuse(times: int, address: str = "203.0.113.5", verb: str = "session.sign_in") -> None:
    for _ in range(times):
        refusals.record_unknown(verb, door=Door.PAGE, detail="why", address=address)


def details() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("detail", flat=True))


def call_with_wrong_key(address: str) -> None:
    response = Client().get(ACCOUNT, headers={"Authorization": "Bearer abp_wrong"}, REMOTE_ADDR=address)
    assert response.status_code == 401


def sign_in_with_wrong_password(address: str) -> None:
    Client().post(
        "/accounts/sign-in/", {"username": f"nobody {address}", "password": "x"}, REMOTE_ADDR=address
    )


ENTRY_POINTS = pytest.mark.parametrize("attempt", [call_with_wrong_key, sign_in_with_wrong_password])


@ENTRY_POINTS
def test_one_ipv6_network_gets_few_rows_and_one_summary(
    attempt: Callable[[str], None], next_minute: NextMinute, static_files: None
) -> None:
    for number in range(ROWS_PER_MINUTE + 3):
        attempt(f"2001:db8:0:1:{number:x}::{number:x}")
    assert AuditEntry.objects.count() == ROWS_PER_MINUTE

    next_minute()
    refusals.write_summaries()

    summary = AuditEntry.objects.order_by("pk")[ROWS_PER_MINUTE]
    assert AuditEntry.objects.count() == ROWS_PER_MINUTE + 1
    assert summary.detail.startswith("3 more refused from 2001:db8:0:1::/64 in")
    assert summary.address == "2001:db8:0:1::"


@ENTRY_POINTS
def test_ipv4_mapped_address_counts_as_its_ipv4_address(
    attempt: Callable[[str], None], next_minute: NextMinute, static_files: None
) -> None:
    for number in range(ROWS_PER_MINUTE + 2):
        attempt("::ffff:203.0.113.5" if number % 2 else "203.0.113.5")
    next_minute()
    refusals.write_summaries()

    summaries = AuditEntry.objects.filter(detail__startswith="2 more refused in")
    assert AuditEntry.objects.count() == ROWS_PER_MINUTE + 1
    assert summaries.get().address == "203.0.113.5"


@ENTRY_POINTS
def test_other_networks_still_get_rows(
    attempt: Callable[[str], None], next_minute: NextMinute, static_files: None
) -> None:
    for _ in range(ROWS_PER_MINUTE + 1):
        attempt("2001:db8:0:1::1")
    attempt("2001:db8:0:2::1")
    attempt("::ffff:203.0.113.6")

    assert AuditEntry.objects.count() == ROWS_PER_MINUTE + 2


def test_pages_and_api_share_the_rows_of_a_network(next_minute: NextMinute, static_files: None) -> None:
    for number in range(ROWS_PER_MINUTE):
        call_with_wrong_key(f"2001:db8:0:1::{number:x}")
        sign_in_with_wrong_password(f"2001:db8:0:1::{number:x}")
    assert AuditEntry.objects.count() == ROWS_PER_MINUTE

    next_minute()
    refusals.write_summaries()

    half = ROWS_PER_MINUTE // 2
    summaries = AuditEntry.objects.filter(detail__startswith=f"{half} more refused")
    assert set(summaries.values_list("verb", "door")) == {
        ("access.refused", "api"),
        ("session.sign_in", "page"),
    }


def test_rows_stop_without_the_cache(no_cache: None, next_minute: NextMinute) -> None:
    for number in range(ROWS_PER_MINUTE + 4):
        call_with_wrong_key(f"2001:db8:0:3::{number:x}")
    assert AuditEntry.objects.count() == ROWS_PER_MINUTE

    next_minute()
    refusals.write_summaries()
    assert details()[-1].startswith("4 more refused from 2001:db8:0:3::/64 in")


def test_concurrent_callers_share_the_count() -> None:
    tally = Tally(29_000_000, "203.0.113.5", "session.sign_in", "page")
    with ThreadPoolExecutor(8) as pool:
        admitted = list(pool.map(lambda _: RefusalCounts(cache).admit(tally), range(80)))

    assert admitted.count(True) == ROWS_PER_MINUTE
    assert list(RefusalCounts(cache).pending(tally.minute + 1)) == [tally]


def test_summary_follows_the_rows(next_minute: NextMinute) -> None:
    refuse(ROWS_PER_MINUTE + 47)
    assert details() == ["why"] * ROWS_PER_MINUTE
    next_minute()
    refuse(1)

    assert details() == [
        *["why"] * ROWS_PER_MINUTE,
        "47 more refused in the minute of 2025-02-19 21:20 UTC",
        "why",
    ]
    summary = AuditEntry.objects.get(detail__startswith="47 more")
    assert (summary.verb, summary.outcome, summary.door, summary.address) == (
        "session.sign_in",
        "refused",
        "page",
        "203.0.113.5",
    )


def test_summary_is_written_once(next_minute: NextMinute) -> None:
    refuse(ROWS_PER_MINUTE + 2)
    next_minute()
    for _ in range(3):
        refusals.write_summaries()

    assert len(details()) == ROWS_PER_MINUTE + 1


def test_failed_summary_is_written_later(next_minute: NextMinute, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(ROWS_PER_MINUTE + 2)
    next_minute()
    with monkeypatch.context() as patch:
        patch.setattr(audit, "record_unattended", disk_full)
        with pytest.raises(OSError, match="disk full"):
            refusals.write_summaries()
    refusals.write_summaries()

    assert details()[-1].startswith("2 more refused")


def disk_full(*args: object, **kwargs: object) -> None:
    raise OSError("disk full")


def test_each_address_and_minute_has_its_own_rows(next_minute: NextMinute) -> None:
    refuse(ROWS_PER_MINUTE, "203.0.113.5")
    refuse(ROWS_PER_MINUTE, "203.0.113.6")
    next_minute()
    refuse(ROWS_PER_MINUTE)

    assert details() == ["why"] * 3 * ROWS_PER_MINUTE


def test_each_verb_has_its_own_summary(next_minute: NextMinute) -> None:
    refuse(ROWS_PER_MINUTE)
    refuse(2, verb="session.sign_in")
    refuse(3, verb="session.end")
    next_minute()
    refusals.write_summaries()

    summaries = AuditEntry.objects.filter(detail__contains=" more refused").order_by("pk")
    assert [(row.verb, row.detail[:6]) for row in summaries] == [
        ("session.sign_in", "2 more"),
        ("session.end", "3 more"),
    ]


@pytest.mark.parametrize("trigger", ["reader of the audit", "sign-in", "nightly command"])
def test_next_request_writes_the_summary(next_minute: NextMinute, trigger: str) -> None:
    otto = actor_called("otto", Role.AUDITOR)
    refuse(ROWS_PER_MINUTE + 1)
    next_minute()
    if trigger == "reader of the audit":
        history.list_entries(otto, history.EntryFilter())
    elif trigger == "sign-in":
        Client().force_login(otto.user, backend="django.contrib.auth.backends.ModelBackend")
    else:
        call_command("clear_sessions")

    assert AuditEntry.objects.filter(detail__startswith="1 more refused").count() == 1


def test_one_request_writes_a_few_summaries_and_the_next_the_rest(next_minute: NextMinute) -> None:
    for number in range(25):
        refuse(ROWS_PER_MINUTE + 1, f"203.0.113.{number}")
    next_minute()
    summaries = AuditEntry.objects.filter(detail__startswith="1 more")
    refusals.write_summaries()
    assert summaries.count() == 20
    refusals.write_summaries()

    assert summaries.count() == 25
