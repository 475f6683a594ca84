"""The system's nginx with deploy/nginx.conf, TLS and the address 127.0.0.2, in front of a portal."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import trustme

from tests.plugins.processes import ROOT
from tests.plugins.services import free_port, listens, program, running

# The portal sees this address. Linux has it without setup.
ADDRESS: Final = "127.0.0.2"
_MAIN: Final = """
daemon off;
master_process off;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    proxy_bind {address};
    include {folder}/portal.conf;
}}
"""


@dataclass(frozen=True)
class Nginx:
    """`url` has TLS with a certificate of `authority`, a file. `plain_url` has none."""

    port: int
    plain_port: int
    authority: str

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def plain_url(self) -> str:
        return f"http://127.0.0.1:{self.plain_port}"


@contextmanager
def running_nginx(folder: Path, *portal_ports: int) -> Iterator[Nginx]:
    """Run nginx on free ports for replicas of the portal on these ports."""
    _require_second_address()
    nginx = Nginx(free_port(), free_port(), str(folder / "authority.pem"))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(nginx.authority)
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "portal.pem"))
    (folder / "portal.conf").write_text(_configuration(folder, nginx, portal_ports))
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, address=ADDRESS))
    command = [program("nginx", ("/usr/sbin", "/usr/local/sbin")), "-c", str(folder / "nginx.conf")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    with running(command, folder, lambda: listens(nginx.port), {}):
        yield nginx


def _configuration(folder: Path, nginx: Nginx, portal_ports: Sequence[int]) -> str:
    """Return deploy/nginx.conf with the ports and files of this test."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    (server,) = re.findall(r"\n    server 127\.0\.0\.1:8000 .+;", text)
    servers = "".join(server.replace("8000", str(port)) for port in portal_ports)
    for written, used in (
        ("listen 80;", f"listen 127.0.0.1:{nginx.plain_port};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{nginx.port} ssl;"),
        ("/etc/ssl/certs/billing.example.pem", str(folder / "portal.pem")),
        ("/etc/ssl/private/billing.example.key", str(folder / "portal.pem")),
        (server, servers),
    ):
        assert text.count(written) == 1, f"deploy/nginx.conf must have {written} once"
        text = text.replace(written, used)
    return text


def _require_second_address() -> None:
    try:
        with socket.create_server((ADDRESS, 0)):
            return
    except OSError:
        pytest.skip(f"This system has no address {ADDRESS}.")
