"""The forms of reminders: recording that one was prepared, sending it, and editing its text."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from billing.amounts import exponent
from billing.pages.frame.forms import Accessible
from billing.services.reminders import templates
from billing.services.reminders.prepare import Use
from billing.services.reminders.sending import Attempt
from billing.services.reminders.templates import PLACEHOLDERS, InvalidTemplate
from billing.services.reminders.wording import LANGUAGES, Wording

_MAX_CODE: Final = 3
_MAX_LENGTH: Final = 5000


class _CurrencyForm(forms.Form):
    currency = forms.CharField(max_length=_MAX_CODE)

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"]
        if exponent(currency) is None:
            raise forms.ValidationError("Enter a currency.")
        return currency


class PreparedForm(_CurrencyForm):
    use = forms.ChoiceField(choices=[(use.name, use.value) for use in Use])


class SendForm(_CurrencyForm):
    reminder_id = forms.UUIDField()
    fingerprint = forms.CharField(max_length=64)
    language = forms.ChoiceField(choices=list(LANGUAGES.items()))
    confirmed = forms.BooleanField(required=False)

    @property
    def attempt(self) -> Attempt:
        data = self.cleaned_data
        return Attempt(data["reminder_id"], data["currency"], data["fingerprint"], data["confirmed"])


class TemplateForm(Accessible):
    subject = forms.CharField(label="Subject", max_length=200)
    body = forms.CharField(label="Text", max_length=_MAX_LENGTH, widget=forms.Textarea(attrs={"rows": 14}))
    invoice = forms.CharField(
        label="Part for each invoice", max_length=_MAX_LENGTH, widget=forms.Textarea(attrs={"rows": 8})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def add_fields(self) -> None:
        for part, names in PLACEHOLDERS.items():
            self.fields[part].help_text = "Placeholders: " + " ".join(f"{{{name}}}" for name in names)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for part in PLACEHOLDERS:
            if part in data:
                try:
                    templates.check(part, data[part])
                except InvalidTemplate as error:
                    self.add_error(part, str(error))
        return data

    @property
    def wording(self) -> Wording:
        texts = {part: self.cleaned_data[part].replace("\r\n", "\n") for part in PLACEHOLDERS}
        return Wording(**texts)
