"""The search for workspaces and accounts."""

from __future__ import annotations

import time

import pytest
from pytest_django import Settings

from billing.services.actor import Actor
from billing.services.scans import index_cache, results, run, search_index, store
from billing.services.scans.search_index import Entry, Matches, SearchIndex
from tests.services.cast import actor_called
from tests.services.scans.test_scan import PLENTY, finish, saved
from tests.tokens import SUPPORT

ACCOUNT = "cus_a1b2c3d4e5f6g7h8"


def account(name: str, email: str = "", account_id: str = "cus_1") -> Entry:
    return Entry("account", account_id, name, "ws_1", "Table Bay Networks", email=email)


INDEX = SearchIndex(
    (
        Entry("workspace", "ws_1", "Table Bay Networks", "ws_1", "Table Bay Networks"),
        account("Ångström & Søn GmbH", "rechnung@angstrom.example", "cus_angst"),
        account("Big Bay Diving", "pay@diving.example", "cus_diving"),
        account("Bay Boats", "boats@bay.example", "cus_boats"),
        account("Tablecloth Ltd", "cloth@table.example", "cus_cloth"),
    ),
    results.Progress(store.ACCOUNT_LIST),
)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("angstrom", "Ångström & Søn GmbH"),
        ("ÅNGSTRÖM", "Ångström & Søn GmbH"),
        ("gmbh angs", "Ångström & Søn GmbH"),
        ("pay@diving.example", "Big Bay Diving"),
        ("PAY@Diving", "Big Bay Diving"),
        ("cus_diving", "Big Bay Diving"),
        ("cus_cl", "Tablecloth Ltd"),
        ("bay", "Bay Boats"),
        ("cloth", "Tablecloth Ltd"),
        ("ws_1", "Table Bay Networks"),
        ("  Big   Bay ", "Big Bay Diving"),
    ],
)
def test_search_finds(text: str, first: str) -> None:
    matches = search_index.search(INDEX, text, 5)

    assert matches.best[0].name == first
    assert matches.count >= 1


@pytest.mark.parametrize("text", ["", "  ", "nobody", "bay nobody", "cus_zzz", "%", "\x00", "'"])
def test_search_finds_nothing(text: str) -> None:
    assert search_index.search(INDEX, text, 5) == Matches()


def test_words_that_begin_with_the_query_rank_first() -> None:
    matches = search_index.search(INDEX, "table", 9)

    assert [entry.name for entry in matches.best[:2]] == ["Table Bay Networks", "Tablecloth Ltd"]
    assert (matches.account_count, matches.workspace_count) == (4, 1)


def test_count_includes_matches_beyond_the_limit() -> None:
    matches = search_index.search(INDEX, "example", 2)

    assert (len(matches.best), matches.count) == (2, 4)


@pytest.mark.parametrize(
    "text", ["+49 30 23125-000", "004930 23125000", "030 / 23125000", "23125000", "2312500"]
)
def test_phone_number_is_found_as_people_type_it(text: str) -> None:
    phone = Entry("account", "cus_1", "ACME", "ws_1", "Workspace", phone="+493023125000")

    assert search_index.search(SearchIndex((phone,), INDEX.progress), text).best == (phone,)


@pytest.mark.parametrize("text", ["12500", "0042", "+49 89 23125000", "acme 23125000 x"])
def test_other_numbers_find_no_phone_number(text: str) -> None:
    phone = Entry("account", "cus_1", "ACME", "ws_1", "Workspace", phone="+493023125000")

    assert search_index.search(SearchIndex((phone,), INDEX.progress), text).best == ()


@pytest.fixture
def alice(db: None, altostrat_url: str, settings: Settings) -> Actor:
    """Return alice, whose token can access everything; the list of accounts has been read."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = PLENTY
    actor = actor_called("alice")
    saved(actor)
    finish(actor)
    return actor


@pytest.mark.django_db
def test_index_is_cached_until_the_scan_finds_more(altostrat_url: str, settings: Settings) -> None:
    actor = actor_called("alice")
    saved(actor)
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 4  # three of them for the scan
    run.advance(actor, store.ACCOUNT_LIST)
    first = search_index.load(actor).entries
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = PLENTY
    finish(actor)
    second, third = search_index.load(actor).entries, search_index.load(actor).entries

    assert len(second) > len(first)
    assert all(one is other for one, other in zip(second, third, strict=True))


def test_cached_index_belongs_to_its_scan(alice: Actor) -> None:
    finish(alice)
    carol = actor_called("carol")
    saved(carol, SUPPORT)
    finish(carol)
    mine, hers = ({entry.id for entry in search_index.load(one).entries} for one in (alice, carol))
    store.discard(alice, store.ACCOUNT_LIST)

    assert ACCOUNT in mine
    assert ACCOUNT not in hers
    assert search_index.load(alice).entries == ()


def test_cached_index_expires(alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_cache, "KEEP_SECONDS", 0.01)
    finish(alice)
    first = search_index.load(alice).entries
    ends_at = time.monotonic() + 20
    while search_index.load(alice).entries[0] is first[0] and time.monotonic() < ends_at:
        time.sleep(0.05)

    assert search_index.load(alice).entries[0] is not first[0]
