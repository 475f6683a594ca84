"""The page of a billing account: its headline, its panels, and what becomes of one that fails."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from billing.models import AuditEntry, KeptCopy, User
from billing.services import audit
from billing.services.actor import Actor, Door
from billing.services.tokens import upstream
from tests.pages.addresses import ACCOUNT, ACCOUNTS, DOCUMENTED, WORKSPACE, failing, panel
from tests.plugins.processes import Sandbox

PANELS = ["subscriptions", "invoices", "spend", "payment-methods", "seats", "details", "notes", "timeline"]
LATE = "/workspaces/ws_supportdesk0002/billing-accounts/cus_gmd3htvd7p28fhm1/"
PAST_DUE = f"{ACCOUNTS}cus_tiieclw5118uht1p/"
HTMX = {"HX-Request": "true"}


def words(page: str) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def ticket_in(page: str) -> str:
    """What the button copies."""
    found = re.search(r'data-copy="(\*\*Billing account.*?)"', page, re.S)
    assert found is not None
    return found[1]


def inside(page: str, key: str) -> str:
    """One panel of the page."""
    found = re.search(rf'<section class="card" id="{key}".*?</section>', page, re.S)
    assert found is not None
    return found[0]


@pytest.fixture
def faults(sandbox: Sandbox) -> Iterator[None]:
    """What the test does to the sandbox is over after it."""
    yield
    sandbox.no_faults()


def test_the_first_line_says_how_it_stands_and_what_comes_next(alice: Client) -> None:
    standing = words(alice.get(DOCUMENTED).text)
    # On a slow machine the page does not wait for it: it comes by itself.
    bill = words(alice.get(panel(DOCUMENTED, "headline"), headers=HTMX).text)

    assert "Paying: 1 active subscription, nothing overdue." in standing
    assert re.search(r"Next bill: \$\d+\.\d\d USD on \d+ \w+ \d{4}, in \d+ days\.", bill)


def test_the_worst_news_comes_first_with_a_way_on(alice: Client) -> None:
    page = alice.get(PAST_DUE).text
    lines = re.findall(r'<li class="standing-line standing-(\w+)">(.*?)</li>', page, re.S)

    assert [tone for tone, _ in lines][:2] == ["bad", "bad"]
    assert "Past due since" in lines[0][1]
    assert f'href="{PAST_DUE}ageing/"' in lines[0][1]


@pytest.mark.parametrize("key", PANELS)
def test_every_panel_is_there_and_alone_as_well(key: str, alice: Client) -> None:
    whole, alone, part = (
        alice.get(DOCUMENTED),
        alice.get(panel(DOCUMENTED, key)),
        alice.get(panel(DOCUMENTED, key), headers=HTMX),
    )

    assert inside(whole.text, key)
    assert inside(alone.text, key)
    assert "<html" not in part.text
    assert 'class="panel panel-live"' in part.text


@pytest.mark.parametrize(
    "key", ["subscriptions", "invoices", "spend", "payment-methods", "seats", "details", "timeline"]
)
def test_every_panel_says_how_old_it_is_and_which_request_it_was(key: str, alice: Client) -> None:
    part = words(alice.get(panel(DOCUMENTED, key), headers=HTMX).text)

    assert "Live, as of" in part
    assert "req_" in part


def test_the_panels_show_what_there_is(alice: Client) -> None:
    page = alice.get(DOCUMENTED).text

    assert "Locations 10 $15.00 USD month" in words(inside(page, "subscriptions"))
    assert "•••• 4242 Default" in words(inside(page, "payment-methods"))
    assert "Paid" in words(inside(page, "invoices"))


def test_the_spend_is_drawn_with_its_numbers_folded_below(alice: Client) -> None:
    spend = inside(alice.get(DOCUMENTED).text, "spend")

    assert spend.count('role="img"') == 3  # for a phone, a panel and a page
    assert '<details class="spend-table">' in spend
    assert f'href="{DOCUMENTED}spend/"' in spend


def test_what_is_owed_is_told_by_its_age_where_anything_is(alice: Client) -> None:
    owed = words(inside(alice.get(LATE).text, "ageing"))

    assert "1 to 30 days late $435.00 USD 1 invoice" in owed
    assert "Together $1,503.00 USD 4 invoices" in owed
    assert 'id="ageing"' not in alice.get(DOCUMENTED).text


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("subscriptions", "/subscriptions$"),
        ("invoices", "/invoices"),
        ("payment-methods", "/payment-methods"),
        ("seats", "/organizations$"),
    ],
    ids=["subscriptions", "invoices", "payment methods", "organizations"],
)
def test_one_that_fails_breaks_only_itself(
    key: str, path: str, alice: Client, sandbox: Sandbox, faults: None
) -> None:
    sandbox.fault("status:500", path, times=None)
    answer = alice.get(DOCUMENTED)
    broken = inside(answer.text, key)

    assert answer.status_code == 200
    assert "Altostrat had an error" in broken
    assert f'hx-get="{panel(DOCUMENTED, key)}"' in broken
    assert "502 altostrat_bad_answer" in words(broken)
    assert "ACME Corp Billing" in inside(answer.text, "details")


def test_an_invoice_folds_out_with_what_is_in_it(alice: Client) -> None:
    invoices = inside(alice.get(DOCUMENTED).text, "invoices")
    first = re.search(r'<tr class="row-inside">.*?</tr>', invoices, re.S)
    assert first is not None
    text = words(first[0])

    assert re.search(r"10 . \$15\.00 USD", text)
    for word in (
        "Subtotal $",
        "Discount",
        "Tax",
        "Total $",
        "Amount due $",
        "Amount paid $",
    ):
        assert word in text
    links = re.findall(
        r'<a href="(https://[^"]*)" rel="noreferrer noopener external" target="_blank">', first[0]
    )
    assert len(links) == 2
    assert "Whoever has such a link can open it, without signing in." in text


def test_notes_are_there_while_altostrat_is_not_for_whoever_was_seen_to_see_the_account(
    alice: Client, sandbox: Sandbox, faults: None, settings: Settings
) -> None:
    settings.KEEP_COPY_HOURS = 0
    sandbox.fault("status:503", f"/{ACCOUNT}$", times=None)
    notes = inside(alice.get(DOCUMENTED).text, "notes")
    alone = alice.get(panel(DOCUMENTED, "notes"), headers=HTMX)
    form = alice.get(f"{DOCUMENTED}notes/")
    sandbox.fault("status:503", "", times=None)
    nothing_at_all = alice.get(panel(DOCUMENTED, "notes"), headers=HTMX)

    assert "No notes" in notes
    assert "No notes" in alone.text
    assert form.status_code == 200
    assert nothing_at_all.status_code == 503


def test_notes_are_not_for_whom_altostrat_turns_away(alice: Client, sandbox: Sandbox, faults: None) -> None:
    sandbox.fault("status:403", f"/{ACCOUNT}$", times=None)

    assert alice.get(panel(DOCUMENTED, "notes"), headers=HTMX).status_code == 403
    assert alice.get(panel(DOCUMENTED, "timeline"), headers=HTMX).status_code == 403


def test_the_timeline_names_what_is_not_in_it(
    alice: Client, sandbox: Sandbox, faults: None, settings: Settings
) -> None:
    settings.KEEP_COPY_HOURS = 0
    alice.get(DOCUMENTED)
    sandbox.fault("status:503", "/invoices", times=None)
    for page in (
        inside(alice.get(DOCUMENTED).text, "timeline"),
        alice.get(panel(DOCUMENTED, "timeline"), headers=HTMX).text,
    ):
        text = words(page)
        assert "Without the invoices, which could not be read: Altostrat is unavailable. Try again" in text
        assert "Billing account created" in text
        assert "Subscription created" in text


def test_forbidden_failed_and_empty_look_different(alice: Client, sandbox: Sandbox, faults: None) -> None:
    empty = inside(alice.get(failing("sparse")).text, "invoices")
    sandbox.fault("status:403", "/invoices", times=None)
    forbidden = inside(alice.get(failing("sparse")).text, "invoices")
    sandbox.fault("status:500", "/subscriptions", times=None)
    failed = inside(alice.get(failing("nulls")).text, "subscriptions")

    assert "No invoice yet" in empty
    assert "Your token does not have access" in forbidden
    assert "Altostrat had an error" in failed


def test_it_claims_nothing_that_it_could_not_read(alice: Client, sandbox: Sandbox, faults: None) -> None:
    sandbox.fault("status:500", "/invoices", times=None)
    standing = words(alice.get(DOCUMENTED).text)

    assert "Can't determine whether anything is overdue: Altostrat had an error." in standing
    assert "Paying" not in standing


def test_a_copy_is_shown_with_its_age_and_looks_different(
    alice: Client, sandbox: Sandbox, faults: None
) -> None:
    alice.get(DOCUMENTED)
    sandbox.fault("status:503", "", times=None)
    answer = alice.get(DOCUMENTED)
    kept = inside(answer.text, "subscriptions")

    assert answer.status_code == 200
    assert "Altostrat is unavailable. This is a copy of less than a minute ago" in words(kept)
    assert "panel-kept" in kept
    assert "Told from a copy" in words(answer.text)
    assert "ACME Corp Billing" in answer.text


@pytest.mark.parametrize("how", ["status:503", "delay:4"])
def test_what_is_told_from_a_copy_says_so_in_the_headline_and_the_ticket(
    how: str, alice: Client, sandbox: Sandbox, faults: None, settings: Settings
) -> None:
    settings.ALTOSTRAT_READ_TIMEOUT = settings.ALTOSTRAT_DEADLINE = 10
    upstream.transport.cache_clear()
    alice.get(DOCUMENTED)
    KeptCopy.objects.update(received_at=timezone.now() - timedelta(hours=3))
    sandbox.fault(how, "/invoices", times=None)
    page = alice.get(DOCUMENTED).text
    ticket = ticket_in(page)
    then = f"{timezone.now() - timedelta(hours=3):%Y-%m-%d %H:}"

    assert "Told from a copy of 3 hours ago, " in words(page)
    assert f"copy of {then}" in ticket
    assert f"As of {then}" in ticket


def test_a_copy_is_not_shown_to_somebody_else(
    alice: Client, carol: Client, sandbox: Sandbox, faults: None
) -> None:
    alice.get(DOCUMENTED)
    sandbox.fault("status:503", "", times=None)
    answer = carol.get(DOCUMENTED)

    assert answer.status_code == 503
    assert "ACME" not in answer.text


def test_a_late_panel_loads_itself_and_has_a_link(
    alice: Client, sandbox: Sandbox, faults: None, settings: Settings
) -> None:
    settings.ALTOSTRAT_READ_TIMEOUT = settings.ALTOSTRAT_DEADLINE = 10
    upstream.transport.cache_clear()
    sandbox.fault("delay:3", "/invoices", times=None)
    answer = alice.get(DOCUMENTED)
    late = inside(answer.text, "invoices")

    assert answer.status_code == 200
    assert re.search(rf'hx-get="{panel(DOCUMENTED, "invoices")}" hx-trigger="load"', late)
    assert "Still loading" in late
    assert f'href="{panel(DOCUMENTED, "headline")}"' in answer.text
    assert "Paid" in alice.get(panel(DOCUMENTED, "invoices"), headers=HTMX).text


def test_the_headline_is_there_by_itself(alice: Client) -> None:
    assert "Next bill" in alice.get(panel(DOCUMENTED, "headline")).text
    assert "Next bill" in alice.get(panel(DOCUMENTED, "headline"), headers=HTMX).text


def test_the_headline_is_told_anew_from_what_was_just_read(alice: Client, sandbox: Sandbox) -> None:
    alice.get(panel(DOCUMENTED, "headline"))
    sandbox.clear()
    again = alice.get(panel(DOCUMENTED, "headline"), headers=HTMX).text

    assert "Paying" in again
    assert "Told from a copy" not in again
    assert '<div class="take" id="ticket" hx-swap-oob="true">' in again
    assert sandbox.requests() == []


def test_what_cannot_be_told_can_be_asked_again(alice: Client, sandbox: Sandbox, faults: None) -> None:
    sandbox.fault("status:500", "/subscriptions$", times=None)
    lines = re.findall(r"standing-warning.*?</li>", alice.get(DOCUMENTED).text, re.S)

    assert len(lines) == 2
    assert all("Can't determine" in words(line) and "Try again" in line for line in lines)
    assert all(f'hx-get="{panel(DOCUMENTED, "headline")}"' in line for line in lines)


def test_an_unknown_panel_is_no_page(alice: Client) -> None:
    assert alice.get(panel(DOCUMENTED, "weather")).status_code == 404


def test_opening_it_is_written_down_and_shown(alice: Client) -> None:
    alice.get(DOCUMENTED)

    assert AuditEntry.objects.filter(verb="billing_account.read", outcome="succeeded").count() == 1
    assert "Opened lately by alice" in words(alice.get(DOCUMENTED).text)


def test_a_refused_token_refuses_the_page_and_its_copies(
    alice: Client, sandbox: Sandbox, faults: None
) -> None:
    alice.get(DOCUMENTED)
    sandbox.fault("status:401", "/payment-methods", times=None)
    answer = alice.get(DOCUMENTED)

    assert answer.status_code == 424
    assert "Renew" in answer.text
    assert not KeptCopy.objects.exists()


def test_the_ticket_holds_nothing_personal(alice: Client) -> None:
    ticket = ticket_in(alice.get(DOCUMENTED).text)

    for personal in ("ACME", "acme.com", "555", "Main Street", "Jane Doe", "operations"):
        assert personal not in ticket
    assert "http://testserver" + DOCUMENTED in ticket
    assert "Paying: 1 active subscription" in ticket
    assert "Visa 4242" in ticket


def test_the_ticket_leaves_out_what_a_payment_method_has_not(alice: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.add_payment_method(WORKSPACE, ACCOUNT, type="ideal", brand=None, last4=None)
    ticket = ticket_in(alice.get(DOCUMENTED).text)

    assert re.search(r"^- iDEAL(, |$)", ticket, re.M)
    assert "iDEAL not provided" not in ticket


def test_the_calls_are_those_of_our_api(alice: Client) -> None:
    page = alice.get(DOCUMENTED).text

    for path in ("", "/subscriptions", "/invoices?limit=100", "/payment-methods"):
        assert f"http://testserver/api/v1{DOCUMENTED.rstrip('/')}{path}&#x27;" in page
    assert "Bearer $PORTAL_KEY" in page


def test_the_timeline_is_short_in_words_and_leads_to_no_change_of_another(alice: Client) -> None:
    eve = Actor(User.objects.create_user("eve"), Door.PAGE, frozenset())
    change_id = "5b1d2c3a-0000-4000-8000-000000000002"
    for _ in range(9):
        audit.record(
            eve,
            "billing_account.update",
            audit.Outcome.REFUSED,
            subject=change_id,
            workspace_id=WORKSPACE,
            billing_account_id=ACCOUNT,
        )

    timeline = inside(alice.get(DOCUMENTED).text, "timeline")

    assert timeline.count("Edit the billing account <span") == 8
    assert "Refused" in timeline
    assert f"/changes/{change_id}/" not in timeline
    assert re.search(r"\d+ older: see all invoices and everything done here", words(timeline))
