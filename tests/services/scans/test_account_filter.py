"""The filter of a list of accounts, as it is typed."""

from __future__ import annotations

import pytest

from billing.services.scans.account_filter import OPERATORS, WrongFilter, parse
from billing.services.scans.directory import Entry

KLOOF = Entry(
    "account",
    "cus_1",
    "Kloof Street Hôtels",
    "ws_1",
    "Table Bay Networks",
    "assigned",
    "creditors@kloof.example",
    "ZA",
    "zar",
)
STATUSES = {"past_due", "active"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "status:past_due",
        "status:unpaid,past_due",
        "currency:ZAR country:za",
        "workspace:ws_1",
        'workspace:"table bay"',
        "mode:assigned",
        "name:hotels",
        'name:"street hotels"',
        "email:kloof.example",
        "id:cus_1",
        "STATUS:active",
        "-country:US",
        "-status:canceled",
        "kloof",
        '"kloof street"',
        "creditors@kloof.example",
        "-nobody",
    ],
)
def test_it_fits(text: str) -> None:
    assert parse(text).fits(KLOOF, STATUSES)


@pytest.mark.parametrize(
    "text",
    [
        "status:canceled",
        "-country:ZA",
        "-country:US,ZA",
        "currency:zar country:US",
        "mode:pooled",
        "name:street-hotels",
        "id:cus",
        "nobody",
        "-kloof",
        "status:past",
    ],
)
def test_it_does_not_fit(text: str) -> None:
    assert not parse(text).fits(KLOOF, STATUSES)


@pytest.mark.parametrize("text", ["colour:red", "-colour:red", "kloof http://x"])
def test_an_unknown_operator_is_named_with_the_known_ones(text: str) -> None:
    with pytest.raises(WrongFilter) as caught:
        parse(text)

    assert "“colour:”" in str(caught.value) or "“http:”" in str(caught.value)
    assert all(f"{name}:" in str(caught.value) for name in OPERATORS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("status:", "needs a value"),
        ('name:""', "needs a value"),
        ("-", "needs a value"),
        ('name:"open', "quotation mark"),
        ("x" * 501, "500"),
    ],
)
def test_what_cannot_be_meant_is_said(text: str, said: str) -> None:
    with pytest.raises(WrongFilter, match=said):
        parse(text)


def test_an_account_that_was_not_read_may_fit_but_for_what_is_known_of_it() -> None:
    assert parse("status:canceled country:ZA").may_fit(KLOOF)
    assert not parse("-workspace:ws_1").may_fit(KLOOF)
