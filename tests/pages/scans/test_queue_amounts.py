"""The amounts, dates and notes of work queues: columns, totals, order and files, and the tiles of the home page."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from django.test import Client

from billing.models import Scan, User
from billing.roles import Permission
from billing.services.actor import Actor, Door
from billing.services.billing_accounts import notes
from tests.html import attributes, one, select, text, texts
from tests.pages.scans.steps import read, rows_of
from tests.plugins.processes import Sandbox

WORKSPACE, ACCOUNT = "ws_supportdesk0002", "cus_gmd3htvd7p28fhm1"
HTMX = {"HX-Request": "true"}


def owe(sandbox: Sandbox, *amounts: tuple[str, int]) -> None:
    """Replace the invoices of an account with open ones that were due on February 1, 2020."""
    rows = [
        {
            "id": f"in_{number}",
            "status": "open",
            "currency": currency,
            "amount_due": amount,
            "created_at": "2020-01-01T00:00:00Z",
            "due_date": "2020-02-01T00:00:00Z",
        }
        for number, (currency, amount) in enumerate(amounts)
    ]
    sandbox.put("invoices", ACCOUNT, *rows)


def test_totals_equal_the_rows_of_page_and_file(carol_scanned: Client) -> None:
    page, rows = carol_scanned.get("/queues/"), rows_of(carol_scanned, "/queues/?format=csv")
    owed = [Decimal(value) for value in attributes(page, "td[data-label=Owed] data", "value")]
    (total,) = attributes(page, ".card-header .figures data", "value")

    assert sum(owed) == sum(Decimal(row["Owed"] or 0) for row in rows) == Decimal(total) > 0
    assert {row["Currency owed"] for row in rows if row["Owed"]} == {"USD"}
    tile = one(carol_scanned.get("/queues/counts/", headers=HTMX), '.queue-counts a[href="/queues/all/"]')
    assert attributes(tile, ".queue-owed data", "value") == [total]


def test_amounts_of_several_currencies_stay_apart(carol_unlimited: Client, fresh_sandbox: Sandbox) -> None:
    owe(fresh_sandbox, ("jpy", 1234), ("kwd", 1234), ("usd", 1234), ("usd", 1))
    read(carol_unlimited)
    (row,) = rows_of(carol_unlimited, "/queues/past-due/?format=csv&q=id:" + ACCOUNT)
    page = carol_unlimited.get("/queues/past-due/?q=id:" + ACCOUNT)

    assert (row["Owed"], row["Currency owed"]) == ("12.35", "USD")
    assert (row["Also owed in JPY"], row["Also owed in KWD"]) == ("1234", "1.234")
    assert "Also owed in USD" not in row
    assert row["Oldest due date (UTC)"] == "2020-02-01"
    assert int(row["Days late"]) > 2000
    assert attributes(page, ".card-header .figures data", "value") == ["1234", "1.234", "12.35"]
    assert row["Next bill (UTC)"]


def test_totals_of_each_currency_equal_the_numbers_of_the_file(
    carol_unlimited: Client, fresh_sandbox: Sandbox
) -> None:
    owe(fresh_sandbox, ("jpy", 1234), ("kwd", 1234), ("usd", 1234), ("qqq", 5))
    read(carol_unlimited)
    sums: dict[str, Decimal] = {}
    for row in rows_of(carol_unlimited, "/queues/?format=csv"):
        cells = {"Owed": row["Currency owed"]} | {
            name: name.removeprefix("Also owed in ") for name in row if name.startswith("Also owed in ")
        }
        for name, currency in cells.items():
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(row[name] or 0)
    totals = attributes(carol_unlimited.get("/queues/"), ".card-header .figures data", "value")

    assert [str(amount) for _, amount in sorted(sums.items()) if amount] == totals
    assert {code: str(sums[code]) for code in ("JPY", "KWD", "QQQ minor units")} == {
        "JPY": "1234",
        "KWD": "1.234",
        "QQQ minor units": "5",
    }


def test_tile_counts_further_currencies_instead_of_hiding_a_single_one(
    carol_unlimited: Client, fresh_sandbox: Sandbox
) -> None:
    codes = ("chf", "eur", "gbp", "jpy", "kwd", "usd", "zar", "aud")
    shown = []
    for count in (7, 8):
        owe(fresh_sandbox, *((code, 100) for code in codes[:count]))
        Scan.objects.all().delete()
        read(carol_unlimited)
        counts = carol_unlimited.get("/queues/counts/", headers=HTMX)
        tile = one(counts, '.queue-counts a[href="/queues/past-due/"]')
        shown.append((len(select(tile, ".queue-owed data")), "and 2 more currencies" in text(tile)))

    assert shown == [(7, False), (6, True)]


def test_late_accounts_are_sorted_by_days_and_amounts(carol_scanned: Client) -> None:
    rows = rows_of(carol_scanned, "/queues/?format=csv&sort=-days")
    days = [int(row["Days late"]) for row in rows if row["Days late"]]

    assert days == sorted(days, reverse=True)
    assert days
    assert not rows[-1]["Days late"]
    amounts = [row["Owed"] for row in rows_of(carol_scanned, "/queues/?format=csv&sort=-owed")]
    assert amounts == sorted(amounts, key=lambda amount: Decimal(amount or -1), reverse=True)


def test_last_note_is_shown_and_sorted(carol_scanned: Client) -> None:
    actor = Actor(User.objects.get(username="carol"), Door.PAGE, frozenset(Permission))
    for words in ("Called on Monday", "Promised to pay"):
        notes.add(actor, note_id=uuid4(), workspace_id=WORKSPACE, billing_account_id=ACCOUNT, text=words)
    page = carol_scanned.get("/queues/?sort=-noted_at")

    assert texts(page, "td[data-label='Last note'] .row-note") == ["Promised to pay"]
    assert ACCOUNT in attributes(page, "td.row-main > a", "href")[0]
    (row,) = rows_of(carol_scanned, "/queues/?format=csv&q=id:" + ACCOUNT)
    assert row["Last note text"] == "Promised to pay"
