"""The data of the sandbox. Handlers run while `State.lock` is held."""

from __future__ import annotations

import json
import os
import secrets
import string
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from billing.sandbox import Document, seeding
from billing.sandbox.moments import stamp
from billing.sandbox.seats import RUNNING

_EVERYTHING: Final = "*"
_RANKS: Final = {"viewer": 0, "admin": 1, "owner": 2}
_ALPHABET: Final = string.ascii_lowercase + string.digits


@dataclass(slots=True)
class Token:
    """A token and its user's role in each workspace.

    `refused` is the message if the token is answered with 401. `hidden` are exceptions to a token for all workspaces.
    """

    roles: dict[str, str]
    refused: str | None = None
    user_id: str = "auth0|sandbox"
    is_user: bool = False
    hidden: frozenset[str] = frozenset()

    def sees(self, workspace_id: str) -> bool:
        if workspace_id in self.hidden:
            return False
        return _EVERYTHING in self.roles or workspace_id in self.roles

    def may(self, workspace_id: str, min_role: str) -> bool:
        role = self.roles.get(workspace_id) or self.roles.get(_EVERYTHING) or "viewer"
        return _RANKS[role] >= _RANKS[min_role]


@dataclass(slots=True)
class State:
    """All tables, with their rows in the order of the lists."""

    now: datetime
    tokens: dict[str, Token]
    workspaces: dict[str, Document]
    accounts: dict[str, list[Document]]  # by workspace
    members: dict[str, list[Document]]  # by workspace
    organizations: dict[str, list[Document]]  # by workspace
    subscriptions: dict[str, list[Document]]  # by account
    invoices: dict[str, list[Document]]  # by account, newest first
    payment_methods: dict[str, list[Document]]  # by account
    discounts: dict[str, tuple[str, int]]  # by account: name and per cent
    api_keys: list[Document]
    key_secrets: dict[str, str] = field(default_factory=dict)
    canceling: set[str] = field(default_factory=set)  # subscriptions that end with their period
    prorations: dict[str, list[Document]] = field(default_factory=dict)  # lines of the next invoice
    # By account: the answer to every preview.
    previews: dict[str, list[Document]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    is_changed: bool = False  # since the seed

    @classmethod
    def from_seed(cls, now: datetime | None = None) -> State:
        """Return the seed, and the tokens that SANDBOX_TOKENS adds as JSON: {"token": ["ws_…"]}, or ["*"]."""
        now = now or datetime.now(UTC)
        extra = json.loads(os.environ.get("SANDBOX_TOKENS") or "{}")
        rows = seeding.rows(now)
        return cls(now=now, tokens=_tokens(rows.pop("tokens"), extra), **rows)

    def workspaces_of(self, token: Token) -> list[Document]:
        return [row for row in self.workspaces.values() if token.sees(row["id"])]

    def workspace(self, workspace_id: str) -> Document | None:
        return self.workspaces.get(workspace_id)

    def account(self, workspace_id: str, account_id: str) -> Document | None:
        return next((row for row in self.accounts.get(workspace_id, ()) if row["id"] == account_id), None)

    def running(self, account_id: str) -> list[Document]:
        return [row for row in self.subscriptions.get(account_id, ()) if row["status"] in RUNNING]

    def default_method(self, account_id: str) -> Document | None:
        return next((row for row in self.payment_methods.get(account_id, ()) if row["is_default"]), None)

    def new_id(self, prefix: str, length: int = 16) -> str:
        return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))

    def stamp(self) -> str:
        """Return the current time in Altostrat's format."""
        return stamp(datetime.now(UTC))


def _tokens(rows: Iterable[Mapping[str, Any]], extra: Mapping[str, Iterable[str]]) -> dict[str, Token]:
    tokens = {
        row["token"]: Token(
            dict.fromkeys(row["workspaces"], row.get("role", "owner")),
            row.get("refused"),
            is_user=row["token"].count(".") == 2,
            hidden=frozenset(row.get("hidden", ())),
        )
        for row in rows
    }
    tokens.update({token: Token(dict.fromkeys(workspaces, "owner")) for token, workspaces in extra.items()})
    return tokens
