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
from tests.services.changes.deeds import POOLED, behind_our_back, do, listed, said, send

State, Found = Change.State, Change.Found
ADD, UPDATE, REMOVE = "member.add", "member.update", "member.remove"
WORKSPACE = {"workspace_id": POOLED}
PLACE = f"workspaces/{POOLED}/members"
NEW = "auth0|0123456789abcdef01234567"
ADMIN = {**WORKSPACE, "member_id": "auth0|64f5a6b7c8d9e0f1a2b3c4d5"}


def role_of(sandbox: Sandbox, user_id: str) -> str | None:
    return next((row["role"] for row in listed(sandbox, PLACE) if row["user_id"] == user_id), None)


def owners(sandbox: Sandbox) -> list[str]:
    return [row["user_id"] for row in listed(sandbox, PLACE) if row["role"] == "owner"]


def test_a_new_member_has_the_role_and_can_be_taken_out_again(erin: Actor, upstream: Sandbox) -> None:
    sent = do(erin, ADD, WORKSPACE, {"user_id": NEW, "role": "viewer"})

    assert sent.state == State.SUCCEEDED
    assert [row["body"] for row in upstream.writes()] == [{"user_id": NEW, "role": "viewer"}]
    assert role_of(upstream, NEW) == "viewer"
    undone = send(erin, changes.undo(erin, sent.pk))
    assert (undone.verb, undone.state) == (REMOVE, State.SUCCEEDED)
    assert role_of(upstream, NEW) is None


def test_who_is_a_member_already_is_not_added(erin: Actor, upstream: Sandbox) -> None:
    with pytest.raises(NotReady, match="already a member"):
        do(erin, ADD, WORKSPACE, {"user_id": ADMIN["member_id"], "role": "viewer"})
    assert upstream.writes() == []


def test_a_hundred_members_are_enough(erin: Actor, upstream: Sandbox) -> None:
    for number in range(100 - len(listed(upstream, PLACE))):
        behind_our_back(upstream, "POST", PLACE, {"user_id": f"auth0|{number:024}", "role": "viewer"})
    with pytest.raises(NotReady, match="can have 100 members"):
        do(erin, ADD, WORKSPACE, {"user_id": NEW, "role": "viewer"})
    assert upstream.writes() == []


@pytest.mark.parametrize(
    ("fault", "found"), [("hang_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)]
)
def test_one_added_without_an_answer_is_looked_for(
    fault: str, found: Change.Found, erin: Actor, upstream: Sandbox
) -> None:
    row = changes.prepare(erin, Draft(ADD, WORKSPACE, {"user_id": NEW, "role": "viewer"}))
    upstream.fault(fault, method="POST")
    sent = send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, found)
    assert len(upstream.writes()) == 1


def test_a_role_is_changed_and_changed_back(erin: Actor, upstream: Sandbox) -> None:
    sent = do(erin, UPDATE, ADMIN, {"role": "viewer"})
    assert role_of(upstream, ADMIN["member_id"]) == "viewer"
    assert send(erin, changes.undo(erin, sent.pk)).state == State.SUCCEEDED

    assert [row["body"] for row in upstream.writes()] == [{"role": "viewer"}, {"role": "admin"}]
    assert role_of(upstream, ADMIN["member_id"]) == "admin"


def test_removing_takes_the_id_and_a_reason_and_undo_adds_again(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(REMOVE, ADMIN, {}))
    with pytest.raises(Incomplete) as missing:
        changes.send(erin, row.pk, Signature(confirmation="64f5a6b7c8d9e0f1a2b3c4d5"))
    assert set(missing.value.fields) == {"reason", "ticket", "confirmation"}
    sent = changes.send(
        erin, row.pk, Signature(reason="Left", ticket="FIN-1", confirmation=ADMIN["member_id"])
    )

    assert sent.state == State.SUCCEEDED
    assert role_of(upstream, ADMIN["member_id"]) is None
    assert send(erin, changes.undo(erin, sent.pk)).state == State.SUCCEEDED
    assert role_of(upstream, ADMIN["member_id"]) == "admin"


@pytest.mark.parametrize("verb", [UPDATE, REMOVE])
def test_the_last_owner_stays(verb: str, erin: Actor, upstream: Sandbox) -> None:
    (owner,) = owners(upstream)
    wanted = {"role": "viewer"} if verb == UPDATE else {}
    with pytest.raises(NotReady, match="workspace needs an owner"):
        do(erin, verb, {**WORKSPACE, "member_id": owner}, wanted)
    assert upstream.writes() == []


def test_an_owner_who_becomes_the_last_one_meanwhile_is_refused_in_altostrats_words(
    erin: Actor, upstream: Sandbox
) -> None:
    (owner,) = owners(upstream)
    behind_our_back(upstream, "POST", PLACE, {"user_id": NEW, "role": "owner"})
    row = changes.prepare(erin, Draft(REMOVE, {**WORKSPACE, "member_id": owner}, {}))
    upstream.fault("delay:1", method="DELETE")

    def demote_the_other() -> None:
        while requests.get(f"{upstream.url}/_sandbox/faults", timeout=5).json()[0]["times"]:
            time.sleep(0.05)  # until the removal has been asked for
        behind_our_back(upstream, "PATCH", f"{PLACE}/{NEW.replace('|', '%7C')}", {"role": "viewer"})

    with ThreadPoolExecutor() as pool:
        demoting = pool.submit(demote_the_other)
        sent = send(erin, row)
        demoting.result()

    code = "cannot_remove_last_owner"
    assert sent.state == State.REFUSED
    assert said(erin, sent) == (code, f"https://docs.altostrat.io/errors/{code}")
    assert role_of(upstream, owner) == "owner"


def test_who_left_meanwhile_is_not_found(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(UPDATE, ADMIN, {"role": "viewer"}))
    behind_our_back(upstream, "DELETE", f"{PLACE}/auth0%7C64f5a6b7c8d9e0f1a2b3c4d5")
    with pytest.raises(NotFound):
        send(erin, row)
    assert upstream.writes() == []
