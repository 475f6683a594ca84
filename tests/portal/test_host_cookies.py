"""Over HTTPS, browsers accept every cookie only from the portal's own host and path: `__Host-` requires both."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import Morsel, SimpleCookie
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests import html
from tests.plugins.processes import Portal, running_portal
from tests.sign_in.sso.forging_provider import CLIENT_ID, CLIENT_SECRET, ForgingProvider, running_forger

pytestmark = pytest.mark.sqlite_only

SIGN_IN = "/accounts/sign-in/"


@pytest.fixture(scope="module")
def provider() -> Iterator[ForgingProvider]:
    with running_forger() as running:
        yield running


@pytest.fixture(scope="module")
def secure_portal(
    provider: ForgingProvider, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Yield a portal behind a proxy with TLS, which is this process."""
    settings = {"HTTPS_ONLY": "on", "TRUSTED_PROXIES": "127.0.0.1", "OIDC_ISSUER": provider.url}
    client = {
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "OIDC_ROLE_MAP": "staff=viewer",
    }
    with running_portal(
        tmp_path_factory.mktemp("secure"), "http://127.0.0.1:1", **settings, **client
    ) as running:
        running.staff("alice", "editor")
        yield running


class Browser:
    """The cookies that a browser keeps over HTTPS; `received` has all that were set."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.cookies: dict[str, str] = {}
        self.received: list[Morsel[str]] = []

    def open(self, path: str, form: dict[str, str] | None = None) -> requests.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"X-Forwarded-Proto": "https", "Cookie": cookies}
        headers["Referer"] = self._portal.url.replace("http:", "https:") + path
        answer = requests.request(
            "GET" if form is None else "POST",
            self._portal.url + path,
            data=form,
            headers=headers,
            allow_redirects=False,
            timeout=30,
        )
        for line in answer.raw.headers.getlist("Set-Cookie"):
            (morsel,) = SimpleCookie(line).values()
            self.received.append(morsel)
            self.cookies[morsel.key] = morsel.value
            if morsel["max-age"] == "0":
                del self.cookies[morsel.key]
        return answer

    def submit(self, path: str, form: str, **typed: str) -> requests.Response:
        return self.open(path, html.fields(self.open(path), form) | typed)

    def assert_host_only(self) -> None:
        for morsel in self.received:
            assert morsel.key.startswith("__Host-"), morsel.key
            assert morsel["secure"], morsel.key
            assert (morsel["path"], morsel["domain"]) == ("/", ""), morsel.key
            # Django deletes cookies without HttpOnly.
            assert morsel["httponly"] or morsel["max-age"] == "0", morsel.key


def named(browser: Browser) -> set[str]:
    return {morsel.key.partition("sso_")[0] + "sso_" * ("sso_" in morsel.key) for morsel in browser.received}


def test_cookies_of_a_person_with_a_password(secure_portal: Portal) -> None:
    browser = Browser(secure_portal)
    answer = browser.submit(
        f"{SIGN_IN}?next=/account/",
        "main form",
        username="alice",
        password=secure_portal.passwords["alice"],
    )
    assert answer.status_code == 302, html.text(answer)
    assert browser.open("/account/").status_code == 200
    fields = {"csrfmiddlewaretoken": html.fields(browser.open("/account/"))["csrfmiddlewaretoken"]}
    assert browser.open("/accounts/sign-out/", fields).status_code == 302
    assert "You have signed out." in html.text(browser.open(SIGN_IN))

    assert named(browser) == {"__Host-sessionid", "__Host-csrftoken", "__Host-messages"}
    browser.assert_host_only()


def test_cookies_of_single_sign_on(secure_portal: Portal, provider: ForgingProvider) -> None:
    browser = Browser(secure_portal)
    address = urlsplit(browser.open("/accounts/sso/?next=/tokens/").headers["Location"])
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    provider.nonce = asked["nonce"]
    assert f"__Host-sso_{asked['state']}" in browser.cookies
    answer = browser.open(f"/accounts/sso/callback/?code=a-code&state={asked['state']}")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/tokens/")
    assert browser.open("/tokens/").status_code == 200
    assert not [name for name in browser.cookies if "sso_" in name]
    browser.assert_host_only()


def test_cookie_of_another_name_is_no_session(secure_portal: Portal) -> None:
    browser = Browser(secure_portal)
    browser.submit(SIGN_IN, "main form", username="alice", password=secure_portal.passwords["alice"])
    browser.cookies["sessionid"] = browser.cookies.pop("__Host-sessionid")

    assert browser.open("/account/").status_code == 302
