"""The history of a billing account. All dates are relative to the day on which the sandbox starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Method:
    """A payment method. `expires_in` is in months: 0 is this month, -1 the last one."""

    type: str = "card"
    brand: str | None = "visa"
    last4: str | None = "4242"
    expires_in: int | None = 26
    name: str | None = None
    bank_name: str | None = None
    default: bool = True
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A subscription.

    `began` and `ends` are the start and end of the current or last period, in days before and after today. `invoices`
    has the statuses of unpaid invoices by age in periods: 0 is the newest. `net_days` is None if invoices are charged
    immediately.
    """

    quantities: Mapping[str, int] = field(default_factory=lambda: {"locations": 10, "users": 50})
    status: str = "active"
    interval: str = "month"
    intervals: Mapping[str, str] = field(default_factory=dict)
    began: int | None = None
    ends: int | None = None
    invoices: Mapping[int, str] = field(default_factory=dict)
    net_days: int | None = None
    partly_paid: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """What an account buys and how it pays. `usage` is the percentage of its seats in use."""

    plans: tuple[Plan, ...] = ()
    methods: tuple[Method, ...] = (Method(),)
    discount: tuple[str, int] | None = None
    usage: int = 70


SEPA = Method("sepa_debit", None, "3000", None, bank_name="Musterbank")
EXPIRED = Method(brand="mastercard", last4="4444", expires_in=-1)
