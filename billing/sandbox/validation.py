"""Validation of the fields of a body, with the messages of the framework that Altostrat uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from billing.sandbox import Document
from billing.sandbox.calls import Refusal

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def invalid(errors: Mapping[str, list[str]]) -> Refusal:
    """Return a 422 in the framework's format: the first message, and all messages by field."""
    messages = [message for of_field in errors.values() for message in of_field]
    more = len(messages) - 1
    suffix = f" (and {more} more error{'s' if more > 1 else ''})" if more else ""
    return Refusal(422, {"message": messages[0] + suffix, "errors": dict(errors)})


class Fields:
    """The errors in the fields of a body; `finish` raises them."""

    def __init__(self, body: Document) -> None:
        self.body = body
        self.errors: dict[str, list[str]] = {}

    def wrong(self, name: str, message: str) -> None:
        """Add an error. In the message, `:field` stands for the name of the field."""
        self.errors.setdefault(name, []).append(message.replace(":field", name.replace("_", " ")))

    def finish(self) -> None:
        """Raise a Refusal if there are errors."""
        if self.errors:
            raise invalid(self.errors)

    def text(
        self,
        name: str,
        *,
        max_length: int,
        min_length: int = 0,
        required: bool = False,
        nullable: bool = False,
    ) -> None:
        value = self.body.get(name)
        if name not in self.body or (value is None and not nullable) or value == "":
            if required or (name in self.body and not nullable):
                self.wrong(name, "The :field field is required.")
        elif value is None:
            return
        elif not isinstance(value, str):
            self.wrong(name, "The :field field must be a string.")
        elif len(value) > max_length:
            self.wrong(name, f"The :field field must not be greater than {max_length} characters.")
        elif len(value) < min_length:
            self.wrong(name, f"The :field field must be at least {min_length} characters.")

    def email(self, name: str, *, max_length: int, required: bool = False) -> None:
        self.text(name, max_length=max_length, required=required)
        value = self.body.get(name)
        if name not in self.errors and value is not None and not _EMAIL.fullmatch(value):
            self.wrong(name, "The :field field must be a valid email address.")

    def choice(self, name: str, choices: Iterable[str], *, required: bool = False) -> None:
        value = self.body.get(name)
        if value is None and (required or name in self.body):
            self.wrong(name, "The :field field is required.")
        elif value is not None and value not in tuple(choices):
            self.wrong(name, "The selected :field is invalid.")

    def address(self, name: str) -> None:
        """Check an object of strings with a two-letter country."""
        value = self.body.get(name)
        if name not in self.body:
            return
        if not isinstance(value, dict):
            self.wrong(name, "The :field field must be an array.")
            return
        for part in ("country", "line1", "line2", "city", "state", "postal_code"):
            if part in value and not isinstance(value[part], str):
                self.wrong(f"{name}.{part}", "The :field field must be a string.")
        country = value.get("country")
        if isinstance(country, str) and not re.fullmatch("[A-Z]{2}", country):
            self.wrong(f"{name}.country", "The :field field must be 2 characters.")

    def quantities(self, name: str, known: Iterable[str], *, required: bool = False) -> None:
        """Check positive quantities by product."""
        value = self.body.get(name)
        if value is None or value in ({}, []):
            if required or name in self.body:
                self.wrong(name, "The :field field is required.")
        elif not isinstance(value, dict):
            self.wrong(name, "The :field field must be an array.")
        else:
            for product, quantity in value.items():
                self._quantity(f"{name}.{product}", product in known, quantity)

    def _quantity(self, name: str, known: bool, quantity: Any) -> None:
        if not known:
            self.wrong(name, "The selected :field is invalid.")
        elif not isinstance(quantity, int) or isinstance(quantity, bool):
            self.wrong(name, "The :field field must be an integer.")
        elif quantity < 1:
            self.wrong(name, "The :field field must be at least 1.")

    def metadata(self, name: str, max_items: int) -> None:
        value = self.body.get(name)
        if value is None or value == []:
            return
        if not isinstance(value, dict):
            self.wrong(name, "The :field field must be an array.")
        elif len(value) > max_items:
            self.wrong(name, f"The :field field must not have more than {max_items} items.")
