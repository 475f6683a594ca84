"""The organizations and the members of a workspace, and the workspace's own page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry
from billing.roles import Role
from tests.altostrat.upstream import answer
from tests.pages.addresses import WORKSPACE
from tests.pages.conftest import client_of
from tests.pages.invoices.test_invoices import words
from tests.services.reads.upstream import Changing, changing
from tests.tokens import FINANCE

HOME = f"/workspaces/{WORKSPACE}/"
ALL = f"{HOME}organizations/"
ONE = f"{ALL}org_aBcDeFg123456789/"
ODD = "/workspaces/ws_oddshapes00000001/organizations/"


def test_the_tree_says_where_each_belongs(alice: Client) -> None:
    page = words(alice.get(ALL).text)

    assert "Level 2, below ACME Corporation: ACME Products" in page
    assert "Level 3, below ACME Products: Engineering Department" in page


def test_usage_stands_against_the_limit(alice: Client) -> None:
    assert re.search(r"Locations \d+ of 50", words(alice.get(ALL).text))


def test_the_pool_is_told_with_what_all_use_of_it(alice: Client) -> None:
    page = words(alice.get(ALL).text)

    assert "Pooled: shared seats" in page
    assert "Seats in the pool 100 at most" in page
    assert re.search(r"Used by all together Locations: \d+", page)


@pytest.mark.parametrize(
    "shown",
    [
        "Used, with children",
        "Used by itself",
        "Own limit",
        "Belongs to ACME Products",
        "org_aBcDeFg123456789",
        "branding",
        "Platform",
    ],
)
def test_one_shows_its_limits_and_its_place(shown: str, alice: Client) -> None:
    assert shown in words(alice.get(ONE).text)


def test_odd_shapes_do_not_break_the_tree(alice: Client) -> None:
    answer = alice.get(ODD)

    assert answer.status_code == 200
    assert "nothing used, no limits" in words(answer.text)


@pytest.mark.parametrize(("ending", "start"), [("csv", b"\xef\xbb\xbforganization,type"), ("pdf", b"%PDF-")])
def test_altostrats_files_are_passed_on_as_attachments(ending: str, start: bytes, alice: Client) -> None:
    answer = alice.get(f"{ALL}usage.{ending}")

    assert answer.content.startswith(start)
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert AuditEntry.objects.filter(verb="list.download", workspace_id=WORKSPACE).exists()


@pytest.fixture
def altostrat(db: None, static_files: None, settings: Settings) -> Iterator[Changing]:
    """An Altostrat that says what a test wants."""
    with changing(settings) as upstream:
        yield upstream


def usage_of(altostrat: Changing, body: str) -> HttpResponse:
    """What a reader gets when Altostrat's file is this."""
    altostrat.says["usage.csv"] = answer(body.encode(), content_type="text/csv")
    return client_of("eve", Role.VIEWER, FINANCE).get("/workspaces/ws_1/organizations/usage.csv")  # type: ignore[return-value]


def test_altostrats_csv_begins_no_formula(altostrat: Changing) -> None:
    given = usage_of(
        altostrat, 'organization,type,used\n"=HYPERLINK(""https://x"";1)",users,-5\n"a;@b",sso,1.5\n'
    )
    rows = list(csv.reader(io.StringIO(given.content.decode("utf-8-sig"), newline="")))

    assert rows[1:] == [['\'=HYPERLINK("https://x";1)', "users", "-5"], ["a;'@b", "sso", "1.5"]]


@pytest.mark.parametrize(
    "body",
    [
        *("", "<html></html>", 'organization,type\n"never closed,users\n'),
        *("organization,type\nacme\n", "organization,type\nacme,users,1\n", 'a,b\n"x"y,z\n', "a,b\n\0,c\n"),
    ],
)
def test_what_is_no_csv_is_a_failure_and_no_file(body: str, altostrat: Changing) -> None:
    given = usage_of(altostrat, body)

    assert given.status_code == 502
    assert "Content-Disposition" not in given.headers
    assert not AuditEntry.objects.filter(verb="list.download").exists()


def test_members_are_ids_and_roles_and_it_says_so(alice: Client) -> None:
    page = words(alice.get(f"{HOME}members/").text)

    assert "auth0|" in page
    assert "Names and e-mail addresses are not part of" in page


@pytest.mark.parametrize("address", [ALL, f"{HOME}members/"], ids=["organizations", "members"])
def test_for_htmx_the_panel_comes_alone(address: str, alice: Client) -> None:
    panel = alice.get(address, headers={"HX-Request": "true"}).text

    assert "<html" not in panel
    assert "As of" in panel


def test_the_workspace_leads_to_all_of_it_without_a_script(alice: Client) -> None:
    page = alice.get(HOME).text

    for address in (ALL, f"{HOME}members/", f"{HOME}billing-accounts/"):
        assert f'<a href="{address}"' in page


@pytest.mark.parametrize(
    "address", [ALL, ONE, f"{HOME}members/", f"{ALL}usage.csv"], ids=["all", "one", "members", "file"]
)
def test_another_persons_token_sees_none_of_it(address: str, alice: Client, carol: Client) -> None:
    alice.get(address)

    assert carol.get(address).status_code in {403, 404}
