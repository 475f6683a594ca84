"""A success is recorded as one, even if the answer has an unexpected id."""

from __future__ import annotations

import json

import pytest
from pytest_django import Settings

from billing.models import AuditEntry, Change
from billing.services import changes
from billing.services.changes import Signature
from tests.altostrat.upstream import answer
from tests.services.cast import actor_called
from tests.services.reads.upstream import changing
from tests.tokens import FINANCE

WANTED = {"name": "N", "email": "a@b.example", "currency": "usd", "address.country": "US"}


@pytest.mark.parametrize("made", ["cus/../../x", f"cus_{'a' * 400}", "acct_1", ""])
def test_malformed_id_of_a_new_object_is_still_a_success(db: None, settings: Settings, made: str) -> None:
    with changing(settings) as altostrat:
        actor = actor_called("erin", token=FINANCE)
        altostrat.says["ws_1"] = answer(b'{"id": "ws_1", "billing_mode": "pooled"}')
        draft = changes.Draft("billing_account.create", {"workspace_id": "ws_1"}, WANTED)
        change = changes.prepare(actor, draft)
        # The list of accounts before the call, and the answer to the POST.
        altostrat.says["billing-accounts"] = answer(json.dumps({"id": made, "data": []}).encode())
        sent = changes.send(actor, change.pk, Signature())

        assert sent.state == Change.State.SUCCEEDED
        assert changes.check_status_once(actor, sent).state == Change.State.SUCCEEDED
        assert [row.outcome for row in AuditEntry.objects.filter(verb=change.verb)] == ["succeeded"]


def test_member_missing_from_a_truncated_list_is_not_called_removed(db: None, settings: Settings) -> None:
    with changing(settings) as altostrat:
        actor = actor_called("erin", token=FINANCE)
        altostrat.says["ws_1"] = answer(b'{"id": "ws_1"}')
        one, other = {"user_id": "auth0|1", "role": "viewer"}, {"user_id": "auth0|2", "role": "owner"}
        altostrat.says["members"] = answer(json.dumps({"data": [one, other], "has_more": False}).encode())
        ids = {"workspace_id": "ws_1", "member_id": "auth0|1"}
        change = changes.prepare(actor, changes.Draft("member.remove", ids, {}))
        altostrat.says["auth0|1"] = altostrat.says["auth0%7C1"] = answer(b"<html>", status="502 Bad Gateway")
        sent = changes.send(actor, change.pk, Signature(reason="r", ticket="FIN-1", confirmation="auth0|1"))
        assert (sent.state, sent.found) == (Change.State.UNKNOWN, Change.Found.NOT_APPLIED)

        altostrat.says["members"] = answer(json.dumps({"data": [other], "has_more": True}).encode())
        assert changes.check_status(actor, change.pk).found == Change.Found.CANNOT_TELL
        altostrat.says["members"] = answer(json.dumps({"data": [other], "has_more": False}).encode())
        assert changes.check_status(actor, change.pk).found == Change.Found.APPLIED
