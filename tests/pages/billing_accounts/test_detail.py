"""The page of a billing account: its status, its panels, and what happens if one of them fails."""

from __future__ import annotations

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
from tests.html import Node, Source, attributes, one, select, text, texts
from tests.pages.addresses import ACCOUNT, ACCOUNTS, DOCUMENTED, WORKSPACE, failing, panel
from tests.plugins.processes import Sandbox
from tests.plugins.reads import wait_for_reads

PANELS = ["subscriptions", "invoices", "spend", "payment-methods", "seats", "details", "notes", "timeline"]
LATE = "/workspaces/ws_supportdesk0002/billing-accounts/cus_gmd3htvd7p28fhm1/"
PAST_DUE = f"{ACCOUNTS}cus_tiieclw5118uht1p/"
HTMX = {"HX-Request": "true"}
HEADLINE = panel(DOCUMENTED, "headline")
SHARE = panel(DOCUMENTED, "share")
READ_AT = re.compile(r"Read at .*\d\d:\d\d:\d\d.*\(copy\)")


def ticket_in(page: Source) -> str:
    """Return what the button copies."""
    assert select(page, "#ticket [data-copy]")
    return one(page, "#ticket pre").text()


def panel_in(page: Source, key: str) -> Node:
    return one(page, f"section.card#{key}")


def status_in(page: Source) -> str:
    return text(one(page, "#account-status"))


def load(client: Client, path: str) -> Source:
    """Load the page and what it has not read yet, as browsers do on a slow machine. Return the page."""
    page = client.get(path)
    client.get(HEADLINE, headers=HTMX)
    wait_for_reads()
    return page


@pytest.fixture
def faults(sandbox: Sandbox) -> Iterator[None]:
    """Yield the sandbox, and remove its faults after the test."""
    yield
    sandbox.no_faults()


def test_newest_invoices_name_their_currency_once_and_open_ones_have_a_payment_link(alice: Client) -> None:
    invoices = panel_in(alice.get(LATE), "invoices")

    assert text(invoices).count("USD") == 1
    assert len(attributes(invoices, "tbody data.money", "value")) == 3 * 5
    assert len(select(invoices, ".row-act [data-copy]")) == 4  # the fifth is paid


def test_what_remains_leads_to_a_reminder(alice: Client) -> None:
    links = "#account-status .summary a[href$='reminder/']"

    assert attributes(alice.get(LATE), links, "href") == [f"{LATE}reminder/"]
    assert select(alice.get(DOCUMENTED), links) == []


def test_account_status_and_next_bill(alice: Client) -> None:
    status = status_in(alice.get(DOCUMENTED))
    # On a slow machine the page loads the next bill later.
    bill = text(alice.get(HEADLINE, headers=HTMX))

    assert "Paying: 1 active subscription, nothing overdue." in status
    assert re.search(r"Next bill: \$\d+\.\d\d USD on \d+ \w+ \d{4}, in \d+ days\.", bill)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_responses_without_a_length_are_shown(alice: Client, fresh_sandbox: Sandbox, version: str) -> None:
    fresh_sandbox.fault(f"until_close:{version}", method="GET", times=None)

    assert "Paying: 1 active subscription, nothing overdue." in status_in(alice.get(DOCUMENTED))


def test_most_severe_status_is_first_and_has_an_action(alice: Client) -> None:
    lines = select(alice.get(PAST_DUE), "#account-status li")

    assert ["status-bad" in str(line.attributes["class"]) for line in lines][:2] == [True, True]
    assert "Past due since" in text(lines[0])
    assert attributes(lines[0], "a", "href") == [f"{PAST_DUE}aging/"]


@pytest.mark.parametrize("key", PANELS)
def test_each_panel_is_on_the_page_and_has_its_own(key: str, alice: Client) -> None:
    own_page, content = alice.get(panel(DOCUMENTED, key)), alice.get(panel(DOCUMENTED, key), headers=HTMX)

    assert panel_in(alice.get(DOCUMENTED), key)
    assert panel_in(own_page, key)
    assert "<html" not in content.text
    assert one(content, ".panel-live")


@pytest.mark.parametrize(
    "key", ["subscriptions", "invoices", "spend", "payment-methods", "seats", "details", "timeline"]
)
def test_each_panel_shows_its_age_and_request_id(key: str, alice: Client) -> None:
    content = text(alice.get(panel(DOCUMENTED, key), headers=HTMX))

    assert "Live, as of" in content
    assert "req_" in content


def test_content_of_panels(alice: Client) -> None:
    page = alice.get(DOCUMENTED)

    assert "Locations 10 $15.00 USD month" in text(panel_in(page, "subscriptions"))
    assert "•••• 4242 Default" in text(panel_in(page, "payment-methods"))
    assert "Paid" in text(panel_in(page, "invoices"))


def test_spend_is_a_chart_and_on_request_a_table(alice: Client) -> None:
    spend = panel_in(alice.get(DOCUMENTED), "spend")
    (link,) = attributes(spend, "a.spend-table", "hx-get")

    assert len(select(spend, '[role="img"]')) == 2  # for a phone and for wider screens
    assert "Earlier months" not in text(spend)
    assert "Total" in texts(alice.get(link, headers=HTMX), "details.spend-table[open] tfoot th")
    assert f"{DOCUMENTED}spend/" in attributes(spend, "a", "href")


def test_open_invoices_are_listed_by_days_overdue_if_there_are_any(alice: Client) -> None:
    owed = text(panel_in(alice.get(LATE), "aging"))

    assert "1 to 30 days late $435.00 USD 1 invoice" in owed
    assert "Total $1,503.00 USD 4 invoices" in owed
    assert select(alice.get(DOCUMENTED), "#aging") == []


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
def test_a_failure_affects_only_its_own_panel(
    key: str, path: str, alice: Client, sandbox: Sandbox, faults: None
) -> None:
    sandbox.fault("status:500", path, times=None)
    answer = alice.get(DOCUMENTED)
    failed = one(panel_in(answer, key), ".panel-failed")

    assert answer.status_code == 200
    assert "Altostrat had an error" in text(failed)
    assert panel(DOCUMENTED, key) in attributes(failed, "a", "hx-get")
    assert "502 altostrat_bad_answer" in text(failed)
    assert "ACME Corp Billing" in text(panel_in(answer, "details"))


def contents_in(page: Source) -> str:
    """Return the URL of the contents of the newest invoice."""
    return attributes(page, "#invoices details", "hx-get")[0]


def test_contents_of_an_invoice_are_loaded_when_it_is_unfolded(alice: Client, sandbox: Sandbox) -> None:
    page = load(alice, DOCUMENTED)
    sandbox.clear()
    invoice = alice.get(contents_in(page), headers=HTMX)
    shown = text(invoice)
    links = select(invoice, 'a[href^="https://"][rel="noreferrer noopener external"][target="_blank"]')

    assert "Subtotal" not in text(panel_in(page, "invoices"))
    assert sandbox.requests() == []  # the page has just read it
    assert re.search(r"10 . \$15\.00 USD", shown)
    for label in ("Subtotal $", "Discount", "Tax", "Total $", "Amount due $", "Amount paid $", "As of "):
        assert label in shown
    assert len(links) == 2
    assert "Anyone with these links can open them without signing in." in shown


def test_invoice_can_be_opened_without_javascript(alice: Client) -> None:
    page = alice.get(DOCUMENTED)
    (link, *_) = attributes(page, "#invoices details a", "href")

    assert alice.get(contents_in(page))["Location"] == link
    assert text(one(alice.get(link), "h1")) in text(panel_in(page, "invoices"))


def test_contents_of_an_unknown_invoice_are_not_found(alice: Client) -> None:
    answer = alice.get(f"{DOCUMENTED}invoices/in_nowhere/contents/", headers=HTMX)

    assert answer.status_code == 404
    assert "This account has no such invoice" in text(answer)


def test_contents_of_an_invoice_need_access_to_the_account(alice: Client, carol: Client) -> None:
    answer = carol.get(contents_in(alice.get(DOCUMENTED)), headers=HTMX)

    assert answer.status_code == 404
    assert "Subtotal" not in text(answer)


def test_contents_of_an_invoice_name_the_copy_that_they_are_based_on(
    alice: Client, sandbox: Sandbox, faults: None
) -> None:
    page = alice.get(DOCUMENTED)
    KeptCopy.objects.update(received_at=timezone.now() - timedelta(hours=1))
    sandbox.fault("status:503", "/invoices", times=None)
    answer = alice.get(contents_in(page), headers=HTMX)

    assert "Based on a copy from 1 hour ago" in text(answer)
    assert "Subtotal" in text(answer)


def test_notes_need_any_other_read_of_the_account_while_altostrat_is_unavailable(
    alice: Client, sandbox: Sandbox, faults: None, settings: Settings
) -> None:
    settings.KEEP_COPY_HOURS = 0
    sandbox.fault("status:503", f"/{ACCOUNT}$", times=None)
    notes = panel_in(alice.get(DOCUMENTED), "notes")
    content = alice.get(panel(DOCUMENTED, "notes"), headers=HTMX)
    form = alice.get(f"{DOCUMENTED}notes/")
    sandbox.fault("status:503", "", times=None)
    nothing = alice.get(panel(DOCUMENTED, "notes"), headers=HTMX)

    assert "No notes" in text(notes)
    assert "No notes" in text(content)
    assert form.status_code == 200
    assert nothing.status_code == 503


def test_notes_and_timeline_are_refused_with_the_account(
    alice: Client, sandbox: Sandbox, faults: None
) -> None:
    sandbox.fault("status:403", f"/{ACCOUNT}$", times=None)

    assert alice.get(panel(DOCUMENTED, "notes"), headers=HTMX).status_code == 403
    assert alice.get(panel(DOCUMENTED, "timeline"), headers=HTMX).status_code == 403


def test_timeline_names_what_is_missing(
    alice: Client, sandbox: Sandbox, faults: None, settings: Settings
) -> None:
    settings.KEEP_COPY_HOURS = 0
    alice.get(DOCUMENTED)
    sandbox.fault("status:503", "/invoices", times=None)
    for source in (
        panel_in(alice.get(DOCUMENTED), "timeline"),
        alice.get(panel(DOCUMENTED, "timeline"), headers=HTMX),
    ):
        timeline = text(source)
        assert "The invoices could not be read: Altostrat is unavailable. Try again" in timeline
        assert "Billing account created" in timeline
        assert "Subscription created" in timeline


def test_forbidden_failed_and_empty_look_different(alice: Client, sandbox: Sandbox, faults: None) -> None:
    empty = panel_in(alice.get(failing("sparse")), "invoices")
    sandbox.fault("status:403", "/invoices", times=None)
    forbidden = panel_in(alice.get(failing("sparse")), "invoices")
    sandbox.fault("status:500", "/subscriptions", times=None)
    failed = panel_in(alice.get(failing("nulls")), "subscriptions")

    assert "No invoices" in text(empty)
    assert "Your token does not have access" in text(forbidden)
    assert "Altostrat had an error" in text(failed)


def test_status_makes_no_statement_about_failed_reads(alice: Client, sandbox: Sandbox, faults: None) -> None:
    sandbox.fault("status:500", "/invoices", times=None)
    status = status_in(alice.get(DOCUMENTED))

    assert "Can't determine whether anything is overdue: Altostrat had an error." in status
    assert "Paying" not in status


def test_copy_shows_its_age_and_looks_different(alice: Client, sandbox: Sandbox, faults: None) -> None:
    alice.get(DOCUMENTED)
    sandbox.fault("status:503", "", times=None)
    answer = alice.get(DOCUMENTED)
    kept = panel_in(answer, "subscriptions")

    assert answer.status_code == 200
    assert "Altostrat is unavailable. Based on a copy from less than a minute ago" in text(kept)
    assert one(kept, ".panel-kept")
    assert "Based in part on a copy" in status_in(answer)
    assert "ACME Corp Billing" in answer.text


@pytest.mark.parametrize("how", ["status:503", "delay:4"])
def test_status_names_the_copy_that_it_is_based_on(
    how: str, alice: Client, sandbox: Sandbox, faults: None, settings: Settings
) -> None:
    settings.ALTOSTRAT_READ_TIMEOUT = settings.ALTOSTRAT_DEADLINE = 10
    upstream.transport.cache_clear()
    alice.get(DOCUMENTED)
    KeptCopy.objects.update(received_at=timezone.now() - timedelta(hours=3))
    sandbox.fault(how, "/invoices", times=None)

    assert "Based in part on a copy from 3 hours ago (" in status_in(alice.get(DOCUMENTED))


def test_ticket_names_the_copy_that_it_is_based_on(alice: Client, sandbox: Sandbox, faults: None) -> None:
    alice.get(DOCUMENTED)
    KeptCopy.objects.update(received_at=timezone.now() - timedelta(hours=3))
    sandbox.fault("status:503", "/invoices", times=None)
    ticket = ticket_in(alice.get(SHARE))
    then = f"{timezone.now() - timedelta(hours=3):%Y-%m-%d %H:}"

    assert f"Based in part on a copy of {then}" in ticket
    assert f"As of {then}" in ticket


def test_copy_is_not_shown_to_another_person(
    alice: Client, carol: Client, sandbox: Sandbox, faults: None
) -> None:
    alice.get(DOCUMENTED)
    sandbox.fault("status:503", "", times=None)
    answer = carol.get(DOCUMENTED)

    assert answer.status_code == 503
    assert "ACME" not in answer.text


def test_late_panel_loads_itself_and_has_a_link(
    alice: Client, sandbox: Sandbox, faults: None, settings: Settings
) -> None:
    settings.ALTOSTRAT_READ_TIMEOUT = settings.ALTOSTRAT_DEADLINE = 10
    upstream.transport.cache_clear()
    sandbox.fault("delay:3", "/invoices", times=None)
    answer = alice.get(DOCUMENTED)
    late = panel_in(answer, "invoices")

    assert answer.status_code == 200
    assert attributes(late, '[hx-trigger="load"]', "hx-get") == [panel(DOCUMENTED, "invoices")]
    assert "Still loading" in text(late)
    assert HEADLINE in attributes(answer, "#account-status a", "href")
    assert "Paid" in text(alice.get(panel(DOCUMENTED, "invoices"), headers=HTMX))


def test_headline_has_its_own_page(alice: Client) -> None:
    assert "Next bill" in status_in(alice.get(HEADLINE))
    assert "Next bill" in text(alice.get(HEADLINE, headers=HTMX))


@pytest.mark.parametrize(("fault", "status"), [("status:404", 404), ("status:429", 429), ("status:503", 503)])
def test_pages_of_an_account_fail_alike(
    fault: str, status: int, alice: Client, sandbox: Sandbox, faults: None
) -> None:
    sandbox.fault(fault, times=None)

    assert [alice.get(page).status_code for page in (DOCUMENTED, HEADLINE, SHARE)] == [status] * 3


def test_headline_update_reuses_recent_reads(alice: Client, sandbox: Sandbox) -> None:
    load(alice, HEADLINE)
    sandbox.clear()
    update = alice.get(HEADLINE, headers=HTMX)

    assert "Paying" in text(update)
    assert READ_AT.search(text(update))
    assert "Based" not in text(update)
    assert sandbox.requests() == []


def test_answers_of_the_same_page_are_live_while_altostrat_answers(alice: Client, sandbox: Sandbox) -> None:
    alice.get(panel(DOCUMENTED, "subscriptions"))
    update = alice.get(HEADLINE, headers=HTMX)

    assert "Next bill" in text(update)
    assert READ_AT.search(text(update))
    assert "Based" not in text(update)
    assert "(copy)" not in text(alice.get(DOCUMENTED))
    assert "(copy)" not in text(alice.get(HEADLINE))


@pytest.mark.parametrize("path", ["", "/payment-methods$", "/invoices/preview"])
def test_update_right_after_an_outage_begins_is_a_copy(
    path: str, alice: Client, sandbox: Sandbox, faults: None
) -> None:
    alice.get(panel(DOCUMENTED, "subscriptions"))
    alice.get(HEADLINE)
    sandbox.fault("status:503", path, method="POST" if "preview" in path else "GET", times=None)
    update, ticket = alice.get(HEADLINE, headers=HTMX), ticket_in(alice.get(SHARE, headers=HTMX))

    assert READ_AT.search(text(update))
    assert READ_AT.search(ticket)


@pytest.mark.parametrize("path", ["", "/subscriptions$", "/invoices", "/payment-methods$", f"{ACCOUNT}$"])
def test_copy_stays_a_copy_in_every_update(path: str, alice: Client, sandbox: Sandbox, faults: None) -> None:
    alice.get(DOCUMENTED)
    sandbox.fault("status:503", path, times=None)
    page = alice.get(DOCUMENTED)
    updates = [alice.get(HEADLINE, headers=HTMX) for _ in range(3)]
    reads = alice.get(panel(DOCUMENTED, "payment-methods"), headers=HTMX)
    after = alice.get(HEADLINE, headers=HTMX)
    tickets = [ticket_in(alice.get(SHARE, headers=HTMX)) for _ in range(2)]
    sandbox.no_faults()
    healed = alice.get(HEADLINE, headers=HTMX)

    assert "Based in part on a copy" in status_in(page)
    assert reads.status_code == 200
    for update in (*updates, after):
        assert "Based in part on a copy from less than a minute ago" in text(update)
    assert all("Based in part on a copy" in ticket for ticket in tickets)
    assert "Based in part on a copy" not in text(healed)


def test_preview_of_the_next_bill_stays_a_copy(alice: Client, sandbox: Sandbox, faults: None) -> None:
    alice.get(HEADLINE)
    sandbox.fault("status:503", "/invoices/preview", method="POST", times=None)
    updates = [alice.get(HEADLINE), *(alice.get(HEADLINE, headers=HTMX) for _ in range(2))]

    assert all("Next bill" in text(update) for update in updates)
    assert all("Based on a copy from less than a minute ago." in text(update) for update in updates)


def test_unfolded_invoice_stays_a_copy(alice: Client, sandbox: Sandbox, faults: None) -> None:
    address = contents_in(alice.get(DOCUMENTED))
    live = alice.get(address, headers=HTMX)
    sandbox.fault("status:503", "/invoices", times=None)
    alice.get(DOCUMENTED)
    copies = [alice.get(address, headers=HTMX) for _ in range(2)]

    assert "a copy" not in text(live)
    assert all("Based on a copy from less than a minute ago" in text(copy) for copy in copies)


@pytest.mark.parametrize("key", ["subscriptions", "payment-methods", "invoices"])
def test_empty_list_that_has_more_supports_no_statement(
    key: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.says(f"{ACCOUNT}/{key}($|[?])", {"data": [], "has_more": True})
    page, update = alice.get(DOCUMENTED), alice.get(HEADLINE, headers=HTMX)
    own = text(one(alice.get(f"{DOCUMENTED}{key}/"), "main"))
    ticket = ticket_in(alice.get(SHARE, headers=HTMX))

    for shown in (status_in(page), text(update), ticket):
        assert "Altostrat has more entries than it listed." in shown
        for claim in ("Paying", "Nothing is subscribed", "No payment method", "No default payment method"):
            assert claim not in shown
    assert "Altostrat has more than it listed" in ticket
    assert "- none" not in ticket
    nothing = text(panel_in(page, key))
    assert "listed" in nothing
    assert "Altostrat has more entries than this panel shows." in nothing
    assert "cannot be charged" not in nothing + own
    assert "Altostrat sent no invoices" in own or "listed" in own


def test_list_that_has_more_supports_no_statement_about_the_rest(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    method = {"id": "pm_1", "type": "card", "is_default": False}
    fresh_sandbox.says(f"{ACCOUNT}/payment-methods$", {"data": [method], "has_more": True})
    page, methods = alice.get(DOCUMENTED), alice.get(f"{DOCUMENTED}payment-methods/")

    assert "Can't determine whether the next bill can be charged: Altostrat has more entries" in status_in(
        page
    )
    assert "No default payment method" not in text(page) + text(methods)


def test_undetermined_status_has_a_retry(alice: Client, sandbox: Sandbox, faults: None) -> None:
    sandbox.fault("status:500", "/subscriptions$", times=None)
    lines = select(alice.get(DOCUMENTED), "#account-status .status-warning")

    assert len(lines) == 2
    assert all("Can't determine" in text(line) and "Try again" in text(line) for line in lines)
    assert all(attributes(line, "a", "hx-get") == [HEADLINE] for line in lines)


def test_unknown_panel_is_not_found(alice: Client) -> None:
    assert alice.get(panel(DOCUMENTED, "weather")).status_code == 404


def test_opening_the_page_is_recorded_and_shown(alice: Client) -> None:
    alice.get(DOCUMENTED)

    assert AuditEntry.objects.filter(verb="billing_account.read", outcome="succeeded").count() == 1
    assert "Recently opened by alice" in text(alice.get(DOCUMENTED))


def test_refused_token_refuses_the_page_and_its_copies(alice: Client, sandbox: Sandbox, faults: None) -> None:
    alice.get(DOCUMENTED)
    sandbox.fault("status:401", "/payment-methods", times=None)
    answer = alice.get(DOCUMENTED)

    assert answer.status_code == 424
    assert "Renew" in answer.text
    assert not KeptCopy.objects.exists()


def test_page_loads_what_it_shares_on_request(alice: Client, sandbox: Sandbox) -> None:
    share = panel_in(load(alice, DOCUMENTED), "share")
    sandbox.clear()

    assert attributes(share, "details", "hx-get") == attributes(share, "a", "href") == [SHARE]
    assert "Paying" in ticket_in(alice.get(SHARE, headers=HTMX))
    assert sandbox.requests() == []


def test_nothing_to_share_of_an_account_that_does_not_exist(alice: Client) -> None:
    assert alice.get(panel(f"{ACCOUNTS}cus_nowhere/", "share")).status_code == 404


def test_ticket_has_no_personal_data(alice: Client) -> None:
    ticket = ticket_in(alice.get(SHARE))

    for personal in ("ACME", "acme.com", "555", "Main Street", "Jane Doe", "operations"):
        assert personal not in ticket
    assert "http://testserver" + DOCUMENTED in ticket
    assert "Paying: 1 active subscription" in ticket
    assert "Visa 4242" in ticket.replace("visa", "Visa")


def test_ticket_omits_missing_fields_of_a_payment_method(alice: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.add_payment_method(WORKSPACE, ACCOUNT, type="ideal", brand=None, last4=None)
    ticket = ticket_in(alice.get(SHARE))

    assert re.search(r"^- iDEAL(, |$)", ticket, re.M)
    assert "iDEAL not provided" not in ticket


def test_api_calls_are_those_of_the_portal(alice: Client) -> None:
    calls = texts(alice.get(SHARE), "#share pre.raw")

    for path in ("", "/subscriptions", "/invoices?limit=100", "/payment-methods"):
        assert any(f"http://testserver/api/v1{DOCUMENTED.rstrip('/')}{path}'" in call for call in calls)
    assert any("Bearer $PORTAL_KEY" in call for call in calls)


def test_timeline_is_short_and_does_not_link_to_changes_of_others(alice: Client) -> None:
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

    timeline = panel_in(alice.get(DOCUMENTED), "timeline")
    events = texts(timeline, ".timeline li")

    assert len(events) == 5
    assert all(event.startswith("Edit billing account Refused") for event in events)
    assert attributes(timeline, f'a[href*="{change_id}"]', "href") == []
    assert re.search(r"\d+ older events: all invoices, account history", text(timeline))


def test_titles_of_all_pages_of_an_account_have_its_name(alice: Client) -> None:
    tabs = attributes(alice.get(DOCUMENTED), ".section-tabs a", "href")
    more = ("costs/", "savings/", "invoices/compare/", "reminder/", "follow-up/")
    pages = [alice.get(address) for address in (*tabs, *(DOCUMENTED + name for name in more))]

    titles = [one(page, "title").text() for page in pages]
    assert len(titles) == 14
    assert [title for title in titles if "ACME Corp Billing" not in title] == []
