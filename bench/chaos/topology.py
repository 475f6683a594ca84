"""Two replicas behind nginx with TLS, PostgreSQL with a standby, Redis, an identity provider and a sandbox."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from bench.chaos.daemon import Daemon
from bench.chaos.postgresql import Cluster, running_cluster
from tests.plugins.command_line import CommandLine
from tests.plugins.environment import VAULT_KEYS
from tests.plugins.identity_provider import IdentityProvider, running_identity_provider, settings_for
from tests.plugins.nginx import ADDRESS, Nginx, running_nginx
from tests.plugins.processes import ROOT, Portal, Sandbox, running_sandbox
from tests.plugins.services import free_port, listens, program
from tests.tokens import FINANCE

EDITOR: Final = "alice"
_REPLICAS: Final = 2
_LATENCY_MILLISECONDS: Final = 200  # of Altostrat, so that requests are in flight at any time


@dataclass
class Replica:
    """One portal: `bin/serve` of a tree."""

    portal: Portal
    daemon: Daemon

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.daemon.start()
        self.portal.pid = self.daemon.pid

    def stop(self) -> None:
        """Ask it to stop, and wait until it has drained and ended."""
        self.daemon.stop()

    def kill(self) -> None:
        """Kill all its processes at once."""
        workers = self.portal.workers()
        for pid in (self.daemon.pid, *workers):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.daemon.close()


@dataclass(frozen=True)
class Topology:
    """Everything that runs. `manage` runs commands with the privileges of the tables' owner."""

    folder: Path
    cluster: Cluster
    redis: Daemon
    replicas: list[Replica]
    nginx: Nginx
    sandbox: Sandbox
    provider: IdentityProvider
    owner: Mapping[str, str]
    key: str

    @property
    def portals(self) -> list[Portal]:
        return [replica.portal for replica in self.replicas]

    def manage(self, *words: str, stdin: str = "") -> str:
        """Run a management command in a new process, since the database may be another one now."""
        with closing(CommandLine(self.owner)) as commands:
            return commands.run(*words, stdin=stdin)


@contextmanager
def running(folder: Path, *, drain_seconds: int, extra_tokens: str) -> Iterator[Topology]:
    """Start everything, with an editor who has a portal key."""
    with ExitStack() as stack:
        cluster = stack.enter_context(running_cluster())
        redis_port = free_port()
        redis = stack.enter_context(closing(_redis(folder, redis_port)))
        redis.start()
        sandbox = stack.enter_context(
            running_sandbox(extra_tokens, "--latency-ms", str(_LATENCY_MILLISECONDS))
        )
        ports = [free_port() for _ in range(_REPLICAS)]
        nginx = stack.enter_context(running_nginx(folder, *ports))
        provider = stack.enter_context(running_identity_provider(free_port(), nginx.url))
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            **settings_for(provider.port),
            "PYTHON": sys.executable,
            "SECRET_KEY": "only-for-the-experiments-" + "0123456789" * 4,
            "VAULT_KEYS": VAULT_KEYS,
            "ALLOWED_HOSTS": "127.0.0.1",
            "TRUSTED_PROXIES": ADDRESS,
            "CACHE_URL": f"redis://127.0.0.1:{redis_port}/0",
            "ALTOSTRAT_API_URL": sandbox.url,
            "ALTOSTRAT_REQUESTS_PER_MINUTE": "0",
            "API_REQUESTS_PER_MINUTE": "0",
            "METRICS_NETWORKS": "127.0.0.0/8",
            "WEB_CONCURRENCY": "1",
            "DRAIN_SECONDS": str(drain_seconds),
        }
        owner = {**environment, "DATABASE_URL": cluster.url("billing_owner")}
        with closing(CommandLine(owner)) as commands:
            commands.run("migrate", "-v0")
            commands.run("collectstatic", "--noinput", "-v0")
            settings = {**environment, "DATABASE_URL": cluster.url("billing_portal")}
            replicas = [_replica(stack, folder / str(port), port, settings, commands) for port in ports]
            for replica in replicas:
                replica.start()
            first = replicas[0].portal
            first.staff(EDITOR, "editor", FINANCE)
            key = first.key(EDITOR, "billing:read", "billing:write")
        for replica in replicas:
            replica.portal.command_line = stack.enter_context(closing(CommandLine(settings)))
        yield Topology(folder, cluster, redis, replicas, nginx, sandbox, provider, owner, key)


def _redis(folder: Path, port: int) -> Daemon:
    command = [program("redis-server", ()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--appendonly", "no", "--dir", str(folder)]
    return Daemon(command, folder, folder / "redis.log", lambda: listens(port))


def _replica(
    stack: ExitStack, folder: Path, port: int, settings: Mapping[str, str], commands: CommandLine
) -> Replica:
    folder.mkdir()
    environment = {**settings, "PORT": str(port)}
    log = folder / "portal.log"
    portal = Portal(f"http://127.0.0.1:{port}", log, environment, commands)
    daemon = Daemon(["bin/serve"], ROOT, log, lambda: _is_ready(portal.url), environment)
    stack.callback(daemon.close)
    return Replica(portal, daemon)


def _is_ready(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    return False
