"""Writes: the same record and the same single call as those of pages, with checks before and Altostrat's answer."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller, signed_in
from tests.api.test_failures import assert_portal_error
from tests.plugins.processes import Portal, Sandbox

ACCOUNTS = "workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts"
SUBSCRIPTIONS = f"{EXAMPLE}/subscriptions"
SUBSCRIPTION = f"{SUBSCRIPTIONS}/sub_a1b2c3d4e5f6g7h8"
METHODS = f"{EXAMPLE}/payment-methods"
SIGNED = {"Portal-Reason": "Z%C3%BCrich moves, 50%25 less", "Portal-Ticket": "FIN-7"}
# Method, path, body, and whether the pages require a reason and a ticket.
WRITES: list[tuple[str, str, Any, bool]] = [
    ("POST", ACCOUNTS, {"name": "New", "email": "new@example.com", "address": {"country": "ZA"}}, False),
    ("PATCH", EXAMPLE, {"description": None, "address": {"city": "Cape Town"}}, False),
    ("DELETE", EXAMPLE, None, True),
    ("POST", SUBSCRIPTIONS, {"product_quantities": {"users": 2}, "metadata": {"a": "b"}}, True),
    ("PATCH", SUBSCRIPTION, {"action": "pause"}, True),
    ("PATCH", SUBSCRIPTION, {"product_quantities": {"locations": 3}, "metadata": {"a": 1.5}}, True),
    ("PATCH", SUBSCRIPTION, {"add_products": {"sso": 2}}, True),
    ("PATCH", SUBSCRIPTION, {"remove_products": ["users"]}, True),
    ("PATCH", SUBSCRIPTION, {"metadata": {"project": "x"}}, False),
    ("DELETE", SUBSCRIPTION, None, True),
    ("POST", METHODS, None, False),
    ("PUT", f"{METHODS}/pm_a1b2c3d4e5f6g7h8", None, True),
    ("DELETE", f"{METHODS}/pm_a1b2c3d4e5f6g7h8", None, True),
]
NEEDING_REASON = [row for row in WRITES if row[3]]
UPDATE = {"description": "By program"}


def outcome_of(caller: Caller, answer: requests.Response) -> dict[str, Any]:
    return dict(caller.get(f"changes/{answer.headers['Portal-Change']}").json())


@pytest.mark.parametrize(("method", "path", "body", "needs_reason"), WRITES)
def test_every_documented_write_is_sent_once_with_the_same_body(
    editor: Caller, fresh_sandbox: Sandbox, method: str, path: str, body: Any, needs_reason: bool
) -> None:
    answer = editor.get(path, method=method, json=body, headers=SIGNED if needs_reason else {})

    (write,) = fresh_sandbox.writes()
    assert (write["method"], write["path"]) == (method, f"/{path}")
    assert write["body"] == body
    assert answer.status_code == write["status"]
    assert answer.headers["Portal-Origin"] == "altostrat"
    if answer.ok:
        assert outcome_of(editor, answer)["outcome"] == "succeeded"


def test_the_answer_is_altostrats(editor: Caller, fresh_sandbox: Sandbox) -> None:
    answer = editor.get(EXAMPLE, method="PATCH", json=UPDATE)

    assert (answer.status_code, answer.json()["description"]) == (200, "By program")
    assert answer.headers["Altostrat-Request-Id"].startswith("req_")


def test_a_refusal_is_relayed_and_recorded(editor: Caller, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:409", f"/{EXAMPLE}$", method="PATCH", document={"message": "No."})

    answer = editor.get(EXAMPLE, method="PATCH", json=UPDATE)

    assert (answer.status_code, answer.json()) == (409, {"message": "No."})
    assert outcome_of(editor, answer)["outcome"] == "refused"


@pytest.mark.parametrize(("method", "path", "body", "_"), NEEDING_REASON)
@pytest.mark.parametrize("missing", list(SIGNED))
def test_reason_and_ticket_are_required_where_pages_require_them(
    editor: Caller, fresh_sandbox: Sandbox, method: str, path: str, body: Any, _: bool, missing: str
) -> None:
    headers = {name: value for name, value in SIGNED.items() if name != missing}

    answer = editor.get(path, method=method, json=body, headers=headers)

    assert_portal_error(answer, 400, "reason_required")
    assert answer.json()["message"].startswith(f"{missing} is missing. ")
    assert fresh_sandbox.requests() == []


def test_the_reason_is_in_the_record(editor: Caller) -> None:
    found = outcome_of(editor, editor.get(EXAMPLE, method="PATCH", json=UPDATE, headers=SIGNED))

    assert (found["reason"], found["ticket"]) == ("Zürich moves, 50% less", "FIN-7")


@pytest.mark.parametrize("reason", ["a" * 1001, "", "%FF", "a%00", "\xff", "50% less", "%(", "a%"])
def test_a_reason_that_cannot_be_stored_is_refused(
    editor: Caller, fresh_sandbox: Sandbox, reason: str
) -> None:
    headers = {"Portal-Reason": reason.encode("latin-1"), "Portal-Ticket": "FIN-7"}

    answer = editor.get(EXAMPLE, method="PATCH", json=UPDATE, headers=headers)

    assert_portal_error(answer, 400, "reason_required")
    assert answer.json()["message"].startswith("Portal-Reason ")
    assert fresh_sandbox.requests() == []


@pytest.mark.parametrize(
    "headers",
    [
        *({"Content-Type": kind} for kind in ("", "text/plain", "application/x-www-form-urlencoded")),
        {"Content-Type": "application/merge-patch+json"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_media_type_is_refused(
    editor: Caller, fresh_sandbox: Sandbox, headers: dict[str, str]
) -> None:
    answer = editor.get(EXAMPLE, method="PATCH", data=b'{"name": "x"}', headers=headers)

    assert_portal_error(answer, 415, "unsupported_media_type")
    assert fresh_sandbox.requests() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"name": NaN}',
        b'{"name": "a", "name": "b"}',
        b"[" * 5000,
        b'{"name": "\\u0000"}',
    ],
)
def test_anything_but_strict_json_is_refused(editor: Caller, fresh_sandbox: Sandbox, body: bytes) -> None:
    answer = editor.get(EXAMPLE, method="PATCH", data=body, headers={"Content-Type": "application/json"})

    assert_portal_error(answer, 400, "invalid_json")
    assert fresh_sandbox.requests() == []


def test_all_invalid_fields_are_named_with_limit_and_what_was_sent(
    editor: Caller, fresh_sandbox: Sandbox
) -> None:
    body = {"name": "a" * 101, "phone": 5, "currency": "chf", "flavor": "red", "address": {"planet": "Mars"}}

    answer = editor.get(ACCOUNTS, method="POST", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    found = {row["field"]: (row["limit"], row["sent"]) for row in answer.json()["errors"]}
    assert found == {
        "name": ("at most 100 characters", '"' + "a" * 99 + "…"),
        "phone": ("type string or null", 5),
        "currency": ("one of usd, zar, eur, gbp, aud", "chf"),
        "flavor": ("not documented", "red"),
        "address.planet": ("not documented", "Mars"),
        "email": ("required", None),
    }
    assert fresh_sandbox.requests() == []


@pytest.mark.parametrize(
    "body", [{"remove_products": [1] * 9000}, {str(number): 1 for number in range(5000)}]
)
def test_a_hundred_invalid_fields_are_named(editor: Caller, fresh_sandbox: Sandbox, body: Any) -> None:
    answer = editor.get(SUBSCRIPTION, method="PATCH", json=body, headers=SIGNED)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    assert len(answer.json()["errors"]) == 100
    assert fresh_sandbox.requests() == []


@pytest.mark.parametrize(("size", "status"), [(64 * 1024, 422), (64 * 1024 + 1, 413)])
def test_a_body_has_at_most_64_kib(editor: Caller, fresh_sandbox: Sandbox, size: int, status: int) -> None:
    start, end = b'{"description": "', b'"}'
    body = start + b"a" * (size - len(start) - len(end)) + end

    answer = editor.get(EXAMPLE, method="PATCH", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == status
    assert fresh_sandbox.requests() == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", SUBSCRIPTION, {"action": "pause", "metadata": {"a": "b"}}),
        ("PATCH", SUBSCRIPTION, {}),
        ("PATCH", SUBSCRIPTION, {"action": "explode"}),
        ("PATCH", SUBSCRIPTION, {"product_quantities": {"users": 0}}),
        ("POST", SUBSCRIPTIONS, {"product_quantities": {}}),
        ("POST", ACCOUNTS, {"name": "a", "email": "nobody"}),
        ("POST", METHODS, {"card": "4242424242424242"}),
        ("PATCH", EXAMPLE, {"currency": "usd"}),
        ("PATCH", EXAMPLE, ["name"]),
        ("PATCH", SUBSCRIPTION, [None, None]),
        ("POST", f"{EXAMPLE}/invoices/preview", {"anything": 1}),
    ],
)
def test_a_body_that_does_not_fit_the_schema_is_refused(
    editor: Caller, fresh_sandbox: Sandbox, method: str, path: str, body: Any
) -> None:
    answer = editor.get(path, method=method, json=body, headers=SIGNED)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    assert answer.json()["errors"]
    assert fresh_sandbox.requests() == []


def test_a_preview_needs_only_the_scope_for_reads(alice: Caller, fresh_sandbox: Sandbox) -> None:
    body = {"subscription_id": "sub_a1b2c3d4e5f6g7h8", "cancel_subscription": True}

    answer = alice.get(f"{EXAMPLE}/invoices/preview", method="POST", json=body)

    assert (answer.status_code, answer.headers["Portal-Origin"]) == (200, "altostrat")
    assert "lines" in answer.json()
    assert fresh_sandbox.writes() == []


@pytest.mark.parametrize(("method", "path", "body", "_"), WRITES)
def test_a_key_for_reads_cannot_write(
    alice: Caller, fresh_sandbox: Sandbox, method: str, path: str, body: Any, _: bool
) -> None:
    assert_portal_error(alice.get(path, method=method, json=body, headers=SIGNED), 403, "key_scope")
    assert fresh_sandbox.requests() == []


def test_a_browser_session_cannot_write(portal: Portal, fresh_sandbox: Sandbox) -> None:
    browser = signed_in(portal, "alice")
    headers = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": portal.url}

    answer = browser.patch(f"{portal.url}/api/v1/{EXAMPLE}", json=UPDATE, headers=headers, timeout=10)

    assert_portal_error(answer, 403, "key_required")
    assert fresh_sandbox.requests() == []


def test_a_lost_answer_is_an_unknown_outcome_until_a_read_settles_it(
    editor: Caller, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.fault("close_after", f"/{EXAMPLE}$", method="PATCH")

    answer = editor.get(EXAMPLE, method="PATCH", json=UPDATE)

    assert (answer.status_code, answer.json()["code"]) == (504, "altostrat_outcome_unknown")
    link = answer.json()["change_url"]
    assert link.endswith(f"/api/v1/changes/{answer.headers['Portal-Change']}")
    assert editor.get(link.partition("/api/v1/")[2]).json()["outcome"] == "applied"
    assert len(fresh_sandbox.writes()) == 1


_LATER = """
from datetime import timedelta
from django.db.models import F
from billing.models import Change
Change.objects.exclude(sent_at=None).update(sent_at=F('sent_at') - timedelta(minutes=2))
"""


def test_a_change_that_did_not_arrive_is_found_not_applied_after_a_minute(
    portal: Portal, editor: Caller, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.fault("close_before", f"/{EXAMPLE}$", method="PATCH")

    answer = editor.get(EXAMPLE, method="PATCH", json=UPDATE)

    assert (answer.status_code, answer.json()["code"]) == (504, "altostrat_outcome_unknown")
    assert outcome_of(editor, answer)["outcome"] == "unknown"
    portal.manage("shell", "-c", _LATER)
    assert outcome_of(editor, answer)["outcome"] == "not_applied"


def test_two_equal_writes_are_two_writes(editor: Caller, fresh_sandbox: Sandbox) -> None:
    answers = [editor.get(EXAMPLE, method="PATCH", json=UPDATE) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({answer.headers["Portal-Change"] for answer in answers}) == 2
    assert len(fresh_sandbox.writes()) == 2


def test_nothing_is_sent_if_the_object_cannot_be_read(editor: Caller, fresh_sandbox: Sandbox) -> None:
    answer = editor.get(f"{ACCOUNTS}/cus_nothing", method="PATCH", json=UPDATE)

    assert (answer.status_code, answer.headers["Portal-Origin"]) == (404, "altostrat")
    assert fresh_sandbox.writes() == []


@pytest.mark.parametrize("change_id", ["x", "8d9f6d1e-1111-4111-8111-111111111111"])
def test_an_unknown_change_is_not_found(editor: Caller, change_id: str) -> None:
    assert_portal_error(editor.get(f"changes/{change_id}"), 404, "change_not_found")


def test_a_change_of_another_person_is_not_found(editor: Caller, other_editor: Caller) -> None:
    change_id = editor.get(EXAMPLE, method="PATCH", json=UPDATE).headers["Portal-Change"]

    assert_portal_error(other_editor.get(f"changes/{change_id}"), 404, "change_not_found")


_AUDIT = """
from billing.models import AuditEntry
rows = AuditEntry.objects.filter(subject='{}').order_by('pk')
print('rows:', *(f'{{row.verb}}={{row.outcome}}={{row.door}}' for row in rows))
"""


def test_intent_and_outcome_are_in_the_audit_log(portal: Portal, editor: Caller) -> None:
    change_id = editor.get(EXAMPLE, method="PATCH", json=UPDATE).headers["Portal-Change"]

    rows = portal.manage("shell", "-c", _AUDIT.format(change_id)).partition("rows: ")[2].split()

    assert rows == ["change.send=started=api", "billing_account.update=succeeded=api"]


def test_a_subscription_whose_metadata_has_a_fraction_can_be_changed(editor: Caller) -> None:
    ratio = {"metadata": {"ratio": 0.1, "deep": [{"a": 2.5}]}}

    first = editor.get(SUBSCRIPTION, method="PATCH", json=ratio)
    second = editor.get(SUBSCRIPTION, method="PATCH", json={"metadata": {"ratio": 0.2}})

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json()["metadata"]["ratio"] == 0.2
