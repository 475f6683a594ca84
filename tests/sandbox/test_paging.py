"""Invoices can be paged in both directions without gaps, newest first."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Ask

LONG = "/workspaces/ws_z277qzqejckix84e/billing-accounts/cus_dcpze5oa7rau1cm5/invoices"


def all_ids(ask: Ask) -> list[str]:
    return [row["id"] for row in ask("GET", f"{LONG}?limit=200").json()["data"]]


def test_invoices_are_listed_newest_first(ask: Ask) -> None:
    moments = [row["created_at"] for row in ask("GET", f"{LONG}?limit=200").json()["data"]]

    assert len(moments) > 36
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_paging_forward_has_no_gaps(ask: Ask, limit: int) -> None:
    seen, cursor, more = [], "", True
    while more:
        page = ask("GET", f"{LONG}?limit={limit}{cursor and '&after='}{cursor}").json()
        seen += [row["id"] for row in page["data"]]
        more, cursor = page["has_more"], page["next_cursor"]

    assert seen == all_ids(ask)
    assert cursor is None


def test_paging_backward_has_no_gaps(ask: Ask) -> None:
    expected = all_ids(ask)
    seen, cursor, more = expected[-1:], expected[-1], True
    while more:
        page = ask("GET", f"{LONG}?limit=7&before={cursor}").json()
        seen = [row["id"] for row in page["data"]] + seen
        more, cursor = page["has_more"], page["previous_cursor"]

    assert seen == expected
    assert cursor is None


def test_a_page_has_at_most_a_hundred_invoices_by_default(ask: Ask) -> None:
    assert len(ask("GET", LONG).json()["data"]) <= 100


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=ten", "after=in_nobody", "before=in_nobody"]
)
def test_an_invalid_query_is_refused(ask: Ask, query: str) -> None:
    answer = ask("GET", f"{LONG}?{query}")

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [query.split("=")[0]]


def test_after_and_before_cannot_be_combined(ask: Ask) -> None:
    newest = all_ids(ask)[0]

    assert ask("GET", f"{LONG}?after={newest}&before={newest}").status_code == 422
