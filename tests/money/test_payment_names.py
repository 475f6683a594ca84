"""Names of card brands and payment method types."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client

from billing.payment_names import card_brand_name, payment_method_name, payment_method_type_name
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE, panel
from tests.pages.conftest import alice
from tests.plugins.processes import Sandbox

__all__ = ("alice",)


@pytest.mark.parametrize(
    ("brand", "method_type", "name"),
    [
        ("jcb", "card", "JCB"),
        ("amex", "card", "American Express"),
        ("American_Express", "card", "American Express"),
        ("eftpos_au", "card", "eftpos Australia"),
        ("cartes_bancaires", "card", "Cartes Bancaires"),
        ("unknown", "card", "Card"),
        (None, "konbini", "Konbini"),
        ("", "amazon_pay", "Amazon Pay"),
        ("grace", "card", "Unknown brand “grace”"),
        (None, "barter", "Unknown type “barter”"),
        (None, None, "Unknown type"),
    ],
)
def test_payment_method_is_named_by_brand_or_type(
    brand: str | None, method_type: str | None, name: str
) -> None:
    assert payment_method_name(brand, method_type) == name


def test_missing_brand_has_no_name() -> None:
    assert card_brand_name(None) == card_brand_name("unknown") == ""


def test_missing_type_is_unknown() -> None:
    assert payment_method_type_name(None) == "Unknown type"


def test_every_page_and_file_uses_the_same_name(alice: Client, fresh_sandbox: Sandbox) -> None:
    method_id = fresh_sandbox.add_payment_method(
        WORKSPACE, ACCOUNT, brand="eftpos_au", last4="8210", exp_month=1, exp_year=2020
    )
    address = f"{DOCUMENTED}payment-methods/"
    alice.get(DOCUMENTED)
    pages = {
        "list": alice.get(address).text,
        "panel": alice.get(panel(DOCUMENTED, "payment-methods")).text,
        "review": alice.post(f"{address}{method_id}/detach/", follow=True).text,
    }
    body = b"".join(alice.get(f"{address}?format=csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (row,) = (row for row in csv.DictReader(io.StringIO(body)) if row["Last 4 digits"] == "8210")

    for name, page in pages.items():
        assert "eftpos Australia" in page, name
        assert not re.search(r"eftpos[_ ]au\b", page, re.IGNORECASE), name
    assert (row["Type"], row["Brand"]) == ("Card", "eftpos Australia")
