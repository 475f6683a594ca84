"""Two replicas behind nginx with TLS, PostgreSQL with a standby, Redis, an identity provider and a sandbox."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests
from redis import Redis

from bench.chaos.alerts import Alerts, running_prometheus
from bench.chaos.daemon import Daemon
from bench.chaos.postgresql import Cluster, running_cluster
from tests.plugins.command_line import CommandLine
from tests.plugins.environment import VAULT_KEYS
from tests.plugins.identity_provider import IdentityProvider, running_identity_provider, settings_for
from tests.plugins.nginx import ADDRESS, Nginx, running_nginx
from tests.plugins.processes import ROOT, Portal, Sandbox, collect_static_files, running_sandbox
from tests.plugins.services import free_port, listens, program
from tests.tokens import FINANCE, SUPPORT

EDITOR: Final = "alice"
READER: Final = "carol"  # her token sees two workspaces
_REPLICAS: Final = 2


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
        self.daemon.kill()


@dataclass(frozen=True)
class Topology:
    """Everything that runs. `manage` runs commands with the privileges of the tables' owner."""

    folder: Path
    cluster: Cluster
    redis: Daemon
    replicas: list[Replica]
    worker: Daemon
    nginx: Nginx
    sandbox: Sandbox
    provider: IdentityProvider
    alerts: Alerts
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
def running(folder: Path, *, drain_seconds: int, people: Path, extra_tokens: str) -> Iterator[Topology]:
    """Start everything, with an editor who has a portal key, and other people at the identity provider."""
    collect_static_files()
    with ExitStack() as stack:
        cluster = stack.enter_context(running_cluster())
        redis_port = free_port()
        redis = stack.enter_context(closing(_redis(folder, redis_port)))
        redis.start()
        sandbox = stack.enter_context(running_sandbox(extra_tokens))
        ports = [free_port() for _ in range(_REPLICAS)]
        nginx = stack.enter_context(running_nginx(folder, *ports))
        provider = stack.enter_context(running_identity_provider(free_port(), nginx.url, people))
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            **settings_for(provider.port),
            "PYTHON": sys.executable,
            "SECRET_KEY": "only-for-the-experiments-" + "0123456789" * 4,
            "VAULT_KEYS": VAULT_KEYS,
            "ALLOWED_HOSTS": "127.0.0.1",
            "TRUSTED_PROXIES": ADDRESS,
            "CACHE_URL": f"redis://127.0.0.1:{redis_port}/0",
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{redis_port}/1",
            "WORKER_CONCURRENCY": "1",
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
            settings = {**environment, "DATABASE_URL": cluster.url("billing_portal")}
            replicas = [_replica(stack, folder / str(port), port, settings, commands) for port in ports]
            for replica in replicas:
                replica.start()
            first = replicas[0].portal
            first.staff(EDITOR, "editor", FINANCE)
            first.staff(READER, "viewer", SUPPORT)
            key = first.key(EDITOR, "billing:read", "billing:write")
        for replica in replicas:
            replica.portal.command_line = stack.enter_context(closing(CommandLine(settings)))
        alerts = stack.enter_context(running_prometheus(folder, [f"127.0.0.1:{port}" for port in ports]))
        worker = stack.enter_context(closing(_worker(folder, settings)))
        worker.start()
        yield Topology(folder, cluster, redis, replicas, worker, nginx, sandbox, provider, alerts, owner, key)


def _redis(folder: Path, port: int) -> Daemon:
    command = [program("redis-server", ()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--appendonly", "no", "--dir", str(folder)]
    return Daemon(command, folder, folder / "redis.log", lambda: listens(port))


def _worker(folder: Path, settings: Mapping[str, str]) -> Daemon:
    queue = Redis.from_url(settings["CELERY_BROKER_URL"])
    return Daemon(
        ["bin/worker"],
        ROOT,
        folder / "worker.log",
        lambda: bool(queue.exists("billing-portal:worker")),
        settings,
    )


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
