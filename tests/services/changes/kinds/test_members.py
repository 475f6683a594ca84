"""Adding a member, changing a role, removing a member."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from billing.altostrat.errors import NotFound
from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Draft, Incomplete, NotReady, Signature
from tests.plugins.processes import Sandbox
from tests.services.changes.steps import (
    POOLED,
    change_upstream,
    list_upstream,
    prepare_and_send,
    refusal_of,
    sign_and_send,
)

State, Found = Change.State, Change.Found
ADD, UPDATE, REMOVE = "member.add", "member.update", "member.remove"
WORKSPACE = {"workspace_id": POOLED}
PATH = f"workspaces/{POOLED}/members"
NEW = "auth0|0123456789abcdef01234567"
ADMIN = {**WORKSPACE, "member_id": "auth0|64f5a6b7c8d9e0f1a2b3c4d5"}


def role_of(sandbox: Sandbox, user_id: str) -> str | None:
    return next((row["role"] for row in list_upstream(sandbox, PATH) if row["user_id"] == user_id), None)


def owners(sandbox: Sandbox) -> list[str]:
    return [row["user_id"] for row in list_upstream(sandbox, PATH) if row["role"] == "owner"]


def test_added_member_has_the_role_and_can_be_undone(erin: Actor, upstream: Sandbox) -> None:
    sent = prepare_and_send(erin, ADD, WORKSPACE, {"user_id": NEW, "role": "viewer"})

    assert sent.state == State.SUCCEEDED
    assert [row["body"] for row in upstream.writes()] == [{"user_id": NEW, "role": "viewer"}]
    assert role_of(upstream, NEW) == "viewer"
    undone = sign_and_send(erin, changes.undo(erin, sent.pk))
    assert (undone.verb, undone.state) == (REMOVE, State.SUCCEEDED)
    assert role_of(upstream, NEW) is None


def test_existing_member_is_not_added(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(NotReady, match="already a member"):
        prepare_and_send(erin, ADD, WORKSPACE, {"user_id": ADMIN["member_id"], "role": "viewer"})
    assert upstream.writes() == []


def test_workspace_has_at_most_100_members(erin: Actor, upstream: Sandbox) -> None:
    for number in range(100 - len(list_upstream(upstream, PATH))):
        change_upstream(upstream, "POST", PATH, {"user_id": f"auth0|{number:024}", "role": "viewer"})
    with pytest.raises(NotReady, match="can have 100 members"):
        prepare_and_send(erin, ADD, WORKSPACE, {"user_id": NEW, "role": "viewer"})
    assert upstream.writes() == []


@pytest.mark.parametrize(
    ("fault", "found"), [("hang_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)]
)
def test_member_added_without_answer_is_found(
    fault: str, found: Change.Found, erin: Actor, upstream: Sandbox
) -> None:
    row = changes.prepare(erin, Draft(ADD, WORKSPACE, {"user_id": NEW, "role": "viewer"}))
    upstream.fault(fault, method="POST")
    sent = sign_and_send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, found)
    assert len(upstream.writes()) == 1


def test_role_is_changed_and_restored(erin: Actor, upstream: Sandbox) -> None:
    sent = prepare_and_send(erin, UPDATE, ADMIN, {"role": "viewer"})
    assert role_of(upstream, ADMIN["member_id"]) == "viewer"
    assert sign_and_send(erin, changes.undo(erin, sent.pk)).state == State.SUCCEEDED

    assert [row["body"] for row in upstream.writes()] == [{"role": "viewer"}, {"role": "admin"}]
    assert role_of(upstream, ADMIN["member_id"]) == "admin"


def test_removal_needs_id_and_reason_and_undo_adds_again(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(REMOVE, ADMIN, {}))
    with pytest.raises(Incomplete) as missing:
        changes.send(erin, row.pk, Signature(confirmation="64f5a6b7c8d9e0f1a2b3c4d5"))
    assert set(missing.value.fields) == {"reason", "ticket", "confirmation"}
    sent = changes.send(
        erin, row.pk, Signature(reason="Left", ticket="FIN-1", confirmation=ADMIN["member_id"])
    )

    assert sent.state == State.SUCCEEDED
    assert role_of(upstream, ADMIN["member_id"]) is None
    assert sign_and_send(erin, changes.undo(erin, sent.pk)).state == State.SUCCEEDED
    assert role_of(upstream, ADMIN["member_id"]) == "admin"


@pytest.mark.parametrize("verb", [UPDATE, REMOVE])
def test_last_owner_cannot_leave(verb: str, erin: Actor, upstream: Sandbox) -> None:
    (owner,) = owners(upstream)
    wanted = {"role": "viewer"} if verb == UPDATE else {}
    with pytest.raises(NotReady, match="workspace needs an owner"):
        prepare_and_send(erin, verb, {**WORKSPACE, "member_id": owner}, wanted)
    assert upstream.writes() == []


def test_altostrat_refuses_to_remove_an_owner_who_became_the_last(erin: Actor, upstream: Sandbox) -> None:
    (owner,) = owners(upstream)
    change_upstream(upstream, "POST", PATH, {"user_id": NEW, "role": "owner"})
    row = changes.prepare(erin, Draft(REMOVE, {**WORKSPACE, "member_id": owner}, {}))
    upstream.fault("delay:1", method="DELETE")

    def demote_the_other() -> None:
        while requests.get(f"{upstream.url}/_sandbox/faults", timeout=5).json()[0]["times"]:
            time.sleep(0.05)  # until the removal has arrived
        change_upstream(upstream, "PATCH", f"{PATH}/{NEW.replace('|', '%7C')}", {"role": "viewer"})

    with ThreadPoolExecutor() as pool:
        demoting = pool.submit(demote_the_other)
        sent = sign_and_send(erin, row)
        demoting.result()

    code = "cannot_remove_last_owner"
    assert sent.state == State.REFUSED
    assert refusal_of(erin, sent) == (code, f"https://docs.altostrat.io/errors/{code}")
    assert role_of(upstream, owner) == "owner"


def test_member_who_left_is_not_found(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(UPDATE, ADMIN, {"role": "viewer"}))
    change_upstream(upstream, "DELETE", f"{PATH}/auth0%7C64f5a6b7c8d9e0f1a2b3c4d5")
    with pytest.raises(NotFound):
        sign_and_send(erin, row)
    assert upstream.writes() == []
