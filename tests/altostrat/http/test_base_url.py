"""An invalid base URL cannot send a token to another host."""

from __future__ import annotations

import pytest

from billing.altostrat.http.base_url import BaseUrl
from billing.altostrat.http.transport import Transport, TransportConfig


@pytest.mark.parametrize(
    ("text", "origin", "path"),
    [
        ("https://v1.api.altostrat.io", "https://v1.api.altostrat.io", ""),
        ("https://v1.api.altostrat.io/", "https://v1.api.altostrat.io", ""),
        ("https://api.altostrat.io/v1", "https://api.altostrat.io", "/v1"),
        ("https://api.altostrat.io/a/b-c_d~e.f/", "https://api.altostrat.io", "/a/b-c_d~e.f"),
        ("HTTPS://API.Altostrat.IO:443", "https://api.altostrat.io", ""),
        ("https://api.altostrat.io:8443", "https://api.altostrat.io:8443", ""),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001", ""),
        ("http://127.8.9.1", "http://127.8.9.1", ""),
        ("http://localhost:80/x", "http://localhost", "/x"),
        ("http://[::1]:8001", "http://[::1]:8001", ""),
        ("https://[2001:DB8::0]/", "https://[2001:db8::]", ""),
    ],
)
def test_valid_urls_are_parsed(text: str, origin: str, path: str) -> None:
    assert BaseUrl.parse(text) == BaseUrl(origin, path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "altostrat.io",
        "//altostrat.io",
        "http://altostrat.io",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://2130706433",
        "http://127.1",
        "http://localhost.evil.example",
        "http://127.0.0.1.nip.io",
        "http://[::2]",
        "ftp://altostrat.io",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user@altostrat.io",
        "https://user:secret@altostrat.io",
        "https://:@altostrat.io",
        "https://altostrat.io?x=1",
        "https://altostrat.io?",
        "https://altostrat.io/#",
        "https://altostrat.io/../x",
        "https://altostrat.io/a//b",
        "https://altostrat.io/%2e%2e",
        "https://altostrat.io/a;b",
        "https://altostrat.io:port",
        "https://altostrat.io:99999",
        "https://altostrat.io\\@evil.example",
        "https://altostrat .io",
        "https://altostrat.io\n",
        "https://altostr\u00e4t.io",
        "https://-altostrat.io",
        "https://altostrat..io",
        "https://" + "a" * 64 + ".io",
        "https://[::1",
        "https://[fe80::1%25eth0]",
    ],
    ids=repr,
)
def test_invalid_urls_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ALTOSTRAT_API_URL") as caught:
        TransportConfig(text)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "setting"),
    [
        ("connect_timeout_seconds", "ALTOSTRAT_CONNECT_TIMEOUT"),
        ("read_timeout_seconds", "ALTOSTRAT_READ_TIMEOUT"),
        ("deadline_seconds", "ALTOSTRAT_DEADLINE"),
        ("max_body_bytes", "ALTOSTRAT_MAX_BODY_BYTES"),
    ],
)
@pytest.mark.parametrize("number", [0, -1, float("inf"), float("nan")])
def test_invalid_limits_are_refused(field: str, setting: str, number: float) -> None:
    limits = {field: number}

    with pytest.raises(ValueError, match=setting):
        TransportConfig("https://altostrat.io", **limits)  # type: ignore[arg-type]


def test_a_transport_has_the_origin_of_its_base_url() -> None:
    assert Transport(TransportConfig("http://127.0.0.1:8001/v1")).origin == "http://127.0.0.1:8001"


def test_a_missing_ca_bundle_is_refused() -> None:
    with pytest.raises(ValueError, match="ca_bundle"):
        Transport(TransportConfig("https://altostrat.io", ca_bundle="/nowhere/ca.pem"))
