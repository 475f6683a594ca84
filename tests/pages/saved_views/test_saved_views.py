"""Saved views: who sees, saves, shares and deletes them, and what the database holds."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from billing.models import AuditEntry, SavedView, User
from billing.pages.saved_views.addresses import saved_address
from billing.roles import Role
from billing.services import saved_views
from billing.services.maintenance import resealing
from tests import html
from tests.pages.conftest import client_of
from tests.tokens import FINANCE

VIEWS = "/views/"
QUEUE = "/queues/past-due/?q=email%3Aerika%40acme.example&sort=-owed"


def save(client: Client, name: str = "Late, largest first", address: str = QUEUE, **more: object) -> Any:
    return client.post(VIEWS, {"name": name, "address": address, "view_id": str(uuid4()), **more})


def names(client: Client) -> list[str]:
    """Return the names in the list of views."""
    return html.texts(client.get(VIEWS), "main tbody td:first-child")


@pytest.fixture
def ada(alice: Client) -> Client:
    """Return an admin."""
    return client_of("ada", Role.ADMIN, FINANCE)


def test_view_is_saved_from_its_page_and_opens_it(alice: Client) -> None:
    page = alice.get(QUEUE)
    form = html.one(page, ".save-view form")
    values = {field: html.attributes(form, f"[name={field}]", "value")[0] for field in ("view_id", "address")}
    answer = alice.post(VIEWS, {**values, "name": "<b>Late</b>"})

    assert answer.headers["Location"] == QUEUE
    assert names(alice) == ["<b>Late</b>"]
    assert html.attributes(alice.get(VIEWS), "main tbody a", "href")[0] == QUEUE
    assert html.attributes(alice.get(VIEWS, headers={"HX-Request": "true"}), "a", "href")[0] == QUEUE
    assert html.texts(alice.get("/"), "#views") == ["Saved views"]


def test_form_sent_twice_saves_one_view(alice: Client) -> None:
    values = {"name": "Late", "address": QUEUE, "view_id": str(uuid4())}
    for _ in range(2):
        assert alice.post(VIEWS, values).status_code == 302

    assert names(alice) == ["Late"]


def test_name_and_address_are_sealed_and_resealed(alice: Client) -> None:
    save(alice)
    row = SavedView.objects.get()
    stored = " ".join(map(str, SavedView.objects.values_list().get()))

    assert "Late" not in stored
    assert "erika" not in stored
    assert any(sealed.model is SavedView for sealed in resealing.SEALED)
    assert saved_views.reseal(row)
    assert names(alice) == ["Late, largest first"]


@pytest.mark.parametrize(
    "address",
    [
        *("https://example.com/queues/", "//example.com/queues/", "/queues/../admin/", "javascript:alert(1)"),
        *("/", "/tokens/", "/views/", "/queues/counts/", "/nowhere/", "queues/", ""),
    ],
)
def test_only_lists_of_the_portal_are_saved(address: str, alice: Client) -> None:
    assert save(alice, address=address).status_code == 422
    assert not SavedView.objects.exists()


def test_position_in_a_list_and_format_are_not_saved() -> None:
    assert saved_address("/queues/?after=xyz&page=3&q=a+b&format=csv&sort=name") == "/queues/?q=a+b&sort=name"
    assert saved_address("/reports/revenue/") == "/reports/revenue/"


@pytest.mark.parametrize("name", ["", " ", "x" * 81])
def test_name_is_required_and_limited(name: str, alice: Client) -> None:
    answer = save(alice, name=name)

    assert answer.status_code == 422
    assert html.field_error(answer, "name")


def test_view_belongs_to_its_owner(alice: Client, ada: Client) -> None:
    save(alice)
    (view,) = SavedView.objects.all()

    assert names(ada) == []
    for address in (f"{VIEWS}{view.pk}/edit/", f"{VIEWS}{view.pk}/delete/"):
        assert ada.get(address).status_code == 404
        assert ada.post(address, {"name": "Mine"}).status_code == 404
    assert names(alice) == ["Late, largest first"]


def test_owner_renames_and_deletes_a_view(alice: Client) -> None:
    save(alice)
    (view,) = SavedView.objects.all()
    alice.post(f"{VIEWS}{view.pk}/edit/", {"name": "Overdue"})

    assert names(alice) == ["Overdue"]
    assert html.attributes(alice.get(VIEWS), "main tbody a", "href")[0] == QUEUE
    assert alice.get(f"{VIEWS}{view.pk}/delete/").status_code == 200
    alice.post(f"{VIEWS}{view.pk}/delete/")
    assert names(alice) == []
    assert not AuditEntry.objects.filter(verb__startswith="view.").exists()


def test_only_admins_share(alice: Client, ada: Client, carol: Client) -> None:
    save(alice, "Of Alice", is_shared="on")
    save(ada, "Of Ada", is_shared="on")

    assert names(carol) == ["Of Ada"]
    assert names(alice) == ["Of Ada", "Of Alice"]
    assert not html.select(alice.get(QUEUE), "#view-shared")
    view = SavedView.objects.get(is_shared=True)
    assert carol.get(f"{VIEWS}{view.pk}/edit/").status_code == 404
    assert carol.post(f"{VIEWS}{view.pk}/delete/").status_code == 404


def test_other_admin_changes_and_deletes_a_shared_view(ada: Client, carol: Client) -> None:
    save(ada, "Of Ada", is_shared="on")
    ben, (view,) = client_of("ben", Role.ADMIN, FINANCE), SavedView.objects.all()
    ben.post(f"{VIEWS}{view.pk}/edit/", {"name": "Of the team", "is_shared": "on"})

    assert names(carol) == ["Of the team"]
    ben.post(f"{VIEWS}{view.pk}/delete/")
    assert names(carol) == names(ada) == []
    verbs = AuditEntry.objects.filter(verb__startswith="view.").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["view.share", "view.change", "view.delete"]


def test_view_that_is_not_shared_any_more_is_private(ada: Client, carol: Client) -> None:
    save(ada, "Of Ada", is_shared="on")
    (view,) = SavedView.objects.all()
    ada.post(f"{VIEWS}{view.pk}/edit/", {"name": "Of Ada"})

    assert names(carol) == []
    assert names(ada) == ["Of Ada"]


def test_shared_view_is_shown_to_those_who_may_open_its_page(ada: Client, carol: Client) -> None:
    save(ada, "Refusals", "/audit/?outcome=refused", is_shared="on")
    otto = client_of("otto", Role.AUDITOR, None)

    assert names(otto) == ["Refusals"]
    assert names(carol) == []
    assert "Refusals" not in carol.get("/").text


def test_person_has_at_most_fifty_views(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MAX_VIEWS", 2)
    answers = [save(alice, str(number)).status_code for number in range(3)]

    assert answers == [302, 302, 422]
    assert names(alice) == ["0", "1"]


def test_view_that_does_not_open_can_be_deleted(alice: Client) -> None:
    save(alice)
    SavedView.objects.update(envelope="v1.x.y")

    assert names(alice) == ["This view cannot be decrypted."]
    alice.post(f"{VIEWS}{SavedView.objects.get().pk}/delete/")
    assert names(alice) == []


def test_views_of_a_deleted_person_are_deleted(alice: Client) -> None:
    save(alice)
    User.objects.filter(username="alice").delete()

    assert not SavedView.objects.exists()
