"""Changes that an earlier version stored, with ids named as in Altostrat's paths, can still be sent and undone."""

from __future__ import annotations

import json

from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Signature
from billing.services.storage import key_ring
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import IDS, Prepare, upstream_account

OLD_IDS = {"workspace_id": IDS["workspace_id"], "billing_account_id": IDS["billing_account_id"]}


def stored_by_an_earlier_version(change: Change) -> None:
    """Rewrites the row as an earlier version would have stored it."""
    ring, context = key_ring.key_ring(), ("change", str(change.user_id), str(change.pk))
    payload = json.loads(ring.unseal(change.envelope, context))
    payload["ids"] = OLD_IDS
    payload["result_ids"] = OLD_IDS if payload["result_ids"] else {}
    envelope = ring.seal(json.dumps(payload), context)
    Change.objects.filter(pk=change.pk).update(ids=OLD_IDS, envelope=envelope)


def test_old_id_names_are_read_as_the_portals(erin: Actor, rename: Prepare) -> None:
    change = rename()
    stored_by_an_earlier_version(change)

    row = changes.get_own(erin, change.pk)
    assert row.ids == IDS
    assert changes.payload_of(erin, row).ids == IDS
    change.refresh_from_db()
    assert change.ids == IDS


def test_old_change_is_sent_and_undone(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    name, change = upstream_account(upstream)["name"], rename("Renamed")
    stored_by_an_earlier_version(change)

    sent = changes.send(erin, change.pk, Signature())
    assert sent.state == Change.State.SUCCEEDED
    assert upstream_account(upstream)["name"] == "Renamed"

    stored_by_an_earlier_version(sent)
    undo = changes.undo(erin, sent.pk)
    assert changes.send(erin, undo.pk, Signature()).state == Change.State.SUCCEEDED
    assert upstream_account(upstream)["name"] == name
