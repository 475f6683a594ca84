"""Refuses passwords that mostly consist of words that everyone here would guess."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError

from billing.models import User

# docs/security.md lists them.
WORDS: Final = ("altostrat", "billing", "portal", "finance", "invoice", "payment", "admin")
_MIN_REST: Final = 8


class ContextWordValidator:
    """At least eight characters must remain without these words. https://docs.djangoproject.com/en/5.2/topics/auth/passwords/"""

    def validate(self, password: str, user: User | None = None) -> None:
        rest = password.lower()
        for word in WORDS:
            rest = rest.replace(word, "")
        if len(rest) < _MIN_REST:
            raise ValidationError(self.get_help_text(), code="password_has_known_words")

    def get_help_text(self) -> str:
        return f"Words such as {', '.join(WORDS[:3])} do not count towards the length of the password."
