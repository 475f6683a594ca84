"""Passwords made of the words of this place."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from billing.services.people.password_words import WORDS
from tests.plugins.processes import ROOT

pytestmark = pytest.mark.sqlite_only


@pytest.mark.parametrize("password", ["Altostrat-2026", "BillingPortal!1", "adminadmin77", "financeinvoice"])
def test_password_of_known_words_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="do not count"):
        validate_password(password)


@pytest.mark.parametrize("password", ["seven billing ducks swim", "x" * 7 + "ABCDEFG" * 30, "correct horse"])
def test_other_passwords_are_accepted_whatever_they_consist_of(password: str) -> None:
    validate_password(password)


def test_words_are_documented() -> None:
    text = (ROOT / "docs" / "security.md").read_text()

    assert all(f"`{word}`" in text for word in WORDS)
