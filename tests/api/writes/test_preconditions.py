"""If-Match on writes, and undocumented fields: what an operator may require or allow."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from billing.models import AuditEntry, Change
from tests.api.conftest import EXAMPLE
from tests.api.in_process import Program
from tests.api.writes.test_writes import METHODS, SIGNED, SUBSCRIPTION, SUBSCRIPTIONS, UPDATE
from tests.plugins.processes import Sandbox

SIGNATURE = {"portal_reason": SIGNED["Portal-Reason"], "portal_ticket": SIGNED["Portal-Ticket"]}


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("form", ["{}", '"other", {}', '{} , W/"other"', "*"])
@pytest.mark.parametrize(("path", "body"), [(EXAMPLE, UPDATE), (SUBSCRIPTION, {"metadata": {"a": "b"}})])
def test_a_write_with_the_present_etag_is_sent(
    program: Program, fresh_sandbox: Sandbox, path: str, body: Any, form: str
) -> None:
    etag = program.send(path)["ETag"]

    assert program.send(path, "PATCH", body, if_match=form.format(etag)).status_code == 200
    assert len(fresh_sandbox.writes()) == 1


@pytest.mark.parametrize("form", ['"other"', "W/{}", '"other", W/{}', "", "nonsense", "{}x", "*, {}x"])
def test_a_write_without_the_present_etag_is_not_sent(
    program: Program, fresh_sandbox: Sandbox, form: str
) -> None:
    etag = program.send(EXAMPLE)["ETag"]

    answer = program.send(EXAMPLE, "PATCH", UPDATE, if_match=form.format(etag))

    assert code_of(answer) == (412, "precondition_failed")
    assert fresh_sandbox.writes() == []
    assert not Change.objects.exists()


def test_the_etag_is_compared_with_a_fresh_read(program: Program, fresh_sandbox: Sandbox) -> None:
    etag = program.send(EXAMPLE)["ETag"]
    program.send(EXAMPLE, "PATCH", {"description": "Somebody was faster"})

    assert code_of(program.send(EXAMPLE, "PATCH", UPDATE, if_match=etag)) == (412, "precondition_failed")
    assert len(fresh_sandbox.writes()) == 1


@pytest.mark.parametrize("value", ["*", '"other"'])
def test_a_write_with_a_condition_of_reads_is_not_sent(
    program: Program, fresh_sandbox: Sandbox, value: str
) -> None:
    answer = program.send(EXAMPLE, "PATCH", UPDATE, if_none_match=value)

    assert code_of(answer) == (400, "invalid_parameter")
    assert "If-None-Match" in answer.json()["message"]
    assert fresh_sandbox.requests() == []


def test_a_deletion_is_conditional_too(program: Program, fresh_sandbox: Sandbox) -> None:
    answer = program.send(SUBSCRIPTION, "DELETE", if_match='"other"', **SIGNATURE)

    assert code_of(answer) == (412, "precondition_failed")
    assert fresh_sandbox.writes() == []


@pytest.mark.parametrize("value", ["*", '"any"'])
def test_what_cannot_be_read_has_no_etag(program: Program, fresh_sandbox: Sandbox, value: str) -> None:
    answer = program.send(f"{METHODS}/pm_a1b2c3d4e5f6g7h8", "DELETE", if_match=value, **SIGNATURE)

    assert code_of(answer) == (412, "precondition_failed")
    assert fresh_sandbox.requests() == []


def test_a_missing_object_stays_missing(program: Program) -> None:
    assert program.send(f"{EXAMPLE}nothing", "PATCH", UPDATE, if_match="*").status_code == 404


def test_a_failed_precondition_leaves_the_idempotency_key_free(
    program: Program, fresh_sandbox: Sandbox
) -> None:
    def send(etag: str) -> Any:
        return program.send(EXAMPLE, "PATCH", UPDATE, if_match=etag, idempotency_key="k")

    assert code_of(send('"other"')) == (412, "precondition_failed")
    etag = program.send(EXAMPLE)["ETag"]
    first, again = send(etag), send(etag)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again["Idempotency-Replayed"] == "true"
    assert code_of(send("*")) == (422, "idempotency_key_reused")
    assert len(fresh_sandbox.writes()) == 1


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [(EXAMPLE, "PATCH", UPDATE), (EXAMPLE, "DELETE", None), (SUBSCRIPTION, "DELETE", None)],
)
def test_an_operator_may_require_if_match(
    program: Program, fresh_sandbox: Sandbox, settings: Settings, path: str, method: str, body: Any
) -> None:
    settings.API_REQUIRE_IF_MATCH = True

    assert code_of(program.send(path, method, body, **SIGNATURE)) == (428, "precondition_required")
    assert fresh_sandbox.requests() == []


def test_if_match_is_only_required_where_an_etag_exists(program: Program, settings: Settings) -> None:
    settings.API_REQUIRE_IF_MATCH = True
    method = f"{METHODS}/pm_a1b2c3d4e5f6g7h8"

    assert program.send(method, "PUT", **SIGNATURE).status_code < 300
    assert program.send(method, "DELETE", **SIGNATURE).status_code != 428
    body = {"product_quantities": {"users": 2}}
    assert program.send(SUBSCRIPTIONS, "POST", body, **SIGNATURE).status_code < 300


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (EXAMPLE, {"name": "New", "flavor": "red", "address": {"planet": "Mars", "city": "Oslo"}}),
        (EXAMPLE, {"flavor": {"a": [1]}}),
        (SUBSCRIPTION, {"metadata": {"a": "b"}, "flavor": "red"}),
    ],
)
def test_an_operator_may_allow_undocumented_fields(
    program: Program, fresh_sandbox: Sandbox, settings: Settings, path: str, body: Any
) -> None:
    assert code_of(program.send(path, "PATCH", body, **SIGNATURE)) == (422, "invalid_fields")
    settings.API_ALLOW_UNKNOWN_FIELDS = True

    program.send(path, "PATCH", body, **SIGNATURE)

    (write,) = fresh_sandbox.writes()
    assert write["body"] == body
    assert AuditEntry.objects.filter(verb__endswith=Change.objects.get().verb).exists()


@pytest.mark.parametrize(
    ("path", "body"), [(EXAMPLE, {"name": 5, "x": 1}), (EXAMPLE, []), (SUBSCRIPTION, {"x": 1})]
)
def test_documented_fields_stay_checked(
    program: Program, fresh_sandbox: Sandbox, settings: Settings, path: str, body: Any
) -> None:
    settings.API_ALLOW_UNKNOWN_FIELDS = True

    assert code_of(program.send(path, "PATCH", body, **SIGNATURE)) == (422, "invalid_fields")
    assert fresh_sandbox.requests() == []


@pytest.mark.parametrize(
    ("body", "outcome"), [({"flavor": "red"}, "unknown"), ({"flavor": "red", "name": "New"}, "applied")]
)
def test_no_read_shows_whether_an_undocumented_field_was_applied(
    program: Program, fresh_sandbox: Sandbox, settings: Settings, body: Any, outcome: str
) -> None:
    settings.API_ALLOW_UNKNOWN_FIELDS = True
    fresh_sandbox.fault("close_after", f"/{EXAMPLE}$", method="PATCH")

    assert code_of(program.send(EXAMPLE, "PATCH", body)) == (504, "altostrat_outcome_unknown")
    assert program.send(f"changes/{Change.objects.get().pk}").json()["outcome"] == outcome
