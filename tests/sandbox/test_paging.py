"""Pages of invoices: newest first, without gaps, in both directions."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Ask

LONG = "/workspaces/ws_z277qzqejckix84e/billing-accounts/cus_dcpze5oa7rau1cm5/invoices"


def everything(ask: Ask) -> list[str]:
    return [row["id"] for row in ask("GET", f"{LONG}?limit=200").json()["data"]]


def test_they_are_listed_newest_first(ask: Ask) -> None:
    moments = [row["created_at"] for row in ask("GET", f"{LONG}?limit=200").json()["data"]]

    assert len(moments) > 36
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_pages_forwards_have_no_gap(ask: Ask, limit: int) -> None:
    seen, cursor, more = [], "", True
    while more:
        page = ask("GET", f"{LONG}?limit={limit}{cursor and '&after='}{cursor}").json()
        seen += [row["id"] for row in page["data"]]
        more, cursor = page["has_more"], page["next_cursor"]

    assert seen == everything(ask)
    assert cursor is None


def test_pages_backwards_have_no_gap(ask: Ask) -> None:
    wanted = everything(ask)
    seen, cursor, more = wanted[-1:], wanted[-1], True
    while more:
        page = ask("GET", f"{LONG}?limit=7&before={cursor}").json()
        seen = [row["id"] for row in page["data"]] + seen
        more, cursor = page["has_more"], page["previous_cursor"]

    assert seen == wanted
    assert cursor is None


def test_the_first_page_has_a_hundred_at_most(ask: Ask) -> None:
    assert len(ask("GET", LONG).json()["data"]) <= 100


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=ten", "after=in_nobody", "before=in_nobody"]
)
def test_a_poor_question_is_refused(ask: Ask, query: str) -> None:
    answer = ask("GET", f"{LONG}?{query}")

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [query.split("=")[0]]


def test_after_and_before_do_not_go_together(ask: Ask) -> None:
    newest = everything(ask)[0]

    assert ask("GET", f"{LONG}?after={newest}&before={newest}").status_code == 422
