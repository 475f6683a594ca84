"""The texts of reminders per language: their placeholders, versions and values.

A line is left out if a placeholder in it has no value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from billing.models import ReminderTemplate
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.reminders.wording import DEFAULT, LANGUAGES, STANDARD, Wording

COMMON: Final = ("customer", "today", "total", "count", "numbers")
PLACEHOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "subject": COMMON,
    "body": (*COMMON, "invoices"),
    "invoice": ("number", "amount", "due", "days_late", "issued", "link"),
}
_PLACEHOLDER: Final = re.compile(r"\{([^{}\n]*)\}")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


class InvalidTemplate(ValueError):
    """The message names what is wrong."""


class EditedMeanwhile(Exception):
    """Another person has saved a version since this one was opened."""


@dataclass(frozen=True, slots=True)
class Template:
    """The present text of a language. Version 0 is the text with which it started."""

    language: str
    wording: Wording
    version: int = 0
    edited_by: str = ""
    edited_at: datetime | None = None

    @property
    def name(self) -> str:
        return LANGUAGES[self.language]


def available() -> dict[str, Template]:
    """Return the languages that have a text, the default one first."""
    stored = {row.language: row for row in ReminderTemplate.objects.select_related("edited_by")}
    codes = [code for code in LANGUAGES if code in STANDARD or code in stored]
    return {code: _template(code, stored.get(code)) for code in codes}


def get(language: str) -> Template:
    """Return the text of a language; one without its own has the English text."""
    rows = ReminderTemplate.objects.select_related("edited_by").filter(language=language)
    return _template(language, rows.first())


def check(part: str, text: str) -> str:
    """Return a text in which every placeholder is known. Raise InvalidTemplate."""
    known = PLACEHOLDERS[part]
    for name in _PLACEHOLDER.findall(text):
        if name not in known:
            available = ", ".join(f"{{{one}}}" for one in known)
            raise InvalidTemplate(f"Unknown placeholder {{{name}}}. Available: {available}.")
    if {"{", "}"} & set(_PLACEHOLDER.sub("", text)):
        raise InvalidTemplate("A brace has no partner. Write placeholders as {customer}.")
    if part == "body" and "{invoices}" not in text:
        raise InvalidTemplate("The placeholder {invoices} is missing.")
    return text


def save(actor: Actor, language: str, wording: Wording, *, opened_version: int) -> Template:
    """Save the next version of a language. Raise NotPermitted, InvalidTemplate, EditedMeanwhile."""
    actor.require(Permission.PEOPLE_MANAGE)
    for part, text in asdict(wording).items():
        check(part, text)
    with transaction.atomic():
        before = _template(
            language, ReminderTemplate.objects.select_for_update().filter(language=language).first()
        )
        if before.version != opened_version:
            raise EditedMeanwhile
        if before.wording == wording and before.version:
            return before
        row, _ = ReminderTemplate.objects.update_or_create(
            language=language,
            defaults={
                **asdict(wording),
                "version": before.version + 1,
                "edited_by": actor.user,
                "edited_at": timezone.now(),
            },
        )
        audit.record(
            actor,
            "reminder_template.save",
            audit.Outcome.SUCCEEDED,
            subject=language,
            detail=f"version {row.version}",
            before=asdict(before.wording),
            after=asdict(wording),
        )
    return _template(language, row)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its values. What a value contains is never a placeholder."""
    lines = (line for line in text.replace("\r\n", "\n").split("\n") if _has_values(line, values))
    return "\n".join(_PLACEHOLDER.sub(lambda match: values.get(match[1], ""), line) for line in lines)


def without_blank_lines(text: str) -> str:
    """Return the text with single blank lines, and one line feed at its end."""
    return _BLANK_LINES.sub("\n\n", text.strip()) + "\n"


def language_of(values: Collection[object]) -> str:
    """Return the first language in the values that has a name here, as in "de-AT"; empty if there is none."""
    codes = (re.split("[-_]", value)[0].lower() for value in values if isinstance(value, str))
    return next((code for code in codes if code in LANGUAGES), "")


def _has_values(line: str, values: Mapping[str, str]) -> bool:
    return all(values.get(name) for name in _PLACEHOLDER.findall(line))


def _template(language: str, row: ReminderTemplate | None) -> Template:
    if row is None:
        return Template(language, STANDARD.get(language, STANDARD[DEFAULT]))
    by = row.edited_by.display_name if row.edited_by else ""
    return Template(language, Wording(row.subject, row.body, row.invoice), row.version, by, row.edited_at)
