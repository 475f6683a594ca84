"""Idempotency-Key: one write for each key, and the first answer again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller
from tests.api.test_failures import assert_portal_error
from tests.api.writes.test_writes import METHODS, UPDATE
from tests.plugins.processes import Portal, Sandbox

# As if the first request with the only key had recorded its outcome, and not yet its answer.
_BEFORE_THE_ANSWER = "from billing.models import IdempotencyKey; IdempotencyKey.objects.update(envelope='')"
_AGE = """
from datetime import timedelta
from django.db.models import F
from billing.models import Change, IdempotencyKey
IdempotencyKey.objects.update(claimed_at=F('claimed_at') - timedelta(hours={0}))
Change.objects.exclude(sent_at=None).update(sent_at=F('sent_at') - timedelta(hours={0}))
"""


@pytest.fixture(autouse=True)
def no_keys(portal: Portal) -> None:
    portal.manage(
        "shell", "-c", "from billing.models import IdempotencyKey; IdempotencyKey.objects.all().delete()"
    )


def write(caller: Caller, key: str = "k-1", body: Any = UPDATE, **headers: str) -> requests.Response:
    return caller.get(EXAMPLE, method="PATCH", json=body, headers={"Idempotency-Key": key, **headers})


def test_the_first_answer_is_returned_again(editor: Caller, fresh_sandbox: Sandbox) -> None:
    first, second = write(editor), write(editor)

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    for name in ("Content-Type", "Portal-Change", "Altostrat-Request-Id", "Portal-Origin"):
        assert second.headers[name] == first.headers[name]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(fresh_sandbox.writes()) == 1


def test_a_refusal_is_returned_again(editor: Caller, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:409", f"/{EXAMPLE}$", method="PATCH", document={"message": "No."})

    first, second = write(editor), write(editor)

    assert (first.status_code, first.json()) == (409, {"message": "No."})
    assert (second.status_code, second.content) == (409, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(fresh_sandbox.writes()) == 1


def test_another_request_with_the_key_is_refused(editor: Caller, fresh_sandbox: Sandbox) -> None:
    write(editor)

    assert_portal_error(write(editor, body={"description": "Other"}), 422, "idempotency_key_reused")
    assert len(fresh_sandbox.writes()) == 1


def test_equal_json_is_the_same_request(editor: Caller, fresh_sandbox: Sandbox) -> None:
    write(editor, body={"name": "A", "description": "B"})

    assert write(editor, body={"description": "B", "name": "A"}).headers["Idempotency-Replayed"] == "true"


def test_keys_of_other_people_are_other_keys(editor: Caller, other_editor: Caller) -> None:
    write(editor)

    # She has no token, so her request gets as far as that.
    assert_portal_error(write(other_editor), 424, "altostrat_token_missing")


def test_concurrent_requests_with_one_key_are_one_write(editor: Caller, fresh_sandbox: Sandbox) -> None:
    callers = [Caller(editor.base, editor.key) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(write, callers))

    assert len(fresh_sandbox.writes()) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    running = [answer for answer in answers if answer.status_code == 409]
    assert {answer.json()["code"] for answer in running} <= {"idempotency_key_in_use"}
    assert write(editor).headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(("fault", "later"), [(None, 200), ("status:409", 409)])
def test_a_request_waits_for_the_first_answer(
    portal: Portal, editor: Caller, fresh_sandbox: Sandbox, fault: str | None, later: int
) -> None:
    if fault is not None:
        fresh_sandbox.fault(fault, f"/{EXAMPLE}$", method="PATCH", document={"message": "No."})
    first = write(editor)
    portal.manage("shell", "-c", _BEFORE_THE_ANSWER)

    assert_code(write(editor), 409, "idempotency_key_in_use")
    # The first request was killed before it recorded its answer.
    portal.manage("shell", "-c", _AGE.format(1))
    assert write(editor).status_code == later
    assert write(editor).headers["Portal-Change"] == first.headers["Portal-Change"]
    assert len(fresh_sandbox.writes()) == 1


def test_an_accepted_write_is_unknown_until_a_read_settles_it(editor: Caller, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status_after:202", f"/{EXAMPLE}$", method="PATCH", document={"message": "Accepted."})

    first, second = write(editor), write(editor)

    assert (first.status_code, first.json()) == (202, {"message": "Accepted."})
    assert (second.status_code, second.json()["outcome"]) == (200, "applied")
    assert len(fresh_sandbox.writes()) == 1


def test_an_unknown_outcome_stays_unknown_until_a_read_settles_it(
    editor: Caller, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.fault("close_after", f"/{EXAMPLE}$", method="PATCH")
    first = write(editor)
    fresh_sandbox.fault("status:500", f"/{EXAMPLE}$", method="GET", times=None)

    second = write(editor)

    assert [answer.json()["code"] for answer in (first, second)] == ["altostrat_outcome_unknown"] * 2
    assert second.json()["change_url"] == first.json()["change_url"]
    fresh_sandbox.no_faults()
    third = write(editor)
    assert (third.status_code, third.json()["outcome"]) == (200, "applied")
    assert third.headers["Portal-Origin"] == "portal"
    assert len(fresh_sandbox.writes()) == 1


def test_a_change_that_was_not_applied_needs_another_key(
    portal: Portal, editor: Caller, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.fault("close_before", f"/{EXAMPLE}$", method="PATCH")
    write(editor)

    # Within a minute, the request may still arrive.
    assert_code(write(editor), 504, "altostrat_outcome_unknown")
    portal.manage("shell", "-c", _AGE.format(1))
    assert_code(write(editor), 409, "change_not_applied")
    assert write(editor, key="k-2").status_code == 200


def assert_code(answer: requests.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_request_that_was_not_sent_releases_the_key(editor: Caller, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:404", f"/{EXAMPLE}$", method="GET", document={"message": "Gone."})

    assert write(editor).status_code == 404
    assert write(editor).status_code == 200
    assert len(fresh_sandbox.writes()) == 1


def test_a_key_is_kept_for_a_day(portal: Portal, editor: Caller, fresh_sandbox: Sandbox) -> None:
    write(editor)
    portal.manage("shell", "-c", _AGE.format(23))
    assert write(editor).headers["Idempotency-Replayed"] == "true"

    portal.manage("shell", "-c", _AGE.format(2))
    assert "Idempotency-Replayed" not in write(editor).headers
    assert len(fresh_sandbox.writes()) == 2


def test_the_secret_of_a_setup_intent_is_not_stored(editor: Caller, fresh_sandbox: Sandbox) -> None:
    first, second = (
        editor.get(METHODS, method="POST", headers={"Idempotency-Key": "setup"}) for _ in range(2)
    )

    assert first.json()["client_secret"]
    assert (second.status_code, second.json()["outcome"]) == (200, "succeeded")
    assert len(fresh_sandbox.writes()) == 1


@pytest.mark.parametrize("key", ["", "a" * 256, "a,b", "a b", "a, a"])
def test_a_malformed_key_is_refused(editor: Caller, fresh_sandbox: Sandbox, key: str) -> None:
    assert_portal_error(write(editor, key=key), 400, "invalid_idempotency_key")
    assert fresh_sandbox.requests() == []


@pytest.mark.parametrize("key", ["a", "a" * 255, '"quoted"'])
def test_keys_have_up_to_255_characters(editor: Caller, key: str) -> None:
    assert write(editor, key=key).status_code == 200


def test_the_database_has_neither_key_nor_answer_in_clear(portal: Portal, editor: Caller) -> None:
    write(editor, key="a-very-recognizable-key")

    rows = portal.manage(
        "shell", "-c", "from billing.models import IdempotencyKey as K; print([*K.objects.values()])"
    )

    assert "envelope" in rows
    assert "recognizable" not in rows
    assert "By program" not in rows
