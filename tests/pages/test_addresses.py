"""Postal addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources import BillingAddress
from billing.pages.addresses import address_lines, country_name


def test_it_writes_an_american_address() -> None:
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
        (BillingAddress("US", None, None, "Reno", None, None), ("Reno", "United States")),
        (BillingAddress("US", None, None, None, "NV", "89501"), ("NV 89501", "United States")),
        (BillingAddress("ZZ", "A", "B", "C", "D", "E"), ("A", "B", "C", "D", "E", "Unknown Region")),
        (BillingAddress("all", "A"), ("A", "all")),
        (BillingAddress("../../etc", "A"), ("A", "../../etc")),
        (BillingAddress(None, "A", "", "C"), ("A", "C")),
        (BillingAddress(), ()),
    ],
)
def test_it_writes_what_there_is_in_the_order_of_the_country(
    address: BillingAddress, lines: tuple[str, ...]
) -> None:
    assert address_lines(address) == lines


ANYTHING = st.none() | st.text(max_size=8)


@given(
    st.none() | st.sampled_from(["JP", "CN", "BR", "AE", "HU", "FR"]) | st.text(max_size=3),
    ANYTHING,
    ANYTHING,
)
def test_it_drops_no_part_and_never_fails(country: str | None, city: str | None, state: str | None) -> None:
    lines = address_lines(BillingAddress(country, "1 Street", None, city, state, "12345"))

    written = "\n".join(lines)
    assert "1 Street" in written
    assert "12345" in written
    assert all(part.strip(" ,\n") in written for part in (city, state) if part)


def test_it_shows_an_unknown_country_as_it_is() -> None:
    assert country_name("Atlantis") == "Atlantis"
