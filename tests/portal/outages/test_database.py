"""The portal while its database is full, locked, read-only, stalled, down or out of connections."""

from __future__ import annotations

import pytest

from billing.services.storage.outages import RETRY_AFTER_SECONDS
from tests import html
from tests.plugins.environment import ON_SERVICES
from tests.portal.outages.conftest import KINDS, Installation, until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_outage_is_a_503_that_says_when_to_try_again_until_it_ends(
    kind: str, request: pytest.FixtureRequest
) -> None:
    is_lost = ON_SERVICES and kind == "down"
    installation: Installation = request.getfixturevalue("own_installation" if is_lost else "installation")
    before = len(installation.portal.log)
    with getattr(installation.database, kind.replace("-", "_"))():
        answers = [installation.api(), installation.page()]
        ready = installation.ready()
    log = installation.portal.log[before:]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert {answer.headers["Retry-After"] for answer in answers} == {str(RETRY_AFTER_SECONDS)}
    assert answers[0].json()["code"] == "portal_unavailable"
    assert "temporarily unavailable" in html.text(answers[1])
    assert (ready.status_code, ready.json()["checks"]["database"]["state"]) == (503, "failed")
    assert f"the database is {kind} (" in log
    assert "private text" not in log
    assert "INSERT INTO" not in log
    if not is_lost:
        until(lambda: installation.api().status_code == 200)
        until(lambda: installation.ready().status_code == 200)
