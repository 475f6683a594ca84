"""Scans: steps, budget, claims, sealed results, and tokens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import TokenRejected
from billing.altostrat.operations.workspaces import LIST_WORKSPACES
from billing.models import AltostratToken, Scan, ScanPart
from billing.roles import Role
from billing.services.actor import Actor
from billing.services.people import staff
from billing.services.reads import Read, read_live
from billing.services.scans import results, run, search_index, store
from billing.services.tokens import NoToken, upstream
from billing.services.tokens import manage as token_changes
from tests.plugins.processes import Sandbox
from tests.services.cast import actor_called
from tests.services.scans.pauses import skip_pauses
from tests.tokens import FINANCE, SUPPORT

WORKSPACE = "ws_a1b2c3d4e5f6g7h8"
PLENTY = 6000


def saved(actor: Actor, text: str = FINANCE, **options: object) -> AltostratToken:
    return token_changes.save(actor, text=text, label="token", verify=False, **options)[0]  # type: ignore[arg-type]


@pytest.fixture
def alice(db: None, altostrat_url: str, settings: Settings) -> Actor:
    """Return alice, whose token can access everything and has a sufficient budget."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = PLENTY
    actor = actor_called("alice")
    saved(actor)
    return actor


def finish(actor: Actor, kind: str = store.ACCOUNT_LIST) -> results.Progress:
    """Do all steps of a scan."""
    for _ in range(300):
        skip_pauses()
        progress = run.advance(actor, kind)
        if progress.kind == kind and not (progress.has_begun and not progress.is_finished):
            return progress
    raise AssertionError(progress)


def names(actor: Actor) -> set[str]:
    return {entry.name for entry in search_index.load(actor).entries}


def test_scan_finds_workspaces_and_accounts(alice: Actor) -> None:
    progress = finish(alice)

    assert progress.is_complete
    assert {"ACME Corporation", "ACME Corp Billing", "Kloof Street Hotels"} <= names(alice)
    assert (
        progress.done
        == progress.total
        == 1 + sum(not entry.is_account for entry in search_index.load(alice).entries)
    )


def test_scan_makes_each_call_once(alice: Actor, sandbox: Sandbox) -> None:
    sandbox.clear()
    finish(alice)
    run.advance(alice, store.ACCOUNT_LIST)
    paths = [row["path"] for row in sandbox.requests()]

    assert len(paths) == len(set(paths)) > 8


def test_two_tabs_share_one_scan(alice: Actor, sandbox: Sandbox) -> None:
    run.advance(alice, store.ACCOUNT_LIST, seconds=0)
    row = Scan.objects.get()
    claimed = store.claim(row)
    sandbox.clear()
    progress = run.advance(alice, store.ACCOUNT_LIST)

    assert claimed is not None
    assert store.claim(row) is None
    assert not progress.is_finished
    assert sandbox.requests() == []


@pytest.mark.django_db(transaction=True)
def test_concurrent_tabs_make_each_call_once(
    altostrat_url: str, settings: Settings, sandbox: Sandbox
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = PLENTY
    actor = actor_called("alice")
    saved(actor)
    sandbox.clear()

    def tab(_: int) -> None:
        try:
            finish(actor)
        finally:
            connection.close()

    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        pytest.skip("threads do not share a database in memory")
    with ThreadPoolExecutor(2) as tabs:
        list(tabs.map(tab, range(2)))
    paths = [row["path"] for row in sandbox.requests()]

    assert len(paths) == len(set(paths))


def test_claim_of_a_killed_request_expires(alice: Actor) -> None:
    run.advance(alice, store.ACCOUNT_LIST, seconds=0)
    store.claim(Scan.objects.get())
    Scan.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))

    assert finish(alice).is_finished


def test_scan_can_be_stopped_and_resumed(alice: Actor) -> None:
    run.advance(alice, store.ACCOUNT_LIST, seconds=0)
    store.stop(alice, store.ACCOUNT_LIST)
    stopped = run.advance(alice, store.ACCOUNT_LIST)
    store.resume(alice, store.ACCOUNT_LIST)

    assert stopped.is_stopped
    assert stopped.done == 0
    assert finish(alice).is_finished


def test_scan_leaves_a_quarter_of_the_budget(alice: Actor, settings: Settings, sandbox: Sandbox) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 8
    sandbox.clear()
    progress = run.advance(alice, store.ACCOUNT_LIST)

    assert not progress.is_finished
    assert 1 <= progress.wait_seconds <= 61
    # The minute may change during the test.
    assert len(sandbox.requests()) in {6, 11, 12}
    assert upstream.remaining_requests(upstream.budget_of(BearerToken(FINANCE)))[0] == 0


def test_documented_limit_applies_by_default(settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 0

    assert upstream.remaining_requests("an-unused-token")[0] == 45


def test_workspace_is_scanned_with_its_own_token(alice: Actor) -> None:
    own = saved(alice, SUPPORT, workspace_id="ws_supportdesk0001")
    finish(alice)
    scans = {scan.token_id: scan for scan in store.scans_of(alice, store.ACCOUNT_LIST)}
    by_own = [item for part in store.open_parts(scans[own.pk]) for item in part]

    assert {item["workspace"]["id"] for item in by_own if "workspace" in item} == {"ws_supportdesk0001"}
    ids = [entry.id for entry in search_index.load(alice).entries]
    assert len(ids) == len(set(ids))


def test_unreadable_workspace_is_reported_and_the_scan_continues(alice: Actor) -> None:
    saved(alice, SUPPORT, workspace_id=WORKSPACE)
    progress = finish(alice)

    assert [(one.workspace_id, one.status) for one in progress.not_read] == [(WORKSPACE, 404)]
    assert not progress.is_complete
    assert "Kloof Street Hotels" in names(alice)


def test_results_are_limited_to_the_token(alice: Actor) -> None:
    carol = actor_called("carol", Role.VIEWER)
    saved(carol, SUPPORT)
    finish(alice)
    finish(carol)

    assert "ACME Corporation" not in names(carol)
    assert {"Harbour Light Charity", "Prairie Telehealth"} <= names(carol)


def test_results_are_sealed(alice: Actor) -> None:
    finish(alice)
    stored = " ".join(
        [
            *Scan.objects.values_list("envelope", flat=True),
            *ScanPart.objects.values_list("envelope", flat=True),
        ]
    )

    assert stored
    assert "ACME Corp" not in stored  # without the space, random letters could be the same
    assert WORKSPACE not in stored


def test_part_moved_to_another_scan_does_not_open(alice: Actor) -> None:
    carol = actor_called("carol", Role.VIEWER)
    saved(carol, SUPPORT)
    finish(alice)
    finish(carol)
    ScanPart.objects.filter(scan__token__owner=carol.user).delete()
    ScanPart.objects.update(scan=store.scans_of(carol, store.ACCOUNT_LIST).get())

    with pytest.raises(store.ScanLost):
        names(carol)
    assert names(carol) == set()


@pytest.mark.parametrize("how", ["damaged", "deleted", "scan deleted", "restarted"])
def test_incomplete_results_raise_scan_lost(how: str, alice: Actor) -> None:
    progress = finish(alice)
    last = ScanPart.objects.order_by("-number")[0]
    if how == "damaged":
        ScanPart.objects.filter(pk=last.pk).update(envelope=f"{last.envelope[:-8]}AAAAAAA=")
    elif how == "deleted":
        last.delete()
    else:
        store.discard(alice, store.ACCOUNT_LIST)
    if how == "restarted":
        finish(alice)

    with pytest.raises(store.ScanLost):
        list(results.items(alice, progress))


def test_part_of_a_running_step_is_ignored(alice: Actor) -> None:
    finish(alice)
    row = Scan.objects.select_related("token").get()
    so_far = list(store.open_parts(row))
    ScanPart.objects.create(scan=row, number=len(so_far), envelope="part of a running step")

    assert list(store.open_parts(row)) == so_far


def test_scan_has_not_begun_before_every_token_has_one(alice: Actor) -> None:
    finish(alice, store.ACCOUNT_DETAILS)
    saved(alice, SUPPORT, workspace_id="ws_supportdesk0001")

    assert not results.progress(alice, store.ACCOUNT_DETAILS).has_begun
    finish(alice, store.ACCOUNT_DETAILS)
    assert len(store.scans_of(alice, store.ACCOUNT_DETAILS)) == 2


def test_unreadable_workspace_stays_reported_after_the_list_expires(alice: Actor, sandbox: Sandbox) -> None:
    sandbox.fault("status:403", f"/workspaces/{WORKSPACE}/billing-accounts$")
    try:
        finish(alice, store.ACCOUNT_DETAILS)
    finally:
        sandbox.no_faults()
    store.discard(alice, store.ACCOUNT_LIST)

    assert WORKSPACE in {one.workspace_id for one in results.progress(alice, store.ACCOUNT_DETAILS).not_read}


@pytest.mark.parametrize("how", ["forget", "renew", "refused", "deactivate", "default", "expired"])
def test_results_are_deleted_with_the_token(how: str, alice: Actor) -> None:
    finish(alice)
    token = AltostratToken.objects.get()
    if how == "forget":
        token_changes.delete(alice, token.pk)
    elif how == "renew":
        token_changes.renew(alice, token.pk, text=FINANCE)
    elif how == "refused":
        AltostratToken.objects.filter(pk=token.pk).update(envelope=_refused_envelope(token))
        with pytest.raises(TokenRejected):
            _list_workspaces(alice)
    elif how == "deactivate":
        staff.deactivate_as_operator("alice")
    elif how == "default":
        token_changes.make_default(alice, token.pk)
    else:
        Scan.objects.update(expires_at=timezone.now())
        assert names(alice) == set()
        call_command("clear_sessions")

    assert not ScanPart.objects.exists()
    assert names(alice) == set()


def _refused_envelope(token: AltostratToken) -> str:
    from billing.altostrat.credentials import BearerToken
    from billing.services.tokens import seal

    seal(BearerToken("alto_sk_a_token_that_nobody_knows_at_all"), token)
    return token.envelope


def _list_workspaces(actor: Actor) -> None:
    read_live(actor, "", Read(LIST_WORKSPACES))


def test_rejected_token_ends_the_scan(alice: Actor) -> None:
    token = AltostratToken.objects.get()
    AltostratToken.objects.update(envelope=_refused_envelope(token))

    with pytest.raises(TokenRejected):
        run.advance(alice, store.ACCOUNT_LIST)
    assert not Scan.objects.exists()
    assert AltostratToken.objects.get().status == AltostratToken.Status.REFUSED


def test_scan_has_not_begun_without_the_default_token(alice: Actor) -> None:
    saved(alice, SUPPORT, workspace_id="ws_supportdesk0001")
    finish(alice)
    default = AltostratToken.objects.get(is_default=True)
    AltostratToken.objects.filter(pk=default.pk).update(envelope=_refused_envelope(default))
    with pytest.raises(TokenRejected):
        _list_workspaces(alice)

    assert not results.progress(alice, store.ACCOUNT_LIST).has_begun


def test_scan_waits_while_altostrat_is_unavailable(db: None, altostrat_unreachable: None) -> None:
    actor = actor_called("alice")
    saved(actor)
    progress = run.advance(actor, store.ACCOUNT_LIST)

    assert not progress.is_stopped
    assert 1 <= progress.wait_seconds <= 5
    assert progress.trouble is not None
    assert progress.trouble.error == "Unreachable"


@pytest.mark.parametrize("kind", [store.ACCOUNT_LIST, store.ACCOUNT_DETAILS])
def test_scan_continues_without_gaps_after_an_outage(kind: str, alice: Actor, sandbox: Sandbox) -> None:
    if kind == store.ACCOUNT_DETAILS:
        finish(alice)
    sandbox.fault("close_before", "", times=None)
    try:
        for _ in range(4):
            skip_pauses()
            away = run.advance(alice, kind)
        sandbox.clear()
        run.advance(alice, kind)
        waiting = sandbox.requests()
        skip_pauses()
        run.advance(alice, kind)
        trying = sandbox.requests()
    finally:
        sandbox.no_faults()
    back = finish(alice, kind)

    assert away.trouble is not None
    assert away.done == 0
    assert waiting == []
    assert {row["path"] for row in trying} == {"/workspaces"}
    assert back.trouble is None
    assert back.done == back.total
    # Only the failure gallery is missing: the outage itself caused no failures.
    assert {one.workspace_id for one in back.not_read} <= {"ws_failures"}


def test_stopped_scan_stays_stopped(alice: Actor, sandbox: Sandbox) -> None:
    sandbox.fault("status:503", "/workspaces$", times=None)
    try:
        run.advance(alice, store.ACCOUNT_LIST)
    finally:
        sandbox.no_faults()
    store.stop(alice, store.ACCOUNT_LIST)
    skip_pauses()

    assert run.advance(alice, store.ACCOUNT_LIST).is_stopped


def test_refused_list_of_workspaces_stops_the_scan(alice: Actor, sandbox: Sandbox) -> None:
    sandbox.fault("status:403", "/workspaces$")
    progress = run.advance(alice, store.ACCOUNT_LIST)

    assert progress.is_stopped
    assert progress.trouble is not None


def test_scan_needs_a_token(db: None) -> None:
    with pytest.raises(NoToken):
        run.advance(actor_called("bob"), store.ACCOUNT_LIST)


def test_unreadable_accounts_are_reported_and_others_are_read(alice: Actor, sandbox: Sandbox) -> None:
    finish(alice)
    ids = {entry.id for entry in search_index.load(alice).entries if entry.is_account}
    run.start_for_accounts(alice, store.INVOICES)
    progress = finish(alice, store.INVOICES)
    failed = {one.billing_account_id: one.error for one in progress.not_read}

    assert progress.done == len(ids)
    assert failed["cus_forbidden"] == "NotAllowed"
    assert failed["cus_error500"] == "Broken"
    # A 401 for one account among many does not mean that the token is invalid.
    assert failed["cus_unauthorized"] == "TokenRejected"
    assert AltostratToken.objects.get().status != AltostratToken.Status.REFUSED
    assert "cus_a1b2c3d4e5f6g7h8" not in failed
