"""The search in the directory, and looking into accounts for what only they know."""

from __future__ import annotations

import time

import pytest
from pytest_django import Settings

from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import LIST_SUBSCRIPTIONS
from billing.services.actor import Actor
from billing.services.reads import Read, read_live
from billing.services.scans import deep_search, directory, opened_directory, store
from billing.services.scans import results as found
from billing.services.scans import run as walk
from billing.services.scans.directory import Directory, Entry
from tests.plugins.processes import Sandbox
from tests.services.cast import actor_called
from tests.services.scans.test_scan import PLENTY, saved, walked
from tests.tokens import SUPPORT

WORKSPACE, ACCOUNT = "ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8"


def account(name: str, email: str = "", account_id: str = "cus_1") -> Entry:
    return Entry("account", account_id, name, "ws_1", "Table Bay Networks", email=email)


ENTRIES = Directory(
    (
        Entry("workspace", "ws_1", "Table Bay Networks", "ws_1", "Table Bay Networks"),
        account("Ångström & Søn GmbH", "rechnung@angstrom.example", "cus_angst"),
        account("Big Bay Diving", "pay@diving.example", "cus_diving"),
        account("Bay Boats", "boats@bay.example", "cus_boats"),
        account("Tablecloth Ltd", "cloth@table.example", "cus_cloth"),
    ),
    found.Progress(store.DIRECTORY),
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
def test_it_finds(text: str, first: str) -> None:
    entries, count = directory.search(ENTRIES, text, 5)

    assert entries[0].name == first
    assert count >= 1


@pytest.mark.parametrize("text", ["", "  ", "nobody", "bay nobody", "cus_zzz", "%", "\x00", "'"])
def test_it_finds_nothing(text: str) -> None:
    assert directory.search(ENTRIES, text, 5) == ([], 0)


def test_what_begins_with_a_word_comes_before_what_holds_it() -> None:
    entries, count = directory.search(ENTRIES, "table", 9)

    assert [entry.name for entry in entries[:2]] == ["Table Bay Networks", "Tablecloth Ltd"]
    assert count == 5


def test_it_tells_how_many_there_are_beyond_those_it_gives() -> None:
    assert directory.search(ENTRIES, "example", 2)[1] == 4


@pytest.mark.parametrize("text", ["sub_1", "in_abc", "pm_x", "5C1A7F20-0042", "0042", " in_1 "])
def test_it_knows_what_may_be_inside_an_account(text: str) -> None:
    assert directory.may_be_inside(text)


@pytest.mark.parametrize("text", ["acme", "cus_1", "ws_1", "a b 1", "sub_ä", "someone@example.com", ""])
def test_it_does_not_look_into_accounts_for_anything(text: str) -> None:
    assert not directory.may_be_inside(text)


@pytest.fixture
def alice(db: None, altostrat_url: str, settings: Settings) -> Actor:
    """Somebody whose token sees everything, with a directory."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = PLENTY
    actor = actor_called("alice")
    saved(actor)
    walked(actor)
    return actor


def sought(actor: Actor, what: str) -> str:
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
def test_it_looks_into_the_accounts(what: str, alice: Actor, sandbox: Sandbox) -> None:
    text = sought(alice, what)
    sandbox.clear()
    deep_search.begin(alice, text)
    walked(alice, store.LOOK)
    look = deep_search.under_way(alice, text)

    assert look is not None
    assert [(hit.kind, hit.account.id) for hit in look.hits] == [
        ("invoice" if what == "number" else what, ACCOUNT)
    ]
    # It stops at the hit, which is in one of the first accounts.
    assert len(sandbox.requests()) < directory.known(alice).accounts


def test_it_looks_everywhere_for_what_is_nowhere(alice: Actor) -> None:
    deep_search.begin(alice, "sub_nowhere")
    progress = walked(alice, store.LOOK)
    look = deep_search.under_way(alice, "sub_nowhere")

    assert look is not None
    assert look.hits == ()
    assert progress.done == directory.known(alice).accounts


def test_a_look_for_something_else_is_another_one(alice: Actor) -> None:
    deep_search.begin(alice, "sub_nowhere")

    assert deep_search.under_way(alice, "sub_elsewhere") is None
    assert walk.advance(alice, store.LOOK, seconds=0).sought == "sub_nowhere"


@pytest.mark.django_db
def test_it_is_opened_once_for_all_letters_and_anew_for_what_is_found_since(
    altostrat_url: str, settings: Settings
) -> None:
    actor = actor_called("alice")
    saved(actor)
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 4  # three for the walk
    walk.advance(actor, store.DIRECTORY)
    first = directory.known(actor).entries
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = PLENTY
    walked(actor)
    second, third = directory.known(actor).entries, directory.known(actor).entries

    assert len(second) > len(first)
    assert all(one is other for one, other in zip(second, third, strict=True))


def test_what_was_opened_is_for_nobody_else_and_gone_with_the_walk(alice: Actor) -> None:
    walked(alice)
    carol = actor_called("carol")
    saved(carol, SUPPORT)
    walked(carol)
    mine, hers = ({entry.id for entry in directory.known(one).entries} for one in (alice, carol))
    store.discard(alice, store.DIRECTORY)

    assert ACCOUNT in mine
    assert ACCOUNT not in hers
    assert directory.known(alice).entries == ()


def test_what_was_opened_does_not_stay_in_the_process(alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened_directory, "KEEP_SECONDS", 0.01)
    walked(alice)
    first = directory.known(alice).entries
    ends_at = time.monotonic() + 20
    while directory.known(alice).entries[0] is first[0] and time.monotonic() < ends_at:
        time.sleep(0.05)

    assert directory.known(alice).entries[0] is not first[0]
