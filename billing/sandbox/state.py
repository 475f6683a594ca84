"""What the sandbox knows: tokens, workspaces and billing accounts, from seed.json."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SEED = Path(__file__).with_name("seed.json")
_EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Token:
    """A token and what it sees. `refused` is the message of its 401, if it gets one."""

    workspaces: frozenset[str]
    refused: str | None = None

    def sees(self, workspace_id: str) -> bool:
        """Whether the token's user is a member of that workspace."""
        return _EVERYTHING in self.workspaces or workspace_id in self.workspaces


class State:
    """The rows. Reads only, so threads share it without a lock."""

    def __init__(
        self, seed: Mapping[str, Any], extra_tokens: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self.tokens = {
            row["token"]: Token(frozenset(row["workspaces"]), row.get("refused")) for row in seed["tokens"]
        }
        for token, workspaces in (extra_tokens or {}).items():
            self.tokens[token] = Token(frozenset(workspaces))
        self._workspaces: dict[str, Document] = {row["id"]: row for row in seed["workspaces"]}
        self._accounts: dict[tuple[str, str], Document] = {
            (row["workspace_id"], row["id"]): row for row in seed["billing_accounts"]
        }

    @classmethod
    def from_seed(cls) -> State:
        """The documented seed, and the tokens that SANDBOX_TOKENS adds as JSON: {"token": ["ws_…"]}, or ["*"]."""
        extra = json.loads(os.environ.get("SANDBOX_TOKENS") or "{}")
        return cls(json.loads(_SEED.read_text(encoding="utf-8")), extra)

    def workspaces_of(self, token: Token) -> list[Document]:
        """The workspaces that a token sees, in the order of the seed."""
        return [row for row in self._workspaces.values() if token.sees(row["id"])]

    def workspace(self, workspace_id: str) -> Document | None:
        """One workspace."""
        return self._workspaces.get(workspace_id)

    def accounts_of(self, workspace_id: str) -> list[Document]:
        """The billing accounts of one workspace, in the order of the seed."""
        return [row for (owner, _), row in self._accounts.items() if owner == workspace_id]

    def account(self, workspace_id: str, account_id: str) -> Document | None:
        """One billing account of one workspace."""
        return self._accounts.get((workspace_id, account_id))
