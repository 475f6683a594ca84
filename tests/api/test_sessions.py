"""Browser sessions as callers of the API."""

from __future__ import annotations

import pytest
import requests

from tests.api.conftest import EXAMPLE, signed_in
from tests.api.test_failures import assert_portal_error
from tests.plugins.processes import Portal


@pytest.fixture(scope="module")
def alice_in_a_browser(portal: Portal) -> requests.Session:
    return signed_in(portal, "alice")


def test_the_csrf_token_is_checked_before_the_method(portal: Portal) -> None:
    browser = signed_in(portal, "alice")

    assert_portal_error(browser.post(f"{portal.url}/api/v1/{EXAMPLE}", timeout=10), 403, "csrf_failed")


def test_with_a_csrf_token_the_method_is_checked(portal: Portal) -> None:
    browser = signed_in(portal, "alice")
    token = browser.cookies["csrftoken"]

    answer = browser.post(f"{portal.url}/api/v1/{EXAMPLE}", headers={"X-CSRFToken": token}, timeout=10)

    assert_portal_error(answer, 405, "method_not_allowed")


@pytest.mark.parametrize(
    ("media_type", "body", "status", "code"),
    [  # Django's check of the CSRF token reads the body of a POST
        ("application/json", b"[", 400, "bad_request"),
        ("application/json", b"\xff\xfe", 400, "bad_request"),
        ("application/json; charset=nope", b"[", 400, "bad_request"),
        pytest.param("application/json", b"[" * 60_000, 400, "bad_request", id="too deep"),
        ("application/json", b'{"a": NaN}', 400, "bad_request"),
        ("application/x-www-form-urlencoded", b"a=1", 400, "bad_request"),
        ("multipart/form-data; boundary=x", b"--x", 400, "bad_request"),
        ("text/plain", b"x", 400, "bad_request"),
        ("no media type", b"x", 400, "bad_request"),
        ("application/json", b"[]", 403, "csrf_failed"),
    ],
)
@pytest.mark.parametrize("path", [EXAMPLE, "nowhere"])
def test_a_body_that_cannot_be_read_is_the_callers_error(
    portal: Portal,
    alice_in_a_browser: requests.Session,
    path: str,
    media_type: str,
    body: bytes,
    status: int,
    code: str,
) -> None:
    answer = alice_in_a_browser.post(
        f"{portal.url}/api/v1/{path}", data=body, headers={"Content-Type": media_type}, timeout=10
    )

    assert_portal_error(answer, status, code)


def test_an_unknown_session_is_unauthenticated_and_gets_no_cookie(portal: Portal) -> None:
    answer = requests.get(f"{portal.url}/api/v1/{EXAMPLE}", cookies={"sessionid": "a" * 32}, timeout=10)

    assert_portal_error(answer, 401, "unauthenticated")
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

    assert_portal_error(answer, 401, "unauthenticated")


def test_a_session_ends_when_its_person_loses_the_last_role(portal: Portal) -> None:
    portal.staff("nina", "viewer")
    browser = signed_in(portal, "nina")
    person = "User.objects.get(username='nina')"
    portal.manage("shell", "-c", f"from billing.models import User; {person}.groups.clear()")

    assert_portal_error(browser.get(f"{portal.url}/api/v1/{EXAMPLE}", timeout=10), 401, "unauthenticated")


def test_an_empty_authorization_header_is_an_invalid_key(portal: Portal) -> None:
    browser = signed_in(portal, "alice")

    answer = browser.get(f"{portal.url}/api/v1/{EXAMPLE}", headers={"Authorization": ""}, timeout=10)

    assert_portal_error(answer, 401, "unauthenticated")
