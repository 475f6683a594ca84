"""The portal behind nginx with deploy/nginx.conf and TLS, which connects from an address other than 127.0.0.1."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests import html
from tests.plugins.nginx import ADDRESS, Nginx, running_nginx
from tests.plugins.processes import Portal, running_portal
from tests.plugins.services import free_port

pytestmark = [pytest.mark.sqlite_only, pytest.mark.slow]

SECONDS = 60
SIGN_IN = "/accounts/sign-in/"
API = "/api/v1/workspaces"
LAST_REFUSAL = "from billing.models import AuditEntry; print(AuditEntry.objects.latest('pk').address)"


@pytest.fixture(scope="module")
def portal(static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Yield a portal of two workers that trusts nginx."""
    settings = {"HTTPS_ONLY": "on", "TRUSTED_PROXIES": ADDRESS, "WEB_CONCURRENCY": "2"}
    with running_portal(tmp_path_factory.mktemp("portal"), "http://127.0.0.1:1", **settings) as running:
        yield running


@pytest.fixture(scope="module")
def nginx(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with running_nginx(tmp_path_factory.mktemp("nginx"), int(portal.environment["PORT"])) as running:
        yield running


def fetch(nginx: Nginx, path: str, **headers: str) -> requests.Response:
    return requests.get(
        nginx.url + path, headers=headers, verify=nginx.authority, timeout=SECONDS, allow_redirects=False
    )


def test_sign_in_works_over_https(portal: Portal, nginx: Nginx) -> None:
    portal.staff("alice", "editor")
    with requests.Session() as browser:
        browser.verify, browser.trust_env = nginx.authority, False
        page = browser.get(nginx.url, timeout=SECONDS)
        form = html.fields(page.text) | {"username": "alice", "password": portal.passwords["alice"]}
        same_origin = {"Origin": nginx.url, "Referer": page.url}
        entered = browser.post(page.url, form, headers=same_origin, timeout=SECONDS)

    assert page.url == f"{nginx.url}{SIGN_IN}?next=/"
    assert page.headers["Strict-Transport-Security"]
    assert entered.url == f"{nginx.url}/"
    assert "alice" in entered.text
    assert all(cookie.secure for cookie in browser.cookies)


def test_request_without_tls_is_redirected(nginx: Nginx) -> None:
    answer = requests.get(nginx.plain_url + SIGN_IN, timeout=SECONDS, allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://127.0.0.1{SIGN_IN}")
    assert requests.get(nginx.plain_url + API, timeout=SECONDS, allow_redirects=False).status_code == 403


@pytest.mark.parametrize("forged", ["X-Forwarded-For", "X_Forwarded_For"])
def test_audit_log_has_the_address_of_the_caller(portal: Portal, nginx: Nginx, forged: str) -> None:
    answer = fetch(nginx, API, Authorization="Bearer abp_wrong", **{forged: "203.0.113.5"})

    assert answer.status_code == 401
    assert portal.manage("shell", "-v0", "-c", LAST_REFUSAL).strip() == "127.0.0.1"


def test_request_id_of_the_caller_is_not_used(nginx: Nginx) -> None:
    answer = fetch(nginx, SIGN_IN, **{"X-Request-ID": "forged-4711"})

    assert re.fullmatch(r"\w{32}", answer.headers["X-Request-ID"])


def test_request_line_may_have_8_kilobytes(nginx: Nginx) -> None:
    assert fetch(nginx, f"{SIGN_IN}?next=/{'a' * 8_192}").status_code == 200


@pytest.mark.parametrize(
    "half",
    [
        f"PATCH {SIGN_IN} HTTP/1.1\r\nHost:",
        f"PATCH {SIGN_IN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nusername=",
    ],
    ids=["head", "body"],
)
def test_half_a_request_does_not_reach_the_portal(portal: Portal, nginx: Nginx, half: str) -> None:
    context = ssl.create_default_context(cafile=nginx.authority)
    with (
        socket.create_connection(("127.0.0.1", nginx.port), timeout=SECONDS) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(half.encode())
        while connection.recv(65_536):  # until nginx loses patience
            pass
    after = fetch(nginx, SIGN_IN)

    methods = {line["request_id"]: line["method"] for line in portal.log_lines if "method" in line}
    assert methods[after.headers["X-Request-ID"]] == "GET"
    assert "PATCH" not in methods.values()


def test_reload_loses_no_request(portal: Portal, nginx: Nginx) -> None:
    before, stop = portal.workers(), threading.Event()

    def send() -> list[int]:
        statuses = []
        while not stop.is_set():
            statuses.append(fetch(nginx, "/healthz").status_code)
            time.sleep(0.05)  # leaves time to the new workers
        return statuses

    with ThreadPoolExecutor(2) as pool:
        senders = [pool.submit(send) for _ in range(2)]
        os.kill(portal.pid, signal.SIGHUP)
        end = time.monotonic() + 2 * SECONDS
        while portal.workers() & before and time.monotonic() < end:
            time.sleep(0.1)
        stop.set()
        statuses = [status for sender in senders for status in sender.result()]

    assert not portal.workers() & before
    assert len(statuses) > len(senders)
    assert set(statuses) == {200}


def test_proxy_that_is_not_trusted_gets_no_redirect(static_files: None, tmp_path: Path) -> None:
    settings = {"HTTPS_ONLY": "on", "TRUSTED_PROXIES": "127.0.0.1"}
    with (
        running_portal(tmp_path, "http://127.0.0.1:1", **settings) as portal,
        running_nginx(tmp_path, int(portal.environment["PORT"])) as nginx,
    ):
        answers = [
            fetch(nginx, SIGN_IN),
            fetch(nginx, API),
            fetch(nginx, API, Authorization="Bearer abp_wrong"),
        ]

        assert [answer.status_code for answer in answers] == [400] * len(answers)
        assert all("is not in TRUSTED_PROXIES" in answer.text for answer in answers)
        assert portal.log.count(f"The proxy at {ADDRESS} is not in TRUSTED_PROXIES") == len(answers)
        assert fetch(nginx, "/readyz").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_request_goes_to_another_replica_if_the_first_refuses_connections(
    static_files: None, tmp_path: Path, portal: Portal, method: str
) -> None:
    ready = int(portal.environment["PORT"])
    with running_nginx(tmp_path, free_port(), ready) as nginx:
        for _ in range(3):
            answer = requests.request(
                method, nginx.url + API, data={"a": "b"}, verify=nginx.authority, timeout=SECONDS
            )
            assert answer.headers["Portal-Origin"] == "portal"


@pytest.mark.parametrize(
    ("method", "arrivals"), [("GET", 2), ("POST", 1), ("PATCH", 1), ("PUT", 1), ("DELETE", 1)]
)
def test_only_a_read_is_sent_again_after_it_was_lost(tmp_path: Path, method: str, arrivals: int) -> None:
    with ExitStack() as stack:
        replicas = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        heads = list[bytes]()
        for replica in replicas:
            threading.Thread(target=_close_without_an_answer, args=(replica, heads), daemon=True).start()
        nginx = stack.enter_context(running_nginx(tmp_path, *(one.getsockname()[1] for one in replicas)))
        answer = requests.request(method, nginx.url, data="a", verify=nginx.authority, timeout=SECONDS)

    assert answer.status_code == 502
    assert [head.split()[0].decode() for head in heads] == [method] * arrivals


def _close_without_an_answer(replica: socket.socket, heads: list[bytes]) -> None:
    """Accept connections, and close each after its request arrived."""
    with suppress(OSError):  # the test has ended
        while True:
            connection, _ = replica.accept()
            with connection:
                heads.append(connection.recv(65_536))


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1_1, "DEFAULT:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256"),
    ],
    ids=["version", "mode", "no forward secrecy"],
)
def test_weak_tls_is_refused(nginx: Nginx, version: ssl.TLSVersion, ciphers: str) -> None:
    address = urlsplit(nginx.url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, version

    with (
        socket.create_connection((address.hostname, address.port), timeout=SECONDS) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain)
