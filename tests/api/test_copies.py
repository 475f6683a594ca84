"""Short copies, which a program has to accept, and equal reads that share one call."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from billing.models import AltostratToken, AuditEntry, Change, User
from billing.services import audit
from billing.services.actor import Actor, Door
from billing.services.audit import entries
from billing.services.reads import short_copies
from billing.services.reads.recording import WritesSince
from billing.services.storage import recent
from billing.services.tokens import manage
from tests.api.conftest import EXAMPLE, Caller
from tests.api.in_process import Program, program_of
from tests.api.writes.test_writes import ACCOUNTS, SUBSCRIPTIONS, UPDATE
from tests.plugins.processes import Portal, Sandbox
from tests.tokens import FINANCE, USER

ACCEPTING = {"cache_control": "max-age=60"}


def read(program: Program, path: str = EXAMPLE, **headers: str) -> Any:
    return program.send(path, **{**ACCEPTING, **headers})


@pytest.fixture
def copied(program: Program, fresh_sandbox: Sandbox) -> Program:
    """Return a program with a copy of the documented account, and an empty journal."""
    read(program)
    fresh_sandbox.clear()
    return program


def test_a_copy_states_its_age_and_is_the_same(copied: Program, fresh_sandbox: Sandbox) -> None:
    answer = read(copied)

    assert fresh_sandbox.requests() == []
    assert answer["Age"] in ("0", "1", "2")
    fresh = copied.send(EXAMPLE)
    assert "Age" not in fresh.headers
    assert (answer.content, answer["ETag"]) == (fresh.content, fresh["ETag"])
    assert answer["Content-Type"] == fresh["Content-Type"]
    assert answer["Cache-Control"] == "no-store"


def test_a_copy_can_be_not_modified(copied: Program, fresh_sandbox: Sandbox) -> None:
    etag = read(copied)["ETag"]

    answer = read(copied, if_none_match=etag)

    assert (answer.status_code, answer.content, fresh_sandbox.requests()) == (304, b"", [])
    assert "Age" in answer.headers


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "max-age=0",
            "max-age=x",
            "max-age=-1",
            "max-age",
            "no-cache",
            "max-age=60, no-cache",
            "private",
        ),
        "max-age=0, max-age=60",
    ],
)
def test_without_consent_altostrat_is_asked(copied: Program, fresh_sandbox: Sandbox, value: str) -> None:
    assert "Age" not in read(copied, cache_control=value).headers
    assert len(fresh_sandbox.requests()) == 1


@pytest.mark.parametrize(
    ("seconds", "value", "is_copy"),
    [
        (9, "max-age=10", True),
        (11, "max-age=10", False),
        (59, "max-age=99999", True),
        (59, f"max-age={'9' * 5000}", True),
        (9, "max-age=10, max-age=0", True),
        (61, "max-age=99999", False),
    ],
)
def test_a_copy_is_not_older_than_accepted_and_at_most_a_minute(
    copied: Program,
    fresh_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
    value: str,
    is_copy: bool,
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(short_copies, "time", SimpleNamespace(monotonic=lambda: now + seconds))

    assert ("Age" in read(copied, cache_control=value).headers) == is_copy


def test_a_copy_belongs_to_one_address(copied: Program, fresh_sandbox: Sandbox) -> None:
    for path in (SUBSCRIPTIONS, f"{EXAMPLE}/invoices?limit=1", f"{EXAMPLE}/invoices?limit=2"):
        assert "Age" not in read(copied, path).headers

    assert len(fresh_sandbox.requests()) == 3


def test_a_copy_belongs_to_one_token(copied: Program, fresh_sandbox: Sandbox) -> None:
    assert "Age" not in read(program_of("frank")).headers
    token = AltostratToken.objects.get(owner=copied.owner)
    manage.renew(Actor(copied.owner, Door.COMMAND, frozenset()), token.pk, text=USER)
    fresh_sandbox.clear()

    assert "Age" not in read(copied).headers
    assert len(fresh_sandbox.requests()) == 1


@pytest.mark.parametrize("path", [EXAMPLE, SUBSCRIPTIONS, ACCOUNTS, "workspaces"])
def test_a_write_below_ends_a_copy(program: Program, fresh_sandbox: Sandbox, path: str) -> None:
    writer = program_of("frank")
    read(program, path)
    assert "Age" in read(program, path).headers

    assert writer.send(EXAMPLE, "PATCH", UPDATE).status_code == 200

    assert "Age" not in read(program, path).headers


@pytest.mark.parametrize("column", ["sent_at", "settled_at"])
@pytest.mark.parametrize(
    ("workspace", "account", "is_written"),
    [
        ("ws_1", "cus_1", True),
        ("ws_1", "", True),
        ("ws_1", "cus_2", False),
        ("ws_2", "cus_1", False),
        ("", "", True),
    ],
)
def test_a_write_elsewhere_ends_no_copy(
    db: None, column: str, workspace: str, account: str, is_written: bool
) -> None:
    user, now = User.objects.create_user("w"), timezone.now()
    Change.objects.create(
        user=user, verb="v", workspace_id=workspace, billing_account_id=account, envelope="", **{column: now}
    )
    ids = {"workspace_id": "ws_1", "billing_account_id": "cus_1"}

    assert WritesSince.of(ids, now).exist() == is_written
    assert not WritesSince.of(ids, now + timedelta(seconds=3)).exist()


def test_a_refusal_ends_a_copy(copied: Program, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:404", f"/{EXAMPLE}$", document={"message": "No."})
    copied.send(EXAMPLE)

    assert "Age" not in read(copied).headers


def test_a_newer_answer_replaces_a_copy(copied: Program, fresh_sandbox: Sandbox) -> None:
    copied.send(EXAMPLE)

    assert "Age" not in read(copied).headers
    assert "Age" in read(copied).headers


def test_a_refused_token_has_no_copies(copied: Program) -> None:
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    recent.clear_all()

    assert "Age" not in read(copied).headers


@pytest.mark.parametrize("does", ["deactivated", "without role", "key revoked", "token deleted"])
def test_access_is_as_strict_as_without_a_copy(copied: Program, fresh_sandbox: Sandbox, does: str) -> None:
    match does:
        case "deactivated":
            User.objects.filter(pk=copied.owner.pk).update(is_active=False)
        case "without role":
            copied.owner.groups.clear()
        case "key revoked":
            copied.row.revoked_at = timezone.now()
            copied.row.save()
        case _:
            AltostratToken.objects.all().delete()
    recent.clear_all()

    assert read(copied).status_code == {"without role": 403, "token deleted": 424}.get(does, 401)
    assert fresh_sandbox.requests() == []


def test_a_read_from_a_copy_is_in_the_audit_log(copied: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_READ_INTERVAL", timedelta(0))  # otherwise the read before covers it
    recent.clear_all()

    read(copied)

    entry = AuditEntry.objects.filter(verb=audit.READ).latest("pk")
    assert (entry.door, entry.detail, entry.outcome) == ("api", audit.FROM_COPY, "succeeded")
    assert entry.at > timezone.now() - timedelta(minutes=1)


@pytest.fixture(scope="module")
def reader_key(portal: Portal) -> str:
    """Return a key of a person who never writes: after a write, earlier reads are not shared."""
    portal.staff("olga", "viewer", FINANCE)
    return portal.key("olga", "billing:read")


@pytest.mark.parametrize(
    ("path", "status"), [(EXAMPLE, 200), (f"{EXAMPLE}nothing", 404), (f"{EXAMPLE}/invoices?limit=2", 200)]
)
def test_equal_reads_in_flight_share_one_call(
    portal: Portal, reader_key: str, fresh_sandbox: Sandbox, path: str, status: int
) -> None:
    fresh_sandbox.fault("delay:0.7", times=None)
    callers = [Caller(portal.url, reader_key) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda caller: caller.get(path), callers))

    assert {(answer.status_code, answer.content) for answer in answers} == {(status, answers[0].content)}
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 6
    assert len(fresh_sandbox.requests()) == 1


def test_reads_of_other_people_are_not_shared(
    alice: Caller, portal: Portal, reader_key: str, fresh_sandbox: Sandbox
) -> None:
    callers = [alice, Caller(portal.url, reader_key)]
    fresh_sandbox.fault("delay:0.7", times=None)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda caller: caller.get(EXAMPLE), callers))

    assert len(fresh_sandbox.requests()) == 2
