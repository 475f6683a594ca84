"""The environment of the tests, set before Django reads its settings, so that no developer's .env applies.

With `TEST_SERVICES=on` it starts PostgreSQL and Redis for the tests. pyproject.toml loads it with `-p`, before
pytest-django.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from contextlib import ExitStack

import pytest

from tests.plugins import services

VAULT_KEYS = "test:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

ON_SERVICES = os.environ.get("TEST_SERVICES") == "on"

_servers = ExitStack()


def _prepare() -> None:
    environment = {
        "SECRET_KEY": "only-for-the-tests-" + "0123456789" * 4,
        "VAULT_KEYS": VAULT_KEYS,
        "DEBUG": "off",
        "HTTPS_ONLY": "off",
        "LOCAL_LOGIN": "on",
        "SESSION_IDLE_MINUTES": "60",
        "SESSION_MAX_HOURS": "12",
        "STEP_UP_MINUTES": "30",
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
        "OIDC_ISSUER": "",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1],testserver",
        "CSRF_TRUSTED_ORIGINS": "",
        "TRUSTED_PROXIES": "",
        "HOST": "127.0.0.1",
        "PORT": "8000",
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": "256",
        "DRAIN_SECONDS": "0",
        "DATABASE_URL": "sqlite:///:memory:",
        "CACHE_URL": "locmemcache://",
        "CELERY_BROKER_URL": "",
        "SENTRY_DSN": "",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
        "ALTOSTRAT_API_URL": "http://127.0.0.1:1",
        "ALTOSTRAT_CONNECT_TIMEOUT": "1",
        "ALTOSTRAT_READ_TIMEOUT": "2",
        "ALTOSTRAT_DEADLINE": "3",
        "ALTOSTRAT_MAX_BODY_BYTES": "1048576",
        # The sandbox has no limit, so scans need not pause.
        "ALTOSTRAT_REQUESTS_PER_MINUTE": "6000",
        "API_REQUESTS_PER_MINUTE": "60000",
        # Playwright's synchronous API runs an event loop in this thread, which Django mistakes for asynchronous code.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "on",
    }
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        environment["TEST_FOLDER"] = _servers.enter_context(
            tempfile.TemporaryDirectory(prefix="portal-tests-")
        )
    if ON_SERVICES and not worker:
        environment["DATABASE_URL"] = _servers.enter_context(services.postgresql())
        environment["CACHE_URL"] = _servers.enter_context(services.redis())
    elif ON_SERVICES:
        # The first process started the servers. Each worker has its own database in both.
        environment["DATABASE_URL"] = os.environ["DATABASE_URL"]
        environment["CACHE_URL"] = (
            f"{os.environ['CACHE_URL'].rpartition('/')[0]}/{int(worker.removeprefix('gw')) + 1}"
        )
    os.environ.update(environment)


# Processes of multiprocessing import the main module again, and have the environment of the first process.
if "TEST_FOLDER" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
    _prepare()
    atexit.register(_servers.close)  # for `python -m bench.trial` and others without pytest


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers after everything else."""
    _servers.close()


def pytest_report_header(config: pytest.Config) -> str:
    return "on: PostgreSQL and Redis" if ON_SERVICES else "on: SQLite and the in-process cache"
