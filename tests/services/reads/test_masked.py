"""Masks in answers that are unusual."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from billing import masks
from billing.altostrat.client import Answer
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.models import User
from billing.services.actor import Actor, Door
from billing.services.billing_accounts.reads import billing_account
from billing.services.reads import Failed, Live, masked

pytestmark = pytest.mark.sqlite_only

READ = billing_account("ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8")
MIA = Actor(User(username="mia"), Door.PAGE, frozenset(), is_masked=True)


def answer(body: str) -> Answer[Any]:
    return Answer(
        BillingAccount(email="jo@acme.com"),
        body.encode(),
        "application/json",
        200,
        "req_1",
        timezone.now(),
        0.1,
    )


@pytest.mark.parametrize(
    ("body", "email"),
    [
        ('{"email": "jo@acme.com"}', "j•••@acme.com"),
        (r'{"email": "jo@acme.com", "name": "\ud83d\ude00"}', "j•••@acme.com"),
        ('{"email": null}', None),
        ('{"email": ""}', ""),
        ('{"email": "no address"}', "•••"),
    ],
)
def test_value_and_body_are_masked(body: str, email: str | None) -> None:
    shown = masked.answer_for(MIA, READ, answer(body))

    assert shown.value.email == email
    assert b"jo@acme.com" not in shown.body


def test_undocumented_fields_are_masked() -> None:
    body = """{"email": ["jo@acme.com"], "shipping": {"address": {"line1": "1 Main St", "country": "US"}},
        "contacts": [{"billing_email": "al@acme.com", "home_phone": "5550199", "note": "or +1 555 0199 222"}]}"""
    shown = masked.answer_for(MIA, READ, answer(body))

    assert shown.value.extra == {
        "email": ["j•••@acme.com"],
        "shipping": {"address": {"line1": "•••", "country": "US"}},
        "contacts": [{"billing_email": "a•••@acme.com", "home_phone": "•••• 99", "note": "or •••• 22"}],
    }


def test_answer_that_cannot_be_masked_is_not_shown() -> None:
    found = answer('{"email": "jo@acme.com", "balance": 1e999}')

    with pytest.raises(UnexpectedAnswer):
        masked.answer_for(MIA, READ, found)
    assert isinstance(masked.results_for(MIA, {"a": READ}, {"a": Live(found)})["a"], Failed)
    assert masked.answers_for(MIA, {"a": READ}, {"a": found}) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "jo@acme.com"),
        ("phone", "+1 555 0199"),
        ("address.city", "Oakland"),
        ("note", "jo@acme.com"),
    ],
)
def test_mask_of_a_mask_is_the_same(name: str, value: str) -> None:
    once = masks.value(name, value)

    assert once != value
    assert masks.value(name, once) == once
