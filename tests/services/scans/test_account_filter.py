"""The filter of a list of accounts."""

from __future__ import annotations

import pytest

from billing.services.follow_ups.assignees import Assignee
from billing.services.scans.account_filter import OPERATORS, Assignees, InvalidFilter, examples, parse
from billing.services.scans.search_index import Entry

pytestmark = pytest.mark.sqlite_only

KLOOF = Entry(
    "account",
    "cus_1a2b",
    "Kloof Street Hôtels",
    "ws_1",
    "Table Bay Networks",
    "assigned",
    "creditors@kloof.example",
    "ZA",
    "zar",
)
STATUSES = {"past_due", "active", "act_now"}


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
        "id:cus_1a",
        'country:"South Africa"',
        "country:US,“South Africa”",
        'currency:"south african rand"',
        'status:"past due"',
        'status:"act now"',
        "STATUS:active",
        "-country:US",
        "-status:canceled",
        "kloof",
        '"kloof street"',
        "creditors@kloof.example",
        "-nobody",
    ],
)
def test_filter_matches(text: str) -> None:
    assert parse(text).matches(KLOOF, STATUSES)


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
        "id:cus_",
        "id:cus_2",
        "country:South",
        'country:"United States"',
        'currency:"US Dollar"',
        "nobody",
        "-kloof",
        "status:past",
    ],
)
def test_filter_does_not_match(text: str) -> None:
    assert not parse(text).matches(KLOOF, STATUSES)


def test_examples_have_values_that_exist() -> None:
    found = examples([KLOOF], ["past_due", "active"])

    assert found == ("status:active", 'country:"South Africa"', "-currency:zar", "id:cus_1a2b")
    assert all(parse(one.removeprefix("-")).matches(KLOOF, STATUSES) for one in found)
    assert examples([], []) == ()


@pytest.mark.parametrize("text", ["color:red", "-color:red", "kloof http://x"])
def test_unknown_operator_is_reported_with_the_available_ones(text: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse(text)

    assert "“color:”" in str(caught.value) or "“http:”" in str(caught.value)
    assert all(f"{name}:" in str(caught.value) for name in OPERATORS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("status:", "needs a value"),
        ('name:""', "needs a value"),
        ("-", "needs a value"),
        ('name:"open', "quotation mark"),
        ("x" * 501, "500"),
    ],
)
def test_invalid_filter_is_explained(text: str, message: str) -> None:
    with pytest.raises(InvalidFilter, match=message):
        parse(text)


def test_account_that_was_not_read_may_match_by_status() -> None:
    assert parse("status:canceled country:ZA").may_match(KLOOF)
    assert not parse("-workspace:ws_1").may_match(KLOOF)


ASSIGNED = {("ws_1", "cus_1a2b"): Assignee(("dora sørensen", "dora sorensen", "dora.s"), is_actor=False)}
OWN = {("ws_1", "cus_1a2b"): Assignee(("james me",), is_actor=True)}


@pytest.mark.parametrize(
    ("text", "assignees", "matches"),
    [
        ("assignee:dora", ASSIGNED, True),
        ('assignee:"Dora Sorensen"', ASSIGNED, True),
        ("assignee:dora.s", ASSIGNED, True),
        ("assignee:none,dora", ASSIGNED, True),
        ("-assignee:me", ASSIGNED, True),
        ("assignee:me", ASSIGNED, False),
        ("assignee:none", ASSIGNED, False),
        ("assignee:james", ASSIGNED, False),
        ("assignee:me", OWN, True),
        ("assignee:none", {}, True),
        ("assignee:Nobody", {}, True),
        ("assignee:nobody", ASSIGNED, False),
        ("assignee:me", {}, False),
        ("-assignee:none", OWN, True),
    ],
)
def test_assignee(text: str, assignees: Assignees, matches: bool) -> None:
    found = parse(text, assignees=lambda: assignees)

    assert found.matches(KLOOF, STATUSES) is matches
    assert found.may_match(KLOOF) is matches


def test_assignees_are_only_read_for_a_filter_that_has_one() -> None:
    assert parse("kloof", assignees=lambda: pytest.fail("read")).terms
