"""The search for workspaces and accounts, and the search inside accounts."""

from __future__ import annotations

import time

import pytest
from pytest_django import Settings

from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import LIST_SUBSCRIPTIONS
from billing.services.actor import Actor
from billing.services.reads import Read, read_live
from billing.services.scans import deep_search, index_cache, results, run, search_index, step, store
from billing.services.scans.search_index import Entry, Matches, SearchIndex
from tests.plugins.processes import Sandbox
from tests.services.cast import actor_called
from tests.services.scans.test_scan import PLENTY, finish, saved
from tests.tokens import SUPPORT

WORKSPACE, ACCOUNT = "ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8"


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


@pytest.mark.parametrize("text", ["sub_1", "in_abc", "pm_x", "5C1A7F20-0042", "0042", " in_1 "])
def test_query_may_be_an_id_inside_an_account(text: str) -> None:
    assert search_index.is_deep_query(text)


@pytest.mark.parametrize("text", ["acme", "cus_1", "ws_1", "a b 1", "sub_ä", "someone@example.com", ""])
def test_query_is_no_id_inside_an_account(text: str) -> None:
    assert not search_index.is_deep_query(text)


@pytest.fixture
def alice(db: None, altostrat_url: str, settings: Settings) -> Actor:
    """Return alice, whose token can access everything; the list of accounts has been read."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = PLENTY
    actor = actor_called("alice")
    saved(actor)
    finish(actor)
    return actor


def id_of(actor: Actor, what: str) -> str:
    path = {"workspace_id": WORKSPACE, "billing_account_id": ACCOUNT}
    if what == "subscription":
        subscriptions = read_live(actor, WORKSPACE, Read(LIST_SUBSCRIPTIONS, path))
        return subscriptions.value.items[0].id or ""
    if what == "payment_method":
        methods = read_live(actor, WORKSPACE, Read(LIST_PAYMENT_METHODS, path))
        return methods.value.items[0].id or ""
    invoices = read_live(actor, WORKSPACE, Read(LIST_INVOICES, path))
    invoice = next(one for one in invoices.value.items if one.number)
    return (invoice.id if what == "invoice" else invoice.number) or ""


@pytest.mark.parametrize("what", ["subscription", "invoice", "payment_method", "number"])
def test_deep_search_finds_an_object_inside_an_account(
    what: str, alice: Actor, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "_MAX_CONCURRENT", 1)  # one account after the other
    text = id_of(alice, what)
    sandbox.clear()
    deep_search.start(alice, text)
    finish(alice, store.DEEP_SEARCH)
    search = deep_search.current(alice, text)

    assert search is not None
    assert [(hit.kind, hit.account.id) for hit in search.hits] == [
        ("invoice" if what == "number" else what, ACCOUNT)
    ]
    # It stops at the hit, which is in one of the first accounts.
    assert len(sandbox.requests()) < search_index.load(alice).account_count


@pytest.mark.parametrize("what", ["subscription", "invoice", "payment_method", "number"])
def test_deep_search_accepts_what_is_pasted(what: str, alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "_MAX_CONCURRENT", 1)
    found = id_of(alice, what)
    text = f"\u2068 {found[:4]}\u200b{found[4:]}\u00a0\u2069".replace("-", "\u2011")
    text = text.swapcase() if what == "number" else text
    deep_search.start(alice, text)
    finish(alice, store.DEEP_SEARCH)
    search = deep_search.current(alice, found.swapcase() if what == "number" else found)

    assert search_index.is_deep_query(text)
    assert search is not None
    assert [hit.account.id for hit in search.hits] == [ACCOUNT]


def test_deep_search_without_a_hit_covers_every_account(alice: Actor) -> None:
    deep_search.start(alice, "sub_nowhere")
    progress = finish(alice, store.DEEP_SEARCH)
    search = deep_search.current(alice, "sub_nowhere")

    assert search is not None
    assert search.hits == ()
    assert progress.done == search_index.load(alice).account_count


def test_deep_search_belongs_to_its_query(alice: Actor) -> None:
    deep_search.start(alice, "sub_nowhere")

    assert deep_search.current(alice, "sub_elsewhere") is None
    assert run.advance(alice, store.DEEP_SEARCH, seconds=0).query == "sub_nowhere"


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
