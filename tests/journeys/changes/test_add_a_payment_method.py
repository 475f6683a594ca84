"""Add a payment method: while Stripe is unreachable, and with a stub of Stripe.js in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys.changes.appearance import Axe, check_appearance
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE
from tests.plugins.chromium import browser_context
from tests.plugins.processes import Portal, Sandbox

SignIn = Callable[[Page, str], None]

METHODS = f"{DOCUMENTED}payment-methods/"
SECRET = re.compile(r"seti_\w+_secret_\w+")

# The parts of https://docs.stripe.com/js that the page uses. The first card is declined.
_STRIPE = """
let tries = 0;
window.Stripe = (key) => ({
  elements: ({ clientSecret }) => {
    window.given = [key, clientSecret];
    return { create: () => {
      const handlers = {};
      return {
        on: (name, then) => { handlers[name] = then; },
        mount: (where) => { document.querySelector(where).textContent = "Card number"; setTimeout(handlers.ready); },
      };
    } };
  },
  confirmSetup: async ({ confirmParams }) => {
    tries += 1;
    if (tries === 1) return { error: { message: "Your card was declined." } };
    const answer = `?setup_intent_client_secret=${window.given[1]}&redirect_status=succeeded`;
    location.assign(confirmParams.return_url + answer);
    return new Promise(() => {});
  },
});
"""


def _request_form(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}{METHODS}")
    page.get_by_role("link", name="New payment method").click()
    page.get_by_role("button", name="Show the form").click()


def test_page_says_that_stripe_is_unreachable(
    browser: Browser, portal: Portal, sign_in: SignIn, fresh_sandbox: Sandbox, axe: Axe
) -> None:
    with browser_context(browser) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.route("https://js.stripe.com/**", lambda route: route.abort("internetdisconnected"))
        sign_in(page, "alice")
        _request_form(page, portal)

        expect(page.get_by_role("alert")).to_contain_text("form could not be loaded.")
        expect(page.get_by_role("alert")).to_be_focused()
        expect(page.get_by_role("button", name="Save at Stripe")).to_be_hidden()
        assert complaints == ["Failed to load resource: net::ERR_INTERNET_DISCONNECTED"]
        assert not SECRET.search(page.content()), "it left the page as soon as the script had it"
        check_appearance(page, axe, "no way to Stripe")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("This form was already shown")
        check_appearance(page, axe, "once")
        assert len(fresh_sandbox.writes()) == 1
        page.get_by_role("link", name="Check the current list").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("No new payment method yet")


def test_new_payment_method_from_the_form_of_stripe_appears_in_the_list(
    page: Page, portal: Portal, sign_in: SignIn, fresh_sandbox: Sandbox, axe: Axe
) -> None:
    def stand_in(route: Route) -> None:
        route.fulfill(content_type="text/javascript", body=_STRIPE)

    page.route("https://js.stripe.com/**", stand_in)
    sign_in(page, "alice")
    _request_form(page, portal)
    save = page.get_by_role("button", name="Save at Stripe")
    expect(save).to_be_enabled()
    key, secret = page.evaluate("window.given")
    assert key.startswith("pk_test_")
    assert SECRET.fullmatch(secret)
    check_appearance(page, axe, "the form")

    save.click()
    expect(page.get_by_role("alert")).to_have_text("Stripe: Your card was declined.")
    fresh_sandbox.add_payment_method(WORKSPACE, ACCOUNT, last4="1881")
    save.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Altostrat has a new payment method")
    assert page.url.endswith("/back/"), "without what Stripe put into the address"
    check_appearance(page, axe, "back")
    assert secret not in portal.log
    assert len(fresh_sandbox.writes("/payment-methods$")) == 1

    page.get_by_role("link", name="View payment methods").click()
    page.get_by_role("button", name=re.compile("Make default.*1881")).click()
    page.get_by_label("Reason").fill("The customer asked for it")
    page.get_by_label("Ticket").fill("FIN-1")
    page.get_by_role("button", name="Set as default").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Default payment method changed")
    page.get_by_role("button", name="Undo").click()
    page.get_by_label("Reason").fill("Not this one")
    page.get_by_label("Ticket").fill("FIN-1")
    page.get_by_role("button", name="Set as default").click()
    page.get_by_role("link", name="View payment methods").click()
    expect(page.get_by_role("row", name=re.compile("4242"))).to_contain_text("Default")
