"""What Altostrat answers, as frozen values. Every field may be None, as none is documented as required.

`extra` holds what is not documented, or not of the documented type (see `fields`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Generic, TypeVar

from billing.altostrat.fields import Fields, WrongShape

T = TypeVar("T")


def _nothing() -> Mapping[str, object]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Workspace:
    """https://altostrat.io/docs/api/en/workspaces/retrieve-a-workspace"""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    billing_mode: str | None = None
    pooled_seat_limit: int | None = None
    archived: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    archived_at: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=_nothing)

    @classmethod
    def from_json(cls, document: object) -> Workspace:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            id=fields.text("id"),
            name=fields.text("name"),
            description=fields.text("description"),
            billing_mode=fields.text("billing_mode"),
            pooled_seat_limit=fields.integer("pooled_seat_limit"),
            archived=fields.flag("archived"),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
            archived_at=fields.moment("archived_at"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class BillingAddress:
    """A postal address; `country` is a two-letter code."""

    country: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    extra: Mapping[str, object] = field(default_factory=_nothing)

    @classmethod
    def from_json(cls, document: object) -> BillingAddress:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            country=fields.text("country"),
            line1=fields.text("line1"),
            line2=fields.text("line2"),
            city=fields.text("city"),
            state=fields.text("state"),
            postal_code=fields.text("postal_code"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class BillingAccount:
    """A paying entity of a workspace; `id` is its Stripe customer id.

    https://altostrat.io/docs/api/en/billing-accounts/retrieve-a-billing-account
    """

    id: str | None = None
    workspace_id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    description: str | None = None
    currency: str | None = None
    address: BillingAddress | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=_nothing)

    @classmethod
    def from_json(cls, document: object) -> BillingAccount:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            id=fields.text("id"),
            workspace_id=fields.text("workspace_id"),
            name=fields.text("name"),
            email=fields.text("email"),
            phone=fields.text("phone"),
            description=fields.text("description"),
            currency=fields.text("currency"),
            address=fields.nested("address", BillingAddress.from_json),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A page of things, `{"data": [...], "has_more": true}`; `has_more` is None when it is not said."""

    items: tuple[T, ...]
    has_more: bool | None = None
    extra: Mapping[str, object] = field(default_factory=_nothing)

    @classmethod
    def reader(cls, from_json: Callable[[object], T]) -> Callable[[object], Listing[T]]:
        """A `from_json` for listings of what `from_json` reads.

        It raises WrongShape without a list in `data`, or with an item that is no object: an empty or a
        shorter list would be a lie.
        """

        def read(document: object) -> Listing[T]:
            data = document.get("data") if isinstance(document, dict) else None
            if not isinstance(document, dict) or not isinstance(data, list):
                raise WrongShape
            fields = Fields({name: raw for name, raw in document.items() if name != "data"})
            items = tuple(from_json(item) for item in data)
            return cls(items=items, has_more=fields.flag("has_more"), extra=fields.extra())

        return read
