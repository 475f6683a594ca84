"""A walk over what a person's tokens see: begun, advanced by a step, told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from django.utils import timezone

from billing.models import AltostratToken, Scan
from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.scans import store
from billing.services.scans.results import NotRead, Progress, progress
from billing.services.scans.step import Step
from billing.services.scans.store import Claim

_SECONDS: Final = 1.5


def advance(actor: Actor, kind: str, *, seconds: float = _SECONDS) -> Progress:
    """Does the next step of a scan, beginning it if need be, and tells how far it is. No new call is begun after
    `seconds`; what one call may take at most is ALTOSTRAT_DEADLINE.

    A walk over accounts begins with the directory, whose progress is told as long as it is not complete; a look for
    something and an export are begun on their own, since they have to know for what.

    Raises NotPermitted, NoToken, TokenRejected, `vault.CannotUnseal`, `store.ScanLost`.
    """
    actor.require(Permission.BILLING_READ)
    if kind == store.DIRECTORY:
        _begin_directory(actor)
    elif kind == store.FACTS and not progress(actor, kind).has_begun:
        first = advance(actor, store.DIRECTORY, seconds=seconds)
        if not first.is_finished:
            return first
        # What the directory could not read is missing here, too, and longer than the directory lives.
        begin_over_accounts(actor, kind, missing=first.not_read)
    claims = [claim for row in store.of(actor, kind) if (claim := _claimed(row)) is not None]
    if claims:
        Step(actor, claims, time.monotonic() + seconds).run()
    return progress(actor, kind)


def begin_over_accounts(
    actor: Actor,
    kind: str,
    sought: str = "",
    wanted: Callable[[dict[str, Any]], bool] = lambda _: True,
    missing: Sequence[NotRead] = (),
    source: str = store.DIRECTORY,
) -> None:
    """Starts a walk over the accounts that a finished walk knows, the directory or another, or those of them that are
    wanted; what there was of its kind is discarded. `missing` is what it cannot reach, to be told with what it fails to
    read: it is kept with this walk, which may outlive the one it comes from."""
    store.discard(actor, kind)
    failed = [asdict(one) for one in missing]
    for row in store.of(actor, source):
        tasks = ({"do": kind, "account": one} for one in _accounts(row) if wanted(one))
        store.begin(row.token, kind, tasks, sought, failed)
        failed = []  # once is enough


def usable_tokens(actor: Actor) -> tuple[list[AltostratToken], list[AltostratToken]]:
    """As `store.usable_tokens`; raises NoToken."""
    usable, refused = store.usable_tokens(actor)
    if not usable and not refused:
        raise tokens.NoToken
    return usable, refused


def _accounts(row: Scan) -> list[dict[str, Any]]:
    """The accounts that a walk read, and those that it knows of and could not read."""
    read = [item["account"] for part in store.parts(row) for item in part if "account" in item]
    book = store.head(row)
    failed = [one["account"] for one in book.failed if one.get("account")] if book else []
    return [*read, *(one for one in failed if one not in read)]  # of some it read all but the end


def _begin_directory(actor: Actor) -> None:
    usable, refused = usable_tokens(actor)
    known = {row.token_id for row in store.of(actor, store.DIRECTORY)}
    bound = [row.workspace_id for row in (*usable, *refused) if row.workspace_id]
    for token in usable:
        if token.pk in known:
            continue
        if token.is_default:
            # Of its own workspace, too, a default token that is bound to one sees the accounts.
            own = [name for name in bound if name != token.workspace_id]
            store.begin(token, store.DIRECTORY, [{"do": "workspaces", "without": own}])
        else:
            task = {"do": "workspace", "workspace": {"id": token.workspace_id}}
            store.begin(token, store.DIRECTORY, [task])


def _claimed(row: Scan) -> Claim | None:
    if row.resume_at is not None and row.resume_at > timezone.now():
        return None
    return store.claim(row)
