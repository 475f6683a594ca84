"""What the trial sends, and the faults that it meets."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import requests

from tests.plugins.processes import Sandbox

WORKSPACE: Final = "ws_a1b2c3d4e5f6g7h8"
ACCOUNTS_PER_KILL: Final = 7
_SIGNED: Final = {"Portal-Reason": "Trial", "Portal-Ticket": "FIN-7"}
# These shares of the writes are sent by two clients at once, have a fault, hang, or follow a read that fails.
_TWINS, _FAULTY_WRITES, _HANGING_WRITES, _FAULTY_READS = 0.2, 0.35, 0.03, 0.1
_FAULTS_OF_WRITES: Final = (
    "close_before",
    "close_after",
    "close_after",
    "garbage_after",
    "status:500",
    "status:503",
    "status:409",
    "status_after:502",
    "status_after:504",
    "status_after:202",
    "delay:0.4",
    "delay:0.4",
)
_HANGING: Final = ("hang_before", "hang_after", "delay:2.5")
_FAULTS_OF_READS: Final = ("close_before", "status:503", "status:500", "garbage_after", "delay:0.2")


@dataclass(frozen=True)
class Write:
    """One intended write. `marker` is only in its own body."""

    number: int
    method: str
    path: str
    body: dict[str, Any] | None
    marker: str
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def headers(self) -> dict[str, str]:
        return {"Idempotency-Key": self.key, **_SIGNED}


@dataclass(frozen=True)
class Plan:
    """The writes, and the rules of the sandbox."""

    writes: list[Write]
    rules: list[dict[str, Any]]
    accounts: range

    @classmethod
    def of(cls, count: int, chance: random.Random, *, first: int = 0, has_faults: bool = True) -> Plan:
        """Return four writes for each account: two of itself, one of its subscription, and a new subscription.

        `first` is the number of the first account.
        """
        numbers = range(first, first - (-count // 4))
        writes = [write for number in numbers for write in _writes(number)][:count]
        rules = [rule for number in numbers for rule in _rules(number, chance)] if has_faults else []
        return cls(writes, rules, numbers)

    def writes_of_clients(self, chance: random.Random) -> list[Write]:
        """Return the writes in the order in which they are sent, some of them twice."""
        groups = [[write, write] if chance.random() < _TWINS else [write] for write in self.writes]
        chance.shuffle(groups)
        return [write for group in groups for write in group]

    def prepare(self, sandbox: Sandbox) -> None:
        """Give the sandbox the accounts of the trial, and its faults."""
        sandbox.put("accounts", WORKSPACE, *map(_account, self.accounts))
        for number in self.accounts:
            sandbox.put("subscriptions", account_id(number), _subscription(number))
            sandbox.put("payment_methods", account_id(number), _payment_method(number))
        address = f"{sandbox.url}/_sandbox/faults"
        requests.put(address, json=self.rules, timeout=5).raise_for_status()


def _writes(number: int) -> Iterator[Write]:
    account = f"workspaces/{WORKSPACE}/billing-accounts/{account_id(number)}"
    subscriptions = f"{account}/subscriptions"
    bodies: tuple[tuple[str, str, str, Any], ...] = (
        ("PATCH", account, "description", lambda marker: {"description": marker}),
        ("PATCH", account, "name", lambda marker: {"name": marker}),
        (
            "PATCH",
            f"{subscriptions}/{_subscription_id(number)}",
            "metadata",
            lambda marker: {"metadata": {"trial": marker}},
        ),
        (
            "POST",
            subscriptions,
            "new",
            lambda marker: {"product_quantities": {"users": 7}, "metadata": {"trial": marker}},
        ),
    )
    for position, (method, path, what, body) in enumerate(bodies):
        marker = f"{what} {number:04}"
        yield Write(number * 4 + position, method, path, body(marker), marker)


def _rules(number: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    account = f"/{account_id(number)}"
    for method, path in (
        ("PATCH", f"{account}$"),
        ("PATCH", f"{account}/subscriptions/"),
        ("POST", f"{account}/subscriptions$"),
    ):
        if chance.random() < _FAULTY_WRITES:
            yield _rule(method, path, chance.choice(_FAULTS_OF_WRITES))
        if chance.random() < _HANGING_WRITES:
            yield _rule(method, path, chance.choice(_HANGING))
        if chance.random() < _FAULTY_READS:
            yield _rule("GET", path, chance.choice(_FAULTS_OF_READS))


def _rule(method: str, path: str, does: str) -> dict[str, Any]:
    document = {"message": "No."} if does == "status:409" else None
    return {"method": method, "path": path, "times": 1, "does": does, "document": document}


def account_id(number: int) -> str:
    return f"cus_trial{number:011}"


def _subscription_id(number: int) -> str:
    return f"sub_trial{number:011}"


def _account(number: int) -> dict[str, Any]:
    return {
        "id": account_id(number),
        "workspace_id": WORKSPACE,
        "name": f"Account {number}",
        "email": "trial@example.com",
        "phone": None,
        "description": None,
        "currency": "usd",
        "address": {
            "line1": "1 Long Street",
            "line2": None,
            "city": "Cape Town",
            "state": "Western Cape",
            "postal_code": "8001",
            "country": "ZA",
        },
        "created_at": "2026-01-01T00:00:00.000000Z",
        "updated_at": "2026-01-01T00:00:00.000000Z",
    }


def _subscription(number: int) -> dict[str, Any]:
    return {
        "id": _subscription_id(number),
        "billing_account_id": account_id(number),
        "status": "active",
        "currency": "usd",
        "product_quantities": {"users": {"price_id": "price_456def", "quantity": 5, "interval": "month"}},
        "metadata": {},
        "current_period_start": "2026-11-01",
        "current_period_end": "2099-12-01",
        "created_at": "2026-01-01T00:00:00.000000Z",
        "updated_at": "2026-01-01T00:00:00.000000Z",
    }


def _payment_method(number: int) -> dict[str, Any]:
    return {
        "id": f"pm_trial{number:011}",
        "type": "card",
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": 2034,
        "name": None,
        "bank_name": None,
        "is_default": True,
    }
