"""People, My account, and what each role sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from billing.models import AltostratToken, AuditEntry, PortalKey, User
from billing.roles import Permission, Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys
from tests import html
from tests.pages.conftest import client_of


@pytest.fixture
def ada(db: None, static_files: None, altostrat_url: str) -> Client:
    """Return an administrator."""
    return client_of("ada", Role.ADMIN, None)


@pytest.fixture
def otto(db: None, static_files: None, altostrat_url: str) -> Client:
    """Return an auditor."""
    return client_of("otto", Role.AUDITOR, None)


def person(name: str) -> User:
    return User.objects.get(username=name)


def test_pages_never_show_the_tokens_of_a_person(ada: Client, alice: Client) -> None:
    token = AltostratToken.objects.get()
    pages = ada.get("/people/").text + ada.get(f"/people/{person('alice').pk}/").text

    assert "alice" in pages
    assert token.created_at.strftime("%b %Y") in pages
    for secret in (token.label, token.masked, token.envelope):
        assert secret not in pages


def test_people_can_be_searched(ada: Client, alice: Client) -> None:
    links = html.attributes(ada.get("/people/?q=ALI"), ".row-main a", "href")

    assert links == [f"/people/{person('alice').pk}/"]
    assert html.texts(ada.get("/people/?q=ALI&role=auditor"), ".nothing-title") == ["No matches"]


@pytest.mark.parametrize("query", ["?role=emperor", "?state=x", "?after=%00", "?q=" + "x" * 200, "?q=%00"])
def test_invalid_filter_is_ignored(ada: Client, query: str) -> None:
    assert ada.get(f"/people/{query}").status_code == 200


def act(browser: Client, action: str, *names: str, **data: object) -> Any:
    fields = {"person": [person(name).pk for name in names], "reason": "left", **data}
    return browser.post(f"/people/actions/{action}/", fields, follow=True)


def test_person_is_deactivated_and_reactivated_with_a_reason(ada: Client, alice: Client) -> None:
    page = ada.get(f"/people/actions/deactivate/?person={person('alice').pk}")
    assert html.texts(page, "h1") == ["Deactivate alice?"]
    assert "1 stored Altostrat token, 0 working portal keys" in html.text(page)

    assert act(ada, "deactivate", "alice", reason="").status_code == 422
    assert person("alice").is_active
    assert html.alerts(act(ada, "deactivate", "alice")) == [
        "alice is deactivated. Their sessions, keys and tokens no longer work."
    ]
    assert alice.get("/").status_code == 302
    assert html.alerts(act(ada, "activate", "alice")) == ["alice is reactivated and can sign in again."]
    assert person("alice").is_active


def test_several_people_are_selected_in_the_list(ada: Client, alice: Client, bob: Client) -> None:
    page = ada.get("/people/?state=active")
    boxes = html.attributes(page, "input[name=person]", "value")
    buttons = html.attributes(page, ".selection button", "formaction")

    assert len(boxes) == 3
    assert buttons[0] == "/people/actions/deactivate/"
    query = "&".join(f"person={pk}" for pk in boxes)
    review = ada.get(f"{buttons[0]}?next=/people/?state=active&{query}")
    assert html.texts(review, "h1") == ["Deactivate: 3 people?"]
    assert "Not possible: You can't deactivate yourself." in html.text(review)
    answer = act(ada, "deactivate", "ada", "alice", "bob", next="/people/?state=active")
    assert answer.redirect_chain == [("/people/?state=active", 302)]
    assert html.alerts(answer) == [
        "ada was not changed. You can't deactivate yourself. Ask another administrator.",
        "Deactivate: done for 2 people.",
    ]
    assert [user.username for user in User.objects.filter(is_active=True)] == ["ada"]


def test_action_without_a_person_says_so(ada: Client) -> None:
    assert html.alerts(ada.get("/people/actions/deactivate/", follow=True)) == [
        "Select at least one person first."
    ]


@pytest.mark.parametrize("query", ["?person=x", "?person=" + "9" * 30, "?person=4711", "?person=-1"])
def test_malformed_selection_is_not_found(ada: Client, query: str) -> None:
    assert ada.get(f"/people/actions/deactivate/{query}").status_code == 404
    assert ada.get("/people/actions/delete/").status_code == 404


def test_nobody_can_deactivate_themselves(ada: Client) -> None:
    assert "Deactivate" not in html.text(ada.get(f"/people/{person('ada').pk}/"))
    assert html.alerts(act(ada, "deactivate", "ada")) == [
        "Nothing was changed. You can't deactivate yourself. Ask another administrator."
    ]
    assert person("ada").is_active
    assert AuditEntry.objects.get(verb="staff.deactivate").outcome == "refused"


def test_only_a_key_of_the_person_in_the_url_is_revoked(ada: Client, alice: Client, bob: Client) -> None:
    owner = person("alice")
    actor = Actor(owner, Door.COMMAND, granted_to(owner))
    row, _ = keys.issue(actor, name="ERP", scopes=[Permission.BILLING_READ])

    reason = {"reason": "leaked"}
    assert ada.post(f"/people/{person('bob').pk}/keys/{row.pk}/revoke/", reason).status_code == 404
    url = f"/people/{owner.pk}/keys/{row.pk}/revoke/"
    assert html.texts(ada.get(url), "h1") == ["Revoke “ERP” of alice?"]
    assert ada.post(url).status_code == 422
    edit = ada.post(url.replace("revoke", "edit"), {**reason, "networks": "192.0.2.0/24"}, follow=True)
    assert html.alerts(edit) == ["The key “ERP” was changed. The limits apply immediately."]
    assert AuditEntry.objects.get(verb="key.change").reason == "leaked"
    answer = ada.post(url, reason, follow=True)
    assert html.alerts(answer) == ["The key “ERP” was revoked and no longer works."]
    assert PortalKey.objects.get().revoked_at is not None


@pytest.mark.parametrize("path", ["", "edit/", "keys/1/revoke/", "keys/1/edit/"])
def test_unknown_person_is_not_found(ada: Client, path: str) -> None:
    assert ada.get(f"/people/4711/{path}").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("role=superuser", []),
        ("role=none", ["mallory"]),
        ("sign_in=never", ["dora"]),
        ("sign_in=90", ["bob", "dora"]),
        ("token=none", ["ada", "bob", "dora", "mallory"]),
        ("token=refused", ["alice"]),
        ("key=ending", ["alice"]),
    ],
)
def test_people_are_filtered(
    ada: Client, alice: Client, bob: Client, mallory: Client, query: str, expected: list[str]
) -> None:
    User.objects.create_user("dora").groups.add(Group.objects.get(name="viewer"))
    User.objects.filter(username="bob").update(last_login=timezone.now() - timedelta(days=91))
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    owner = person("alice")
    limits = keys.Limits(timezone.now() + timedelta(days=13))
    actor = Actor(owner, Door.COMMAND, granted_to(owner))
    keys.issue(actor, name="ERP", scopes=[Permission.BILLING_READ], limits=limits)

    assert html.texts(ada.get(f"/people/?{query}"), ".row-main a") == expected


def test_administrator_edits_the_roles_of_others(ada: Client, bob: Client) -> None:
    url = f"/people/{person('bob').pk}/edit/"
    assert html.attributes(ada.get(url), "form .field [name]", "name") == [
        "first_name",
        "last_name",
        *["roles"] * len(Role),
        "reason",
    ]
    ada.post(url, {"first_name": "Bob", "roles": ["editor"], "is_superuser": "on", "reason": "moved"})

    assert [group.name for group in person("bob").groups.all()] == ["editor"]
    assert not person("bob").is_superuser
    own = ada.get(f"/people/{person('ada').pk}/edit/")
    assert "roles" not in html.attributes(own, "[name]", "name")
    assert "Nobody can change their own roles." in html.text(own)
    User.objects.filter(username="bob").update(is_superuser=True)
    assert html.alerts(ada.get(url, follow=True)) == ["Only another superuser can edit a superuser."]


def test_superuser_adds_people_and_sets_passwords(ada: Client, static_files: None) -> None:
    User.objects.filter(username="ada").update(is_superuser=True)
    form = {"username": "ned", "roles": ["viewer"], "password": "12345", "reason": "new"}

    assert ada.post("/people/new/", form).status_code == 422
    assert html.alerts(ada.post("/people/new/", {**form, "password": ""}, follow=True)) == ["ned was added."]
    url = f"/people/{person('ned').pk}/password/"
    assert ada.post(url, {"password": "12345", "reason": "x"}).status_code == 422
    ada.post(url, {"password": "Xy9-abcdefgh-77", "reason": "x"})
    assert person("ned").check_password("Xy9-abcdefgh-77")


@pytest.mark.parametrize("email", ["bob@faß.example", "no_host@exa_mple.de"])
def test_email_that_nobody_touched_is_neither_checked_nor_rewritten(
    email: str, ada: Client, bob: Client
) -> None:
    User.objects.filter(username="ada").update(is_superuser=True)
    User.objects.filter(username="bob").update(email=email)
    url = f"/people/{person('bob').pk}/edit/"
    # Browsers rewrite the value of a field of type email.
    assert html.attributes(ada.get(url), "form [name=email]", "type") == ["text"]

    form = {"username": "bob", "email": email, "first_name": "Bob", "roles": ["editor"], "reason": "name"}
    ada.post(url, form)
    assert (person("bob").first_name, person("bob").email) == ("Bob", email)
    ada.post(url, {**form, "first_name": "Rob", "email": f"x{email}"})
    assert (person("bob").first_name == "Rob") is email.startswith("bob@")


def test_my_account_shows_permissions_and_where_roles_come_from(alice: Client) -> None:
    assert html.facts(alice.get("/account/"))["Editor"] == "Set by an operator of this portal"
    User.objects.filter(username="alice").update(role_sources={"editor": ["finance & co"]})
    page = alice.get("/account/")

    assert html.facts(page)["Editor"].startswith("From the group finance & co ")
    assert html.texts(page, ".lead") == ["Role: Editor. You can read billing data and change billing data."]


def test_auditor_sees_the_audit_and_no_billing_data(otto: Client) -> None:
    home, account = otto.get("/"), otto.get("/account/")

    assert html.texts(account, ".lead") == ["Role: Auditor. You can read the audit log."]
    links = {*html.attributes(home, "a", "href"), *html.attributes(account, "a", "href")}
    assert "/audit/" in links
    assert not links & {"/workspaces/", "/tokens/", "/keys/", "/people/"}


def test_viewer_sees_neither_people_nor_audit(bob: Client) -> None:
    assert not {"/people/", "/audit/"} & {*html.attributes(bob.get("/"), "a", "href")}


def test_audit_is_filtered_by_the_url(otto: Client, alice: Client) -> None:
    alice.post("/keys/", {})

    assert "session.sign_in" in otto.get("/audit/?verb=session&person=ali&outcome=succeeded").text
    assert "No matches" in html.text(otto.get("/audit/?verb=nothing"))


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=-1", "?before=²", f"?before={'9' * 30}", "?outcome=x"]
)
def test_invalid_filter_of_the_audit_is_ignored(otto: Client, query: str) -> None:
    assert "session.sign_in" in otto.get(f"/audit/{query}").text


def test_names_are_escaped(ada: Client, alice: Client) -> None:
    User.objects.filter(username="alice").update(first_name="<script>x</script>")
    page = ada.get("/people/")

    assert "<script>x</script>" not in page.text
    assert "<script>x</script>" in html.rows(page)[1][1]
