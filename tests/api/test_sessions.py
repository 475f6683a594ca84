"""A signed-in browser as a caller of the API."""

from __future__ import annotations

import requests

from tests.api.conftest import EXAMPLE
from tests.api.test_failures import assert_ours
from tests.api.test_passthrough import signed_in
from tests.plugins.processes import Portal


def test_another_method_needs_a_csrf_token_before_it_is_even_looked_at(portal: Portal) -> None:
    browser = signed_in(portal, "alice")

    assert_ours(browser.post(f"{portal.url}/api/v1/{EXAMPLE}", timeout=10), 403, "csrf_failed")


def test_with_the_token_it_gets_to_the_method(portal: Portal) -> None:
    browser = signed_in(portal, "alice")
    token = browser.cookies["csrftoken"]

    answer = browser.post(f"{portal.url}/api/v1/{EXAMPLE}", headers={"X-CSRFToken": token}, timeout=10)

    assert_ours(answer, 405, "method_not_allowed")


def test_a_session_of_nobody_is_nobodys_and_is_not_answered_with_a_cookie(portal: Portal) -> None:
    answer = requests.get(f"{portal.url}/api/v1/{EXAMPLE}", cookies={"sessionid": "a" * 32}, timeout=10)

    assert_ours(answer, 401, "unauthenticated")
    assert "Set-Cookie" not in answer.headers


def test_a_session_ends_with_sign_out(portal: Portal) -> None:
    browser = signed_in(portal, "alice")
    cookie = browser.cookies["sessionid"]
    browser.post(
        f"{portal.url}/accounts/sign-out/",
        data={"csrfmiddlewaretoken": browser.cookies["csrftoken"]},
        timeout=10,
    )

    answer = requests.get(f"{portal.url}/api/v1/{EXAMPLE}", cookies={"sessionid": cookie}, timeout=10)

    assert_ours(answer, 401, "unauthenticated")


def test_a_session_ends_with_its_persons_last_role(portal: Portal) -> None:
    portal.staff("nina", "viewer")
    browser = signed_in(portal, "nina")
    person = "User.objects.get(username='nina')"
    portal.manage("shell", "-c", f"from billing.models import User; {person}.groups.clear()")

    assert_ours(browser.get(f"{portal.url}/api/v1/{EXAMPLE}", timeout=10), 401, "unauthenticated")


def test_an_empty_authorization_header_is_a_bad_key_and_no_session(portal: Portal) -> None:
    browser = signed_in(portal, "alice")

    answer = browser.get(f"{portal.url}/api/v1/{EXAMPLE}", headers={"Authorization": ""}, timeout=10)

    assert_ours(answer, 401, "unauthenticated")
