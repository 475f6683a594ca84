"""Walks over what a person's tokens see: in steps, within a budget, shared, kept sealed and for the token alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from billing.altostrat.errors import TokenRejected
from billing.altostrat.operations.workspaces import LIST_WORKSPACES
from billing.models import AltostratToken, Scan, ScanPart
from billing.roles import Role
from billing.services.actor import Actor
from billing.services.people import staff
from billing.services.reads import Read, read_live
from billing.services.scans import directory, store
from billing.services.scans import results as found
from billing.services.scans import run as walk
from billing.services.tokens import NoToken, upstream
from billing.services.tokens import manage as token_changes
from tests.plugins.processes import Sandbox
from tests.services.cast import actor_called
from tests.tokens import FINANCE, SUPPORT

WORKSPACE = "ws_a1b2c3d4e5f6g7h8"
PLENTY = 6000


def saved(actor: Actor, text: str = FINANCE, **options: object) -> AltostratToken:
    """A token of that person, unverified: nobody is asked."""
    return token_changes.save(actor, text=text, label="token", verify=False, **options)[0]  # type: ignore[arg-type]


@pytest.fixture
def alice(db: None, altostrat_url: str, settings: Settings) -> Actor:
    """Somebody whose token sees everything, with a budget for all of it."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = PLENTY
    actor = actor_called("alice")
    saved(actor)
    return actor


def walked(actor: Actor, kind: str = store.DIRECTORY) -> found.Progress:
    """The scan, all steps of it."""
    for _ in range(300):
        Scan.objects.update(resume_at=None)  # nobody here waits for a pause to end
        progress = walk.advance(actor, kind)
        if progress.kind == kind and not (progress.has_begun and not progress.is_finished):
            return progress
    raise AssertionError(progress)


def names(actor: Actor) -> set[str]:
    return {entry.name for entry in directory.known(actor).entries}


def test_it_finds_workspaces_and_their_accounts(alice: Actor) -> None:
    progress = walked(alice)

    assert progress.is_complete
    assert {"ACME Corporation", "ACME Corp Billing", "Kloof Street Hotels"} <= names(alice)
    assert (
        progress.done
        == progress.total
        == 1 + sum(not entry.is_account for entry in directory.known(alice).entries)
    )


def test_it_asks_each_thing_once(alice: Actor, sandbox: Sandbox) -> None:
    sandbox.clear()
    walked(alice)
    walk.advance(alice, store.DIRECTORY)
    paths = [row["path"] for row in sandbox.requests()]

    assert len(paths) == len(set(paths)) > 8


def test_two_tabs_share_one_walk(alice: Actor, sandbox: Sandbox) -> None:
    walk.advance(alice, store.DIRECTORY, seconds=0)
    row = Scan.objects.get()
    claimed = store.claim(row)
    sandbox.clear()
    progress = walk.advance(alice, store.DIRECTORY)

    assert claimed is not None
    assert store.claim(row) is None
    assert not progress.is_finished
    assert sandbox.requests() == []


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_the_same_moment_ask_no_more_than_one(
    altostrat_url: str, settings: Settings, sandbox: Sandbox
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = PLENTY
    actor = actor_called("alice")
    saved(actor)
    sandbox.clear()

    def tab(_: int) -> None:
        try:
            walked(actor)
        finally:
            connection.close()

    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        pytest.skip("threads do not share a database in memory")
    with ThreadPoolExecutor(2) as tabs:
        list(tabs.map(tab, range(2)))
    paths = [row["path"] for row in sandbox.requests()]

    assert len(paths) == len(set(paths))


def test_a_claim_that_died_with_its_request_ends_by_itself(alice: Actor) -> None:
    walk.advance(alice, store.DIRECTORY, seconds=0)
    store.claim(Scan.objects.get())
    Scan.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))

    assert walked(alice).is_finished


def test_it_stops_and_goes_on(alice: Actor) -> None:
    walk.advance(alice, store.DIRECTORY, seconds=0)
    store.stop(alice, store.DIRECTORY)
    stopped = walk.advance(alice, store.DIRECTORY)
    store.go_on(alice, store.DIRECTORY)

    assert stopped.is_stopped
    assert stopped.done == 0
    assert walked(alice).is_finished


def test_it_keeps_a_quarter_of_the_minute_for_the_person(
    alice: Actor, settings: Settings, sandbox: Sandbox
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 8
    sandbox.clear()
    progress = walk.advance(alice, store.DIRECTORY)

    assert not progress.is_finished
    assert 1 <= progress.wait_seconds <= 61
    # A minute may turn over on the way.
    assert len(sandbox.requests()) in {6, 11, 12}
    assert upstream.remaining_requests(str(AltostratToken.objects.get().pk))[0] == 0


def test_without_a_limit_of_ours_it_keeps_to_the_documented_one(settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 0

    assert upstream.remaining_requests("nobody-has-used-this")[0] == 45


def test_a_workspace_with_a_token_of_its_own_is_walked_with_that_one(alice: Actor) -> None:
    own = saved(alice, SUPPORT, workspace_id="ws_supportdesk0001")
    walked(alice)
    scans = {scan.token_id: scan for scan in store.of(alice, store.DIRECTORY)}
    by_own = [item for part in store.parts(scans[own.pk]) for item in part]

    assert {item["workspace"]["id"] for item in by_own if "workspace" in item} == {"ws_supportdesk0001"}
    ids = [entry.id for entry in directory.known(alice).entries]
    assert len(ids) == len(set(ids))


def test_what_cannot_be_read_is_named_and_stops_nothing(alice: Actor) -> None:
    saved(alice, SUPPORT, workspace_id=WORKSPACE)
    progress = walked(alice)

    assert [(one.workspace_id, one.status) for one in progress.not_read] == [(WORKSPACE, 404)]
    assert not progress.is_complete
    assert "Kloof Street Hotels" in names(alice)


def test_it_sees_what_the_token_sees_and_no_more(alice: Actor) -> None:
    carol = actor_called("carol", Role.VIEWER)
    saved(carol, SUPPORT)
    walked(alice)
    walked(carol)

    assert "ACME Corporation" not in names(carol)
    assert {"Harbour Light Charity", "Prairie Telehealth"} <= names(carol)


def test_what_was_found_is_sealed(alice: Actor) -> None:
    walked(alice)
    stored = " ".join(
        [
            *Scan.objects.values_list("envelope", flat=True),
            *ScanPart.objects.values_list("envelope", flat=True),
        ]
    )

    assert stored
    assert "ACME" not in stored
    assert WORKSPACE not in stored


def test_a_part_in_another_scan_does_not_open(alice: Actor) -> None:
    carol = actor_called("carol", Role.VIEWER)
    saved(carol, SUPPORT)
    walked(alice)
    walked(carol)
    ScanPart.objects.filter(scan__token__owner=carol.user).delete()
    ScanPart.objects.update(scan=store.of(carol, store.DIRECTORY).get())

    with pytest.raises(store.ScanLost):
        names(carol)
    assert names(carol) == set()


@pytest.mark.parametrize("how", ["damaged", "deleted", "scan deleted", "begun anew"])
def test_what_was_found_is_told_in_full_or_not_at_all(how: str, alice: Actor) -> None:
    progress = walked(alice)
    last = ScanPart.objects.order_by("-number")[0]
    if how == "damaged":
        ScanPart.objects.filter(pk=last.pk).update(envelope=f"{last.envelope[:-8]}AAAAAAA=")
    elif how == "deleted":
        last.delete()
    else:
        store.discard(alice, store.DIRECTORY)
    if how == "begun anew":
        walked(alice)

    with pytest.raises(store.ScanLost):
        list(found.items(alice, progress))


def test_a_step_that_adds_to_it_meanwhile_takes_nothing_away(alice: Actor) -> None:
    walked(alice)
    row = Scan.objects.select_related("token").get()
    so_far = list(store.parts(row))
    ScanPart.objects.create(scan=row, number=len(so_far), envelope="of a step that is about to end")

    assert list(store.parts(row)) == so_far


def test_a_walk_with_one_token_is_not_taken_for_all_of_them(alice: Actor) -> None:
    walked(alice, store.FACTS)
    saved(alice, SUPPORT, workspace_id="ws_supportdesk0001")

    assert not found.progress(alice, store.FACTS).has_begun
    walked(alice, store.FACTS)
    assert len(store.of(alice, store.FACTS)) == 2


def test_what_the_directory_could_not_read_outlives_it(alice: Actor, sandbox: Sandbox) -> None:
    sandbox.fault("status:403", f"/workspaces/{WORKSPACE}/billing-accounts$")
    try:
        walked(alice, store.FACTS)
    finally:
        sandbox.no_faults()
    store.discard(alice, store.DIRECTORY)

    assert WORKSPACE in {one.workspace_id for one in found.progress(alice, store.FACTS).not_read}


@pytest.mark.parametrize("how", ["forget", "renew", "refused", "deactivate", "default", "expired"])
def test_what_was_found_goes_with_the_token(how: str, alice: Actor) -> None:
    walked(alice)
    token = AltostratToken.objects.get()
    if how == "forget":
        token_changes.forget(alice, token.pk)
    elif how == "renew":
        token_changes.renew(alice, token.pk, text=FINANCE)
    elif how == "refused":
        AltostratToken.objects.filter(pk=token.pk).update(envelope=_refused_envelope(token))
        with pytest.raises(TokenRejected):
            _ask_again(alice)
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


def _ask_again(actor: Actor) -> None:
    read_live(actor, "", Read(LIST_WORKSPACES))


def test_a_refused_token_ends_it(alice: Actor) -> None:
    token = AltostratToken.objects.get()
    AltostratToken.objects.update(envelope=_refused_envelope(token))

    with pytest.raises(TokenRejected):
        walk.advance(alice, store.DIRECTORY)
    assert not Scan.objects.exists()
    assert AltostratToken.objects.get().status == AltostratToken.Status.REFUSED


def test_without_the_default_token_what_the_others_found_is_not_all_there_is(alice: Actor) -> None:
    saved(alice, SUPPORT, workspace_id="ws_supportdesk0001")
    walked(alice)
    default = AltostratToken.objects.get(is_default=True)
    AltostratToken.objects.filter(pk=default.pk).update(envelope=_refused_envelope(default))
    with pytest.raises(TokenRejected):
        _ask_again(alice)

    assert not found.progress(alice, store.DIRECTORY).has_begun


def test_an_altostrat_that_is_away_is_waited_for_and_told(db: None, altostrat_unreachable: None) -> None:
    actor = actor_called("alice")
    saved(actor)
    progress = walk.advance(actor, store.DIRECTORY)

    assert not progress.is_stopped
    assert 1 <= progress.wait_seconds <= 5
    assert progress.trouble is not None
    assert progress.trouble.error == "Unreachable"


@pytest.mark.parametrize("kind", [store.DIRECTORY, store.FACTS])
def test_it_goes_on_by_itself_when_altostrat_is_back_and_nothing_is_missing(
    kind: str, alice: Actor, sandbox: Sandbox
) -> None:
    if kind == store.FACTS:
        walked(alice)
    sandbox.fault("close_before", "", times=None)
    try:
        for _ in range(4):
            Scan.objects.update(resume_at=None)
            away = walk.advance(alice, kind)
        sandbox.clear()
        walk.advance(alice, kind)
        waiting = sandbox.requests()
        Scan.objects.update(resume_at=None)
        walk.advance(alice, kind)
        trying = sandbox.requests()
    finally:
        sandbox.no_faults()
    back = walked(alice, kind)

    assert away.trouble is not None
    assert away.done == 0
    assert waiting == []
    assert {row["path"] for row in trying} == {"/workspaces"}
    assert back.trouble is None
    assert back.done == back.total
    # The failure gallery is what it is; nobody else is missing because of the silence.
    assert {one.workspace_id for one in back.not_read} <= {"ws_failures"}


def test_what_the_person_stopped_stays_stopped(alice: Actor, sandbox: Sandbox) -> None:
    sandbox.fault("status:503", "/workspaces$", times=None)
    try:
        walk.advance(alice, store.DIRECTORY)
    finally:
        sandbox.no_faults()
    store.stop(alice, store.DIRECTORY)
    Scan.objects.update(resume_at=None)

    assert walk.advance(alice, store.DIRECTORY).is_stopped


def test_a_list_of_workspaces_that_is_refused_is_not_asked_for_again_and_again(
    alice: Actor, sandbox: Sandbox
) -> None:
    sandbox.fault("status:403", "/workspaces$")
    progress = walk.advance(alice, store.DIRECTORY)

    assert progress.is_stopped
    assert progress.trouble is not None


def test_it_needs_a_token(db: None) -> None:
    with pytest.raises(NoToken):
        walk.advance(actor_called("bob"), store.DIRECTORY)


def test_accounts_that_fail_are_named_and_the_others_are_read(alice: Actor, sandbox: Sandbox) -> None:
    walked(alice)
    ids = {entry.id for entry in directory.known(alice).entries if entry.is_account}
    walk.begin_over_accounts(alice, store.LOOK, "sub_nowhere")
    progress = walked(alice, store.LOOK)
    failed = {one.billing_account_id: one.error for one in progress.not_read}

    assert progress.done == len(ids)
    assert failed["cus_forbidden"] == "NotAllowed"
    assert failed["cus_error500"] == "Broken"
    # Of one account among many: it says nothing about the token.
    assert failed["cus_unauthorized"] == "TokenRejected"
    assert AltostratToken.objects.get().status != AltostratToken.Status.REFUSED
    assert "cus_a1b2c3d4e5f6g7h8" not in failed
