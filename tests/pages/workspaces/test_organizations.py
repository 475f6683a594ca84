"""The organizations and members of a workspace, and its own page."""

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
from tests.html import text
from tests.pages.addresses import WORKSPACE
from tests.pages.conftest import client_of
from tests.services.reads.upstream import Changing, changing
from tests.tokens import FINANCE

HOME = f"/workspaces/{WORKSPACE}/"
ALL = f"{HOME}organizations/"
ONE = f"{ALL}org_aBcDeFg123456789/"
ODD = "/workspaces/ws_oddshapes00000001/organizations/"


def test_tree_names_parents(alice: Client) -> None:
    page = text(alice.get(ALL))

    assert "Level 2, child of ACME Corporation: ACME Products" in page
    assert "Level 3, child of ACME Products: Engineering Department" in page


def test_usage_is_shown_with_its_limit(alice: Client) -> None:
    assert re.search(r"Locations \d+ of 50", text(alice.get(ALL)))


def test_pool_limit_and_total_usage(alice: Client) -> None:
    page = text(alice.get(ALL))

    assert "Pooled: shared seats" in page
    assert "Pool limit 100 seats" in page
    assert re.search(r"Total usage Locations: \d+", page)


@pytest.mark.parametrize(
    "shown",
    [
        "Used, with children",
        "Used directly",
        "Own limit",
        "Parent ACME Products",
        "org_aBcDeFg123456789",
        "branding",
        "Platform",
    ],
)
def test_organization_shows_limits_and_parent(shown: str, alice: Client) -> None:
    assert shown in text(alice.get(ONE))


def test_unusual_shapes_do_not_break_the_tree(alice: Client) -> None:
    answer = alice.get(ODD)

    assert answer.status_code == 200
    assert "No usage or limits" in text(answer)


@pytest.mark.parametrize(("ending", "start"), [("csv", b"\xef\xbb\xbforganization,type"), ("pdf", b"%PDF-")])
def test_usage_files_are_attachments(ending: str, start: bytes, alice: Client) -> None:
    answer = alice.get(f"{ALL}usage.{ending}")

    assert answer.content.startswith(start)
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert AuditEntry.objects.filter(verb="list.download", workspace_id=WORKSPACE).exists()


@pytest.fixture
def altostrat(db: None, static_files: None, settings: Settings) -> Iterator[Changing]:
    """Yield an Altostrat whose answers the test sets."""
    with changing(settings) as upstream:
        yield upstream


def usage_of(altostrat: Changing, body: str) -> HttpResponse:
    """Return the response if Altostrat's file has this body."""
    altostrat.says["usage.csv"] = answer(body.encode(), content_type="text/csv")
    return client_of("eve", Role.VIEWER, FINANCE).get("/workspaces/ws_1/organizations/usage.csv")  # type: ignore[return-value]


def test_usage_csv_contains_no_formula(altostrat: Changing) -> None:
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
def test_malformed_csv_is_a_failure(body: str, altostrat: Changing) -> None:
    given = usage_of(altostrat, body)

    assert given.status_code == 502
    assert "Content-Disposition" not in given.headers
    assert not AuditEntry.objects.filter(verb="list.download").exists()


def test_members_are_listed_by_id(alice: Client) -> None:
    page = text(alice.get(f"{HOME}members/"))

    assert "auth0|" in page
    assert "does not provide names or email addresses" in page


@pytest.mark.parametrize("address", [ALL, f"{HOME}members/"], ids=["organizations", "members"])
def test_htmx_gets_only_the_panel(address: str, alice: Client) -> None:
    panel = alice.get(address, headers={"HX-Request": "true"}).text

    assert "<html" not in panel
    assert "As of" in panel


def test_workspace_links_to_its_parts_without_script(alice: Client) -> None:
    page = alice.get(HOME).text

    for address in (ALL, f"{HOME}members/", f"{HOME}billing-accounts/"):
        assert f'<a href="{address}"' in page


@pytest.mark.parametrize(
    "address", [ALL, ONE, f"{HOME}members/", f"{ALL}usage.csv"], ids=["all", "one", "members", "file"]
)
def test_pages_are_not_shown_with_another_persons_token(address: str, alice: Client, carol: Client) -> None:
    alice.get(address)

    assert carol.get(address).status_code in {403, 404}
