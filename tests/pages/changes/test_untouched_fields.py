"""A field that nobody touched is neither checked nor sent, however odd its value is and however browsers rewrite it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django import forms
from django.test import Client

from billing.models import Change
from billing.pages.changes.submitted_values import as_submitted
from billing.services import changes
from tests import html
from tests.pages.addresses import DOCUMENTED
from tests.pages.forms import alice_as_actor, form_values, review_of, submit
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import IDS, change_upstream_account
from tests.services.changes.kinds.subscriptions import ACME, change_upstream_subscription
from tests.services.changes.steps import change_upstream

EDIT = f"{DOCUMENTED}edit/"
METADATA = f"{DOCUMENTED}subscriptions/{ACME['subscription_id']}/change/metadata/"
WORKSPACE = f"/workspaces/{IDS['workspace_id']}/edit/"


def body_of(review: str) -> Any:
    row = Change.objects.get(pk=review.split("/")[2])
    return changes.payload_of(alice_as_actor(), row).body


@pytest.mark.parametrize(
    ("upstream", "submitted"),
    [
        ({"email": "info@müller.example"}, {"email": "info@xn--mller-kva.example"}),
        ({"email": "info@MÜLLER.example"}, {"email": "info@xn--mller-kva.example"}),
        ({"email": "info@faß.example"}, {"email": "info@xn--fa-hia.example"}),
        ({"email": "Info@FAß.example"}, {"email": "Info@fass.example"}),
        ({"email": "no_host@exa_mple.de"}, {}),
        ({"email": "two..dots@example.de"}, {}),
        ({"email": f"{'a' * 70}@{'b' * 70}.de"}, {}),
        ({"address": {"country": "US", "line1": "1 Road\nFloor 2"}}, {"line1": "1 RoadFloor 2"}),
        ({"address": {"country": "US", "line1": "1 Road\r\nFloor 2\r"}}, {"line1": "1 RoadFloor 2"}),
        ({"name": "Two\nlines"}, {"name": "Twolines"}),
        ({"phone": "+1 555\n"}, {"phone": "+1 555"}),
        ({"description": "one\rtwo"}, {"description": "one\r\ntwo"}),
        ({"description": "\none\n\rtwo "}, {"description": "\r\none\r\n\r\ntwo "}),
    ],
)
def test_only_what_was_typed_is_sent_for_an_account(
    upstream: dict[str, Any], submitted: Mapping[str, str], alice: Client, fresh_sandbox: Sandbox
) -> None:
    change_upstream_account(fresh_sandbox, upstream)
    (other, value), *_ = ({"phone": "+27 1"} if "name" in upstream else {"name": "Typed"}).items()
    sent = body_of(review_of(alice, EDIT, {**submitted, other: value}))
    untouched = submit(alice, EDIT, submitted)

    assert sent == {other: value}
    assert untouched.status_code == 422
    assert "Nothing to change: Altostrat already has these values." in html.text(untouched)


def test_another_part_of_the_address_keeps_the_line_break(alice: Client, fresh_sandbox: Sandbox) -> None:
    change_upstream_account(fresh_sandbox, {"address": {"country": "US", "line1": "1 Road\nFloor 2"}})

    assert body_of(review_of(alice, EDIT, {"line1": "1 RoadFloor 2", "city": "Oakland"})) == {
        "address": {"country": "US", "line1": "1 Road\nFloor 2", "city": "Oakland"}
    }


def test_a_similar_domain_is_another_one(alice: Client, fresh_sandbox: Sandbox) -> None:
    change_upstream_account(fresh_sandbox, {"email": "info@fass.example"})

    assert body_of(review_of(alice, EDIT, {"email": "info@faß.example"})) == {"email": "info@faß.example"}


def test_typed_value_is_checked(alice: Client, fresh_sandbox: Sandbox) -> None:
    change_upstream_account(fresh_sandbox, {"email": "no_host@exa_mple.de"})
    answer = submit(alice, EDIT, {"email": "other@exa_mple.de"})

    assert html.field_error(answer, "email") == "Enter a valid email address."


def test_browser_does_not_block_a_form(alice: Client) -> None:
    for address in (EDIT, METADATA, WORKSPACE):
        form = html.one(alice.get(address), "main form[data-once]")
        assert "novalidate" in form.attributes, address


@pytest.mark.parametrize(
    ("pair", "submitted"),
    [
        ({"odd": "one\rtwo\n"}, {"metadata.odd": "onetwo"}),
        ({"odd": "\n"}, {"metadata.odd": ""}),
        ({"odd": "  spaces  "}, {}),
        ({"two\nlines": "x"}, {}),
    ],
)
def test_only_what_was_typed_is_sent_for_metadata(
    pair: dict[str, str], submitted: Mapping[str, str], alice: Client, fresh_sandbox: Sandbox
) -> None:
    change_upstream_subscription(fresh_sandbox, {"metadata": pair})
    form = {**form_values(alice.get(METADATA)), **submitted, "key.0": "new", "value.0": "x"}
    form.pop("metadata.two\nlines", None)  # a browser submits another name
    review = alice.post(METADATA, form)

    assert review.status_code == 302, html.text(review)
    assert body_of(review.headers["Location"]) == {"metadata": {"new": "x"}}


def test_only_what_was_typed_is_sent_for_a_workspace(alice: Client, fresh_sandbox: Sandbox) -> None:
    path = f"workspaces/{IDS['workspace_id']}"
    change_upstream(fresh_sandbox, "PATCH", path, {"name": "Two\nlines", "description": "one\ntwo"})

    typed = {"name": "Twolines", "description": "one\r\nthree"}
    assert body_of(review_of(alice, WORKSPACE, typed)) == {"description": "one\nthree"}
    change_upstream(fresh_sandbox, "PATCH", path, {"description": "one\rtwo"})
    typed = {"name": "Twolines!", "description": "one\r\ntwo"}
    assert body_of(review_of(alice, WORKSPACE, typed)) == {"name": "Twolines!"}


@pytest.mark.parametrize(
    ("value", "submitted"),
    [(5, "5"), (5, "05"), (5.0, "5"), (2.5, "2.5"), ("five", ""), (None, ""), (0, "0"), (100, "1e2")],
)
def test_quantity_is_compared_as_browsers_submit_it(value: object, submitted: str) -> None:
    field = forms.IntegerField(widget=forms.NumberInput)

    assert as_submitted(field, value) == as_submitted(field, submitted)


@pytest.mark.parametrize(
    ("value", "submitted"), [(1234567.5, "1234567.6"), (2**53, str(2**53 + 1)), (5, "-5")]
)
def test_large_quantities_are_compared_exactly(value: object, submitted: str) -> None:
    field = forms.IntegerField(widget=forms.NumberInput)

    assert as_submitted(field, value) != as_submitted(field, submitted)
