"""Reason and ticket are entered once. They are kept after failures, and copied to a change that replaces another."""

from __future__ import annotations

import pytest

from billing.altostrat.errors import Unreachable
from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Signature
from billing.services.changes.kinds.subscriptions import REPLACE
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import IDS, UPDATE, Prepare, change_upstream_account
from tests.services.changes.kinds.subscriptions import prepare_change

TYPED = Signature(reason="A long reason", ticket="FIN-9")


def kept(change: Change) -> tuple[str, str]:
    change.refresh_from_db()
    return change.reason, change.ticket


def test_reason_survives_a_failed_read(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename()
    upstream.fault("close_before", method="GET", times=None)
    with pytest.raises(Unreachable):
        changes.send(erin, change.pk, TYPED)

    assert kept(change) == ("A long reason", "FIN-9")


def test_reason_is_copied_through_the_comparison(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename("Mine")
    change_upstream_account(upstream, {"name": "Theirs"})
    other = changes.send(erin, change.pk, TYPED)

    assert kept(other) == ("A long reason", "FIN-9")
    assert kept(changes.resolve(erin, other.pk, {"name": "yours"})) == ("A long reason", "FIN-9")


def test_reason_survives_a_failed_preview_and_is_copied_with_a_new_one(
    erin: Actor, upstream: Sandbox
) -> None:
    change = prepare_change(erin, REPLACE, locations=12)
    upstream.fault("close_before", "/invoices/preview", method="POST", times=None)
    with pytest.raises(Unreachable):
        changes.repeat(erin, change.pk, reason="A long reason", ticket="FIN-9")
    upstream.no_faults()

    assert kept(change) == ("A long reason", "FIN-9")
    assert kept(changes.repeat(erin, change.pk)) == ("A long reason", "FIN-9")


def test_reason_is_copied_after_a_refusal(erin: Actor, rename: Prepare, upstream: Sandbox) -> None:
    change = rename("Mine")
    upstream.fault("status:422", method="PATCH")
    refused = changes.send(erin, change.pk, TYPED)
    corrected = changes.prepare(erin, changes.Draft(UPDATE, IDS, {"name": "Better"}), replaces=refused)

    assert refused.state == Change.State.REFUSED
    assert kept(corrected) == ("A long reason", "FIN-9")
    assert kept(changes.repeat(erin, refused.pk)) == ("A long reason", "FIN-9")


def test_older_page_does_not_change_the_reason(erin: Actor, rename: Prepare) -> None:
    change = changes.send(erin, rename("Mine").pk, TYPED)
    changes.send(erin, change.pk, Signature(reason="other"))

    assert kept(change) == ("A long reason", "FIN-9")
