"""The initial data: seed.json has workspaces and accounts, stories generate the rest with dates relative to now."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from billing.sandbox import Document, faults
from billing.sandbox.seats import bought
from billing.sandbox.seeding import odd, people
from billing.sandbox.seeding.invoices import history
from billing.sandbox.seeding.methods import payment_method
from billing.sandbox.seeding.organizations import tree
from billing.sandbox.seeding.stories import DEFAULT_STORY, STORIES
from billing.sandbox.seeding.story import Story
from billing.sandbox.seeding.subscriptions import subscription

_SEED = Path(__file__).parent.with_name("seed.json")


def rows(now: datetime) -> dict[str, Any]:
    """Return all tables of the sandbox by name, and the `tokens` of seed.json."""
    seed = json.loads(_SEED.read_text(encoding="utf-8"))
    workspaces: list[Document] = [*seed["workspaces"], odd.workspace()]
    accounts: list[Document] = [*seed["billing_accounts"], *odd.accounts()]
    tables: dict[str, Any] = {
        "tokens": seed["tokens"],
        "workspaces": {row["id"]: row for row in workspaces},
        "accounts": {row["id"]: [] for row in workspaces},
        "members": {row["id"]: people.members(row) for row in workspaces},
        "organizations": {},
        "subscriptions": {},
        "invoices": {},
        "payment_methods": {},
        "discounts": {},
        "api_keys": people.api_keys(),
    }
    used = {account["id"]: _fill(account, tables, now) for account in accounts}
    for workspace in workspaces:
        own = tables["accounts"][workspace["id"]]
        tables["organizations"][workspace["id"]] = tree(workspace, own, used)
    tables["accounts"][faults.WORKSPACE] = faults.listed()
    odd.apply_unusual_values(tables)
    return tables


def story_of(account_id: str) -> Story:
    return STORIES.get(account_id) or odd.STORIES.get(account_id) or DEFAULT_STORY


def _fill(account: Document, tables: dict[str, Any], now: datetime) -> dict[str, int]:
    """Add an account and its story to the tables. Return the seats that its organizations use."""
    story, account_id = story_of(account["id"]), account["id"]
    subscriptions = [subscription(account, plan, number, now) for number, plan in enumerate(story.plans)]
    methods = [payment_method(account, method, number, now) for number, method in enumerate(story.methods)]
    tables["accounts"][account["workspace_id"]].append(account)
    tables["subscriptions"][account_id] = subscriptions
    tables["invoices"][account_id] = history(account, story, subscriptions)
    tables["payment_methods"][account_id] = methods
    if story.discount:
        tables["discounts"][account_id] = story.discount
    return {product: count * story.usage // 100 for product, count in bought(subscriptions).items()}
