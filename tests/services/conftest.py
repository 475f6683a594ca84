"""An Altostrat that is not there."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import SettingsWrapper

from billing.services import upstream


@pytest.fixture
def altostrat_away(settings: SettingsWrapper) -> Iterator[None]:
    """Points the portal at a port where nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        settings.ALTOSTRAT_API_URL = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        upstream.transport.cache_clear()
        yield
    upstream.transport.cache_clear()
