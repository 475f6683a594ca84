"""Changes while the database fails: nothing is sent that is not recorded before, and no result is lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest
import requests

from tests import html
from tests.plugins.environment import ON_SERVICES
from tests.plugins.processes import Sandbox
from tests.portal.outages.conftest import KINDS, Installation, until

pytestmark = pytest.mark.slow

_ROWS = (
    "from billing.models import *; print([(e.verb, e.outcome) for e in AuditEntry.objects.order_by('pk') "
    "if e.verb in ('change.send', 'billing_account.update')][{}:])"
)
STARTED, DONE = "('change.send', 'started')", "('billing_account.update', 'succeeded')"


def audited(installation: Installation, earlier: int) -> str:
    """Return the audit log's entries about changes, without the earlier ones."""
    return installation.portal.manage("shell", "-v", "0", "-c", _ROWS.format(earlier)).strip()


@pytest.fixture
def earlier(installation: Installation) -> int:
    return audited(installation, 0).count("(")


def test_the_intent_is_in_the_audit_log_before_the_result(
    installation: Installation, fresh_sandbox: Sandbox, earlier: int
) -> None:
    review = installation.alice.prepare("Intended")
    form = installation.alice.signature(review)

    assert audited(installation, earlier) == "[]"
    assert installation.alice.send(f"{review}send/", form).status_code == 302
    assert audited(installation, earlier) == f"[{STARTED}, {DONE}]"
    assert len(fresh_sandbox.writes()) == 1


@pytest.mark.parametrize("table", ["billing_auditentry", "billing_usedonce"])
def test_nothing_is_sent_if_an_insert_fails(
    installation: Installation, fresh_sandbox: Sandbox, table: str
) -> None:
    review = installation.alice.prepare(f"Not in {table}")
    form = installation.alice.signature(review)
    installation.database.fail_inserts(table)
    answer = installation.alice.send(f"{review}send/", form)

    assert fresh_sandbox.writes() == []
    assert answer.status_code in (503, 409)
    assert "Nothing was" in html.text(answer) or "Wait a moment" in html.text(answer)
    installation.database.allow_inserts(table)
    assert installation.alice.send(f"{review}send/", installation.alice.signature(review)).status_code == 302
    assert "Billing account updated" in installation.alice.get(review)
    assert len(fresh_sandbox.writes()) == 1
    assert "private text" not in installation.portal.log


@pytest.mark.parametrize("kind", sorted(KINDS - {"down"}))
def test_nothing_is_sent_during_an_outage(
    installation: Installation, fresh_sandbox: Sandbox, kind: str
) -> None:
    review = installation.alice.prepare(f"Not while it is {kind}")
    form = installation.alice.signature(review)
    with _outage(installation, kind):
        answer = installation.alice.send(f"{review}send/", form)

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert fresh_sandbox.writes() == []
    if kind in ("locked", "full"):
        assert "Nothing was sent" in html.text(answer)
        assert f"the database is {kind} (" in installation.portal.log


def test_a_result_that_cannot_be_recorded_waits_for_a_later_request(
    own_installation: Installation, fresh_sandbox: Sandbox
) -> None:
    review = own_installation.alice.prepare("Recorded later")
    form = own_installation.alice.signature(review)
    outage = _outage(own_installation, "read-only" if ON_SERVICES else "locked")
    with _sending(own_installation, fresh_sandbox, review, form) as sending, outage:
        answer = sending.result()

    assert answer.status_code == 503
    assert "Do not send it again" in html.text(answer)
    until(lambda: own_installation.ready().status_code == 200)
    assert "Billing account updated" in own_installation.alice.get(review)
    own_installation.alice.send(f"{review}send/", form)
    assert len(fresh_sandbox.writes()) == 1
    assert audited(own_installation, 0) == f"[{STARTED}, {DONE}]"


def test_a_result_without_its_audit_entry_gets_it_later(
    installation: Installation, fresh_sandbox: Sandbox, earlier: int
) -> None:
    review = installation.alice.prepare("Audited later")
    form = installation.alice.signature(review)
    with _sending(installation, fresh_sandbox, review, form) as sending:
        installation.database.fail_inserts("billing_auditentry")

    assert sending.result().status_code == 302
    installation.database.allow_inserts("billing_auditentry")
    assert "Billing account updated" in installation.alice.get(review)
    assert audited(installation, earlier) == f"[{STARTED}, {DONE}]"
    assert len(fresh_sandbox.writes()) == 1


@contextmanager
def _sending(
    installation: Installation, sandbox: Sandbox, review: str, form: dict[str, str]
) -> Iterator[Future[requests.Response]]:
    """Send a change. Inside the block it has arrived at Altostrat, which answers later."""
    sandbox.fault("delay:3", method="PATCH")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(installation.alice.send, f"{review}send/", form)
        until(lambda: len(sandbox.writes()) == 1)
        yield answer


def _outage(installation: Installation, kind: str) -> AbstractContextManager[None]:
    outage: AbstractContextManager[None] = getattr(installation.database, kind.replace("-", "_"))()
    return outage
