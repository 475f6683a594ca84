"""People who have signed in with a password. Tests let time pass by changing the times in the session's row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from billing.models import User, UserSession
from billing.roles import Role

PASSWORD = "a long enough pass phrase"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@dataclass
class Browser:
    """A browser in which a person has signed in."""

    client: Client
    user: User

    @property
    def row(self) -> UserSession:
        """The person's newest open session."""
        return UserSession.objects.filter(user=self.user, ended_at=None).latest("pk")

    def wait(self, **time: float) -> None:
        """Move the newest session into the past, as if nothing had happened since."""
        row, delta = self.row, timedelta(**time)
        UserSession.objects.filter(pk=row.pk).update(
            created_at=row.created_at - delta,
            signed_in_at=row.signed_in_at - delta,
            last_used_at=row.last_used_at - delta,
        )

    def is_signed_in(self) -> bool:
        return self.client.get("/").status_code == 200


SignedIn = Callable[..., Browser]


def sign_in(client: Client, name: str, user_agent: str = FIREFOX) -> None:
    """Sign in through the page."""
    answer = client.post(
        "/accounts/sign-in/", {"username": name, "password": PASSWORD}, headers={"User-Agent": user_agent}
    )
    assert answer.status_code == 302, answer.text


@pytest.fixture
def signed_in(db: None, static_files: None) -> SignedIn:
    """Return a function that signs a person in with a new browser. The first call with a name creates the person."""
    cache.clear()

    def new_browser(name: str = "erin", user_agent: str = FIREFOX) -> Browser:
        user = User.objects.filter(username=name).first()
        if user is None:
            user = User.objects.create_user(name, password=PASSWORD)
            user.groups.add(Group.objects.get(name=Role.EDITOR.value))
        client = Client()
        sign_in(client, name, user_agent)
        return Browser(client, user)

    return new_browser


@pytest.fixture
def erin(signed_in: SignedIn) -> Browser:
    """Return an editor with Firefox."""
    return signed_in()
