"""A workspace with unusual data that the contract does not rule out, so that a client must tolerate it.

It has currencies that are not in the contract, empty maps that are sent as `[]`, nulls, and unknown fields and values.
"""

from __future__ import annotations

from typing import Any, Final

from billing.sandbox import Document
from billing.sandbox.seeding.story import Method, Plan, Story

WORKSPACE: Final = "ws_oddshapes00000001"
_CREATED: Final = "2024-03-11T09:05:00Z"

STORIES: Final = {
    "cus_oddyen0000000001": Story(
        (Plan({"locations": 12, "users": 90}),), (Method("konbini", None, None, None),)
    ),
    "cus_odddinar00000001": Story(
        (Plan({"locations": 7, "users": 33, "sso": 1}, net_days=30, invoices={0: "open"}, began=41),)
    ),
    "cus_oddempty00000001": Story((Plan({"users": 5}),), (Method("amazon_pay", None, None, None),)),
    "cus_oddtomorrow00001": Story(
        (Plan({"locations": 3, "users": 6}),), (Method("stablecoin_wallet", None, "9f3a", None),)
    ),
}


def workspace() -> Document:
    return {
        "id": WORKSPACE,
        "name": "Orient & Gulf Trading",
        "description": "Yen, dinars, and data that the contract does not describe.",
        "billing_mode": "assigned",
        "pooled_seat_limit": None,
        "archived": False,
        "created_at": _CREATED,
        "updated_at": _CREATED,
        "archived_at": None,
    }


def accounts() -> list[Document]:
    return [
        _account(
            "cus_oddyen0000000001",
            "Kitano Ryokan K.K.",
            "jpy",
            "+81752210000",
            {
                "country": "JP",
                "line1": "河原町通三条上る 2-1",
                "city": "京都市",
                "state": "京都府",
                "postal_code": "604-8004",
            },
        ),
        _account(
            "cus_odddinar00000001",
            "Failaka Marine Supplies W.L.L.",
            "kwd",
            "+96522240000",
            {"country": "KW", "line1": "Block 3, Street 12", "city": "Kuwait City", "postal_code": "13001"},
        ),
        _account(
            "cus_oddempty00000001",
            "Malabar Spice House",
            "usd",
            None,
            {
                "country": "IN",
                "line1": None,
                "line2": None,
                "city": "Kochi",
                "state": "KL",
                "postal_code": None,
            },
        ),
        _account("cus_oddtomorrow00001", "Dhow Street Studio FZ-LLC", "eur", "tel. 04 / 555", [])
        | {"tax_ids": [{"type": "ae_trn", "value": "100000000000003"}], "risk_level": "low", "metadata": []},
    ]


def _account(account_id: str, name: str, currency: str, phone: str | None, address: Any) -> Document:
    return {
        "id": account_id,
        "workspace_id": WORKSPACE,
        "name": name,
        "email": f"{account_id.removeprefix('cus_odd').rstrip('01')}@orientgulf.example",
        "phone": phone,
        "description": None,
        "currency": currency,
        "address": address,
        "created_at": _CREATED,
        "updated_at": _CREATED,
    }


def apply_unusual_values(rows: dict[str, Any]) -> None:
    """Change some rows of this workspace after their generation."""
    empty = rows["subscriptions"]["cus_oddempty00000001"][0]
    empty["metadata"] = []
    empty["current_period_end"] = None
    invoice = rows["invoices"]["cus_oddempty00000001"][0]
    total = invoice["subtotal"]
    invoice |= {"tax": None, "discount_amount": None, "number": None, "total": total}
    invoice |= {"amount_due": total, "amount_paid": total}
    invoice["lines"][0] |= {"description": None, "unit_amount": None, "price_id": None}
    tomorrow = rows["subscriptions"]["cus_oddtomorrow00001"][0]
    tomorrow |= {"status": "grace", "collection_method": "send_invoice", "plan_id": None}
    tomorrow["product_quantities"]["cameras"] = {"price_id": "price_cam", "quantity": 4, "interval": "week"}
    rows["invoices"]["cus_oddtomorrow00001"][0] |= {"status": "disputed", "dispute": {"amount": 100}}
    organization = next(
        row for row in rows["organizations"][WORKSPACE] if row["billing_account_id"] == "cus_oddempty00000001"
    )
    organization |= {"limits": [], "usage": None}
