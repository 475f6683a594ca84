"""People who are signed in, each with their own client. The portal runs in this process, the sandbox in its own."""

from __future__ import annotations

from typing import Final

import pytest
from django.conf import settings as configured
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string
from pytest_django import Settings

from billing.roles import Role
from billing.services import audit
from billing.services.actor import Actor, Door, Origin
from billing.services.sign_in import sessions
from billing.services.sign_in.session_store import SessionStore
from tests.pages.scans.steps import read
from tests.services.cast import person
from tests.tokens import FINANCE, SUPPORT

_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


def client_of(name: str, role: Role | None, token: str | None) -> Client:
    """Return the browser of a new person with this role and token, who has signed in."""
    user = person(name, role, token, last_login=timezone.now())
    key = get_random_string(32)
    data = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: _BACKEND,
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    store = SessionStore()
    row = Session(
        session_key=key,
        session_data=store.encode(data),
        expire_date=store.get_expiry_date(expiry=configured.SESSION_COOKIE_AGE),
    )
    Session.objects.bulk_create([row])
    sessions.begin(user, key, sessions.SignIn(), Origin(), previous=None)
    audit.record(Actor(user, Door.PAGE, frozenset()), "session.sign_in", audit.Outcome.SUCCEEDED)
    client = Client()
    client.cookies[configured.SESSION_COOKIE_NAME] = key
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
