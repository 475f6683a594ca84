"""The forms of saved views."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from billing.pages.frame.forms import Accessible
from billing.pages.saved_views.addresses import saved_address
from billing.services import saved_views

SHARED_HINT: Final = "Everyone who may open this page sees the view, and its data with their own token."


class ViewForm(Accessible):
    """The name of a view, and for admins whether it is shared."""

    name = forms.CharField(
        label="Name",
        max_length=saved_views.MAX_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter a name for the view."},
    )
    is_shared = forms.BooleanField(label="Share with everyone", required=False, help_text=SHARED_HINT)

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            del self.fields["is_shared"]


class NewViewForm(ViewForm):
    """A form on the page of a list, which sends its own address."""

    address = forms.CharField(
        max_length=saved_views.MAX_ADDRESS,
        widget=forms.HiddenInput,
        error_messages={"max_length": "The filters of this page are too long to be saved."},
    )
    # The same form sent twice saves one view.
    view_id = forms.UUIDField(widget=forms.HiddenInput)

    def clean_address(self) -> str:
        address = saved_address(self.cleaned_data["address"])
        if not address:
            raise forms.ValidationError("This page cannot be saved as a view.", code="not_a_list")
        return address
