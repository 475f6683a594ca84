"""The ids of a page's billing account."""

from __future__ import annotations

from typing import TypedDict


class AccountIds(TypedDict):
    """The ids of an account, as services and templates take them."""

    workspace_id: str
    billing_account_id: str
