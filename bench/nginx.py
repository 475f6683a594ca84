"""nginx as the upstream that answers at once, with and without TLS, and as the fastest proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from bench.account import ACCOUNT
from tests.plugins import services
from tests.plugins.services import free_port, listens, program

_CONFIG = r"""
daemon off; master_process off; pid %(folder)s/pid; error_log %(folder)s/error.log;
events { worker_connections 2000; }
http {
  access_log off; keepalive_requests 1000000; keepalive_timeout 60s; default_type application/json;
  client_body_temp_path %(folder)s; proxy_temp_path %(folder)s; fastcgi_temp_path %(folder)s;
  uwsgi_temp_path %(folder)s; scgi_temp_path %(folder)s;
  upstream plain { server 127.0.0.1:%(plain)d; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:%(plain)d backlog=1000;
    location / { return 200 '%(body)s'; }
    location ~ /usage\.csv$ { default_type text/csv; alias %(folder)s/usage.csv; }
  }
  server {
    listen 127.0.0.1:%(tls)d ssl backlog=1000; ssl_certificate %(folder)s/server.pem;
    ssl_certificate_key %(folder)s/server.pem;
    ssl_session_cache shared:bench:1m; location / { return 200 '%(body)s'; }
  }
  server {
    listen 127.0.0.1:%(proxy)d backlog=1000;
    location / { proxy_pass http://plain; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
"""


@dataclass(frozen=True)
class Nginx:
    plain: str
    tls: str
    proxy: str
    ca_bundle: Path
    pid: int


@contextmanager
def running(folder: Path) -> Iterator[Nginx]:
    """Run nginx. Raise MissingProgram."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    ports = {name: free_port() for name in ("plain", "tls", "proxy")}
    config = folder / "nginx.conf"
    config.write_text(_CONFIG % {"folder": folder, "body": json.dumps(ACCOUNT), **ports})
    command = [program("nginx", ("/usr/sbin", "/usr/local/sbin")), "-c", str(config), "-p", str(folder)]
    with services.running(command, folder, lambda: listens(ports["proxy"]), {}):
        address, pid = "127.0.0.1", int((folder / "pid").read_text())
        plain, proxy = (f"http://{address}:{ports[name]}" for name in ("plain", "proxy"))
        yield Nginx(plain, f"https://{address}:{ports['tls']}", proxy, folder / "ca.pem", pid)
