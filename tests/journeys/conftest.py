"""A portal with single sign-on, and its OpenID Provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plugins.identity_provider import IdentityProvider, running_identity_provider, settings_for
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.plugins.services import free_port

_DELETE_PEOPLE = """
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
    """Yield the portal and the port of its provider, which need not run when the portal starts."""
    port = free_port()
    folder = tmp_path_factory.mktemp("company-portal")
    with running_portal(folder, sandbox.url, **settings_for(port)) as running:
        yield running, port


@pytest.fixture(scope="session")
def company(company_portal: tuple[Portal, int]) -> Iterator[IdentityProvider]:
    """Yield the provider."""
    running, port = company_portal
    with running_identity_provider(port, running.url) as provider:
        yield provider


@pytest.fixture
def sso_portal(company_portal: tuple[Portal, int], company: IdentityProvider) -> Iterator[Portal]:
    """Yield the portal without people, and the provider with everyone in their original groups."""
    company.reset()
    yield company_portal[0]
    # `flush` would fail: the audit log forbids deletions.
    company_portal[0].manage("shell", "-c", _DELETE_PEOPLE)
