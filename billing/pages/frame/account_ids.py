"""Which billing account a page is about."""

from __future__ import annotations

from typing import TypedDict


class Account(TypedDict):
    """The two ids of an account's address, as services and templates take them."""

    workspace_id: str
    billing_account_id: str
