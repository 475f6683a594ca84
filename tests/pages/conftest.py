"""People who are signed in, each with their own client. The portal runs in this process, the sandbox in its own."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import Settings

from billing.models import User
from billing.roles import Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.tokens import manage as token_changes
from tests.pages.scans.steps import read
from tests.tokens import FINANCE, SUPPORT


def client_of(name: str, role: Role | None, token: str | None) -> Client:
    """Sign in a new person with this role and token."""
    user = User.objects.create_user(name)
    if role is not None:
        user.groups.add(Group.objects.get(name=role.value))
    if token is not None:
        actor = Actor(user, Door.COMMAND, granted_to(user))
        token_changes.save(actor, text=token, label=f"{name}'s token", verify=False)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def alice(db: None, static_files: None, altostrat_url: str) -> Client:
    """Return an editor whose token sees everything."""
    return client_of("alice", Role.EDITOR, FINANCE)


@pytest.fixture
def bob(db: None, static_files: None, altostrat_url: str) -> Client:
    """Return a viewer without a token."""
    return client_of("bob", Role.VIEWER, None)


@pytest.fixture
def carol(db: None, static_files: None, altostrat_url: str) -> Client:
    """Return a viewer whose token sees other workspaces."""
    return client_of("carol", Role.VIEWER, SUPPORT)


@pytest.fixture
def mallory(db: None, static_files: None, altostrat_url: str) -> Client:
    """Return a person who lost their last role while signed in."""
    return client_of("mallory", None, None)


@pytest.fixture
def carol_unlimited(carol: Client, settings: Settings) -> Client:
    """Return carol's browser, whose scans do not pause for the budget of requests."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    return carol


@pytest.fixture
def carol_scanned(carol_unlimited: Client) -> Client:
    """Return carol's browser, after all four accounts in her two workspaces have been read."""
    read(carol_unlimited)
    return carol_unlimited
