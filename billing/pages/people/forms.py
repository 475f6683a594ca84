"""The filter of the list of people."""

from __future__ import annotations

from django import forms

from billing.pages.frame.filter_form import Filter
from billing.roles import Role
from billing.services.people.people import NO_ROLE


class PeopleFilter(Filter):
    q = forms.CharField(label="Name or email", required=False, max_length=150)
    role = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any"),
            *((role.value, role.value.capitalize()) for role in Role),
            (NO_ROLE, "No role"),
        ],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    state = forms.ChoiceField(
        label="Status",
        required=False,
        choices=[("", "Any"), ("active", "Active"), ("deactivated", "Deactivated")],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    after = forms.CharField(required=False, max_length=150, widget=forms.HiddenInput)

    @property
    def active(self) -> bool | None:
        """The status as a flag, None for any."""
        return {"active": True, "deactivated": False}.get(self.wanted("state"))
