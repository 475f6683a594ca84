"""Postal addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.billing_accounts import BillingAddress
from billing.countries import country_name
from billing.pages.rendering.addresses import address_lines


def test_american_address() -> None:
    address = BillingAddress("US", "123 Main Street", "Suite 456", "San Francisco", "CA", "94105")

    assert address_lines(address) == (
        "123 Main Street",
        "Suite 456",
        "San Francisco, CA 94105",
        "United States",
    )


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (
            BillingAddress("DE", "Unter den Linden 1", None, "Berlin", None, "10117"),
            ("Unter den Linden 1", "10117 Berlin", "Germany"),
        ),
        (
            BillingAddress("GB", "10 Downing Street", None, "London", None, "SW1A 2AA"),
            ("10 Downing Street", "London", "SW1A 2AA", "United Kingdom"),
        ),
        (
            BillingAddress("GB", "1 Castle Street", None, "Truro", "Cornwall", "TR1 3AF"),
            ("1 Castle Street", "Truro", "Cornwall", "TR1 3AF", "United Kingdom"),
        ),
        (
            BillingAddress("JP", "1-9-1 Marunouchi", "12F", "Chiyoda-ku", "Tokyo", "100-6612"),
            ("1-9-1 Marunouchi", "12F, Chiyoda-ku, Tokyo", "100-6612", "Japan"),
        ),
        (
            BillingAddress("JP", "丸の内1-9-1", None, "千代田区", "東京都", "100-6612"),
            ("〒100-6612", "東京都千代田区", "丸の内1-9-1", "Japan"),
        ),
        (
            BillingAddress("ZA", "1 Long Street", None, "Cape Town", "Western Cape", "8001"),
            ("1 Long Street", "Cape Town", "Western Cape", "8001", "South Africa"),
        ),
        (
            BillingAddress("AU", "100 Market Street", "Level 3", "Sydney", "NSW", "2000"),
            ("100 Market Street", "Level 3", "Sydney NSW 2000", "Australia"),
        ),
        (
            BillingAddress("BR", "Avenida Paulista 1000", "Bela Vista", "São Paulo", "SP", "01310-100"),
            ("Avenida Paulista 1000", "Bela Vista", "São Paulo-SP", "01310-100", "Brazil"),
        ),
        (
            BillingAddress("IE", "1 Grand Canal Square", None, "Dublin", "Co. Dublin", "D02 P820"),
            ("1 Grand Canal Square", "Dublin", "Co. Dublin", "D02 P820", "Ireland"),
        ),
        (
            BillingAddress("HK", "8 Finance Street", None, "Central", "Hong Kong Island", None),
            ("8 Finance Street", "Central", "Hong Kong Island", "Hong Kong SAR China"),
        ),
        (
            BillingAddress("SG", "1 Raffles Place", None, "Singapore", None, "048616"),
            ("1 Raffles Place", "Singapore 048616", "Singapore"),
        ),
        (
            BillingAddress("FR", "10 rue de Rivoli", None, "Paris", None, "75004"),
            ("10 rue de Rivoli", "75004 Paris", "France"),
        ),
        (
            BillingAddress("HU", "Andrássy út 1", None, "Budapest", None, "1061"),
            ("Budapest", "Andrássy út 1", "1061", "Hungary"),
        ),
        (BillingAddress("US", None, None, "Reno", None, None), ("Reno", "United States")),
        (BillingAddress("US", None, None, None, "NV", "89501"), ("NV 89501", "United States")),
        (BillingAddress("ZZ", "A", "B", "C", "D", "E"), ("A", "B", "C", "D", "E", "Unknown Region")),
        (BillingAddress("all", "A"), ("A", "all")),
        (BillingAddress("../../etc", "A"), ("A", "../../etc")),
        (BillingAddress(None, "A", "", "C"), ("A", "C")),
        (BillingAddress(), ()),
    ],
)
def test_fields_follow_the_order_of_the_country(address: BillingAddress, lines: tuple[str, ...]) -> None:
    assert address_lines(address) == lines


ANYTHING = st.none() | st.text(max_size=8)


@given(
    st.none() | st.sampled_from(["JP", "CN", "BR", "AE", "HU", "FR"]) | st.text(max_size=3),
    ANYTHING,
    ANYTHING,
)
def test_every_field_is_kept(country: str | None, city: str | None, state: str | None) -> None:
    lines = address_lines(BillingAddress(country, "1 Street", None, city, state, "12345"))

    written = "\n".join(lines)
    assert "1 Street" in written
    assert "12345" in written
    assert all(part.strip(" ,\n") in written for part in (city, state) if part)


def test_unknown_country_is_unchanged() -> None:
    assert country_name("Atlantis") == "Atlantis"
