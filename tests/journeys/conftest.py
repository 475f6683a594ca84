"""A portal whose people come from a company's sign-in service, and that service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plugins.identity_provider import IdentityProvider, running_identity_provider, settings_for
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.plugins.services import free_port

_FORGET_EVERYBODY = """
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from billing.models import UsedOnce, User
for model in (User, Session, UsedOnce, AccessAttempt):
    model.objects.all().delete()
"""


@pytest.fixture(scope="session")
def company_portal(
    sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Portal, int]]:
    """The portal, and the port where its provider is going to be. It starts without asking for the provider."""
    port = free_port()
    folder = tmp_path_factory.mktemp("company-portal")
    with running_portal(folder, sandbox.url, **settings_for(port)) as running:
        yield running, port


@pytest.fixture(scope="session")
def company(company_portal: tuple[Portal, int]) -> Iterator[IdentityProvider]:
    """The provider, for as long as the tests run."""
    running, port = company_portal
    with running_identity_provider(port, running.url) as provider:
        yield provider


@pytest.fixture
def sso_portal(company_portal: tuple[Portal, int], company: IdentityProvider) -> Iterator[Portal]:
    """The portal, which knows nobody yet, with the provider answering and everybody in their groups."""
    company.reset()
    yield company_portal[0]
    # Not by `flush`: the audit keeps what it has.
    company_portal[0].manage("shell", "-c", _FORGET_EVERYBODY)


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("postgresql_only")
    item.add_marker("slow")
