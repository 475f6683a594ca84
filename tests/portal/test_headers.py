"""The headers with which browsers protect themselves, on every kind of response."""

from __future__ import annotations

import pytest
from django.conf import settings as portal_settings
from django.test import Client

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("static_files")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/sign-in/",
        "/no/such/page",
        "/",
        "/healthz",
        "/favicon.ico",
        "/api/v1/workspaces",
        "/api/v1/openapi.json",
        "/accounts/sso/back-channel-logout/",
    ],
)
def test_headers_of_pages_and_errors(path: str, client: Client) -> None:
    answer = client.get(path)
    answer.close()
    policy = answer.headers["Content-Security-Policy"]

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    if answer.headers["Content-Type"].startswith("text/"):
        assert "charset=" in answer.headers["Content-Type"]


def test_content_security_policy_names_no_other_host() -> None:
    directives = portal_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]

    assert directives["default-src"] == directives["base-uri"] == ["'none'"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert {source for sources in directives.values() for source in sources} == {"'none'", "'self'", "data:"}
