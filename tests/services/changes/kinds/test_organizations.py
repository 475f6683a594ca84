"""Creating an organization at the top level or below another one, and deleting it."""

from __future__ import annotations

from typing import Any

import pytest

from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Attempt, Draft, Incomplete, NotReady, Signature
from tests.plugins.processes import Sandbox
from tests.services.changes.steps import (
    ASSIGNED,
    POOLED,
    change_upstream,
    list_upstream,
    prepare_and_send,
    refusal_of,
    sign_and_send,
)

State, Found = Change.State, Change.Found
CREATE, CHILD, DELETE = "organization.create", "organization.create_child", "organization.delete"
ACCOUNT = "cus_4w5g778bg26zcp1c"
PARENT = {"workspace_id": POOLED, "organization_id": "org_aBcDeFg123456789"}


def unlimited(**more: Any) -> dict[str, Any]:
    return {"name": "Harbour", "limits.locations": None, "limits.users": None, "limits.sso": None, **more}


def test_zero_limit_is_sent_and_no_limit_is_left_out(erin: Actor, upstream: Sandbox) -> None:
    wanted = unlimited(**{"billing_account_id": ACCOUNT, "limits.users": 25, "limits.sso": 0})
    sent = prepare_and_send(erin, CREATE, {"workspace_id": ASSIGNED}, wanted)

    assert sent.state == State.SUCCEEDED
    assert [row["body"] for row in upstream.writes()] == [
        {"name": "Harbour", "billing_account_id": ACCOUNT, "limits": {"users": 25, "sso": 0}}
    ]
    rows = changes.field_changes(Attempt.of(erin, sent))
    assert {row.label: (row.after, row.now) for row in rows} == {
        "Name": ("Harbour", "Harbour"),
        "Billing account": (f"Kloof Street Hotels ({ACCOUNT})",) * 2,
        "Locations limit": ("no limit", "no limit"),
        "Users limit": ("25", "25"),
        "Single sign-on limit": ("0 (off)",) * 2,
    }
    undone = sign_and_send(erin, changes.undo(erin, sent.pk))
    assert (undone.verb, undone.state) == (DELETE, State.SUCCEEDED)


def test_billing_mode_decides_whether_an_account_is_needed(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(NotReady, match="assigned billing mode"):
        prepare_and_send(erin, CREATE, {"workspace_id": ASSIGNED}, unlimited())
    with pytest.raises(NotReady, match="pooled"):
        prepare_and_send(erin, CREATE, {"workspace_id": POOLED}, unlimited(billing_account_id=ACCOUNT))
    assert upstream.writes() == []
    assert prepare_and_send(erin, CREATE, {"workspace_id": POOLED}, unlimited()).state == State.SUCCEEDED


@pytest.mark.parametrize(
    ("fault", "found"), [("close_after", Found.APPLIED), ("hang_before", Found.NOT_APPLIED)]
)
def test_child_created_without_answer_is_found(
    fault: str, found: Change.Found, erin: Actor, upstream: Sandbox
) -> None:
    row = changes.prepare(erin, Draft(CHILD, PARENT, unlimited()))
    upstream.fault(fault, method="POST")
    sent = sign_and_send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, found)
    assert [row["path"] for row in upstream.writes()] == [
        f"/workspaces/{POOLED}/organizations/org_aBcDeFg123456789/children"
    ]


def test_organizations_are_at_most_ten_levels_deep(erin: Actor, upstream: Sandbox) -> None:
    place = f"workspaces/{POOLED}/organizations"
    deepest = PARENT["organization_id"]
    for level in range(7):  # the documented one is on the third
        made = change_upstream(upstream, "POST", f"{place}/{deepest}/children", {"name": f"Level {level}"})
        deepest = made["id"]
    with pytest.raises(NotReady, match="at most 10 levels deep"):
        changes.prepare(erin, Draft(CHILD, {**PARENT, "organization_id": deepest}, unlimited()))
    assert upstream.writes() == []


def test_organization_in_use_warns_and_altostrat_refuses(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(DELETE, PARENT, {}))
    sentences = changes.kind_of(DELETE).consequences(changes.payload_of(erin, row))
    assert any("It is in use (" in sentence for sentence in sentences)
    assert any("The 3 organizations below it" in sentence for sentence in sentences)
    sent = sign_and_send(erin, row)

    code = "organization_has_usage"
    assert sent.state == State.REFUSED
    assert refusal_of(erin, sent) == (code, f"https://docs.altostrat.io/errors/{code}")


def test_deletion_needs_name_and_reason(erin: Actor, upstream: Sandbox) -> None:
    place = f"workspaces/{POOLED}/organizations"
    made = change_upstream(upstream, "POST", place, {"name": "Short-lived"})
    ids = {"workspace_id": POOLED, "organization_id": made["id"]}
    row = changes.prepare(erin, Draft(DELETE, ids, {}))
    with pytest.raises(Incomplete) as missing:
        changes.send(erin, row.pk, Signature())
    assert set(missing.value.fields) == {"reason", "ticket", "confirmation"}
    upstream.fault("close_after", method="DELETE")
    sent = changes.send(erin, row.pk, Signature(reason="Closed", ticket="FIN-1", confirmation="Short-lived"))

    assert (sent.state, sent.found) == (State.UNKNOWN, Found.APPLIED)
    assert len(upstream.writes()) == 1
    assert made["id"] not in [row["id"] for row in list_upstream(upstream, place)]


def test_created_organization_that_a_truncated_list_lacks_may_exist(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(CREATE, {"workspace_id": POOLED}, unlimited()))
    listed = list_upstream(upstream, f"workspaces/{POOLED}/organizations")
    upstream.fault("status:200", "/organizations$", method="GET", document={"data": listed})
    upstream.says("/organizations$", {"data": listed, "has_more": True})
    upstream.fault("close_before", method="POST")
    sent = sign_and_send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, Found.CANNOT_TELL)


def test_deletion_does_not_count_a_truncated_list(erin: Actor, upstream: Sandbox) -> None:
    below = [{"id": "org_child1", "name": "Child"}]
    upstream.says("/descendants$", {"data": below, "has_more": True})
    payload = changes.payload_of(erin, changes.prepare(erin, Draft(DELETE, PARENT, {})))

    assert payload.before["below"] == "1 or more"
    sentences = changes.kind_of(DELETE).consequences(payload)
    assert any("Altostrat did not list all of them." in sentence for sentence in sentences)
    assert not any("The organization below it" in sentence for sentence in sentences)
