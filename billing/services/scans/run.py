"""The start of a scan, and its next step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final

from django.utils import timezone

from billing.altostrat.http.deadlines import request_deadline
from billing.models import AltostratToken, Scan
from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.scans import store
from billing.services.scans.results import NotRead, Progress, progress
from billing.services.scans.step import Step
from billing.services.scans.store import Claim, Document
from billing.services.tokens import upstream

STEP_SECONDS: Final = 1.5


def advance(actor: Actor, kind: str, *, seconds: float = STEP_SECONDS) -> Progress:
    """Start the scan if needed, do its next step, and return the progress.

    No call starts after `seconds`, and a step ends within three times the deadline of one call. A scan of account
    details begins with the list of accounts, and returns that scan's progress until it is finished. Exports of
    invoices are not started here, because they need a query.

    Raise NotPermitted, NoToken, TokenRejected, `vault.CannotUnseal`, `store.ScanLost`.
    """
    begun = begin(actor, kind)
    if begun.kind != kind:
        begun = advance(actor, begun.kind, seconds=seconds)
        if not begun.is_finished:
            return begun
        begin(actor, kind)
    claims = [claim for row in store.scans_of(actor, kind) if (claim := _claim(row)) is not None]
    if claims:
        # One call checks Altostrat before the others and one after them.
        with request_deadline(3 * upstream.scan_seconds()):
            Step(actor, claims, time.monotonic() + seconds).run()
    return progress(actor, kind)


def begin(actor: Actor, kind: str) -> Progress:
    """Start the scan if needed, without a call. Return the progress: that of the list of accounts if it comes first.

    Raise NotPermitted, NoToken, `store.ScanLost`.
    """
    actor.require(Permission.BILLING_READ)
    if kind == store.ACCOUNT_DETAILS and not progress(actor, kind).has_begun:
        account_list = begin(actor, store.ACCOUNT_LIST)
        if not account_list.is_finished:
            return account_list
        # What is missing from the list is recorded in this scan as well, because the list may expire first.
        start_for_accounts(actor, kind, not_read=account_list.not_read)
    elif kind == store.ACCOUNT_LIST:
        _start_account_list(actor)
    return progress(actor, kind)


def complete(actor: Actor, kind: str, pause: Callable[[float], bool]) -> Progress:
    """Do the steps of a scan, without a browser. `pause` waits before the next one, or returns False to end.

    Raise as `advance`.
    """
    before: Progress | None = None
    while True:
        progress = advance(actor, kind)
        if is_over(progress, kind):
            return progress
        # Without progress, another process does the current step.
        if not pause(progress.wait_seconds or (1 if progress == before else 0)):
            return progress
        before = progress


def is_over(progress: Progress, kind: str) -> bool:
    """Return whether no further step is possible: the scan is finished, stopped, or not started."""
    is_last = progress.kind == kind and (progress.is_finished or not progress.has_begun)
    return is_last or progress.is_stopped


def start_for_accounts(
    actor: Actor,
    kind: str,
    query: str = "",
    is_included: Callable[[Document], bool] = lambda _: True,
    not_read: Sequence[NotRead] = (),
    source: str = store.ACCOUNT_LIST,
) -> None:
    """Start a scan of the accounts that the finished scan `source` has found, and discard the previous one of its kind.

    `not_read` is what the source could not read. The new scan stores it, because it may outlive the source.
    """
    store.discard(actor, kind)
    failed = [asdict(one) for one in not_read]
    for row in store.scans_of(actor, source):
        tasks = ({"do": kind, "account": account} for account in _accounts(row) if is_included(account))
        store.start(actor, row.token, kind, tasks, query, failed)
        failed = []  # with the first scan only


def usable_tokens(actor: Actor) -> tuple[list[AltostratToken], list[AltostratToken]]:
    """Return the tokens of `store.usable_tokens`. Raise NoToken if there are none."""
    usable, refused = store.usable_tokens(actor)
    if not usable and not refused:
        raise tokens.NoToken
    return usable, refused


def _accounts(row: Scan) -> list[Document]:
    """Return the accounts that a scan has found, including those that it could not read."""
    read = [item["account"] for part in store.open_parts(row) for item in part if "account" in item]
    record = store.open_record(row)
    failed = [one["account"] for one in record.failed if one.get("account")] if record else []
    return [*read, *(account for account in failed if account not in read)]  # some were read in part


def _start_account_list(actor: Actor) -> None:
    usable, refused = usable_tokens(actor)
    started = {row.token_id for row in store.scans_of(actor, store.ACCOUNT_LIST)}
    bound = [row.workspace_id for row in (*usable, *refused) if row.workspace_id]
    for token in usable:
        if token.pk in started:
            continue
        if token.is_default:
            # A default token that is bound to a workspace also lists the accounts of that workspace.
            others = [name for name in bound if name != token.workspace_id]
            store.start(actor, token, store.ACCOUNT_LIST, [{"do": "workspaces", "without": others}])
        else:
            task = {"do": "workspace", "workspace": {"id": token.workspace_id}}
            store.start(actor, token, store.ACCOUNT_LIST, [task])


def _claim(row: Scan) -> Claim | None:
    if row.resume_at is not None and row.resume_at > timezone.now():
        return None
    return store.claim(row)
