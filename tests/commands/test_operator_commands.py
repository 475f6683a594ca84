"""Operators' commands: what they print and refuse, with secrets only on standard input."""

from __future__ import annotations

import io
import sys

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from billing.models import AltostratToken, AuditEntry, PortalKey, User
from billing.services import tokens
from billing.services.people import key_use
from billing.vault import KeyRing
from tests.plugins.processes import Sandbox
from tests.services.changes.steps import change_upstream
from tests.tokens import FINANCE, USER, VIEWER

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough pass phrase"


def run(*words: str, stdin: str = "") -> str:
    """Run a command with `stdin` and return its standard output."""
    out, kept = io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(stdin)
    try:
        call_command(*words, stdout=out, stderr=io.StringIO())
    finally:
        sys.stdin = kept
    return out.getvalue()


@pytest.fixture
def alice() -> User:
    run("create_staff", "alice", "--role", "editor")
    return User.objects.get(username="alice")


def test_create_staff_sets_role_and_password() -> None:
    run("create_staff", "alice", "--role", "editor", "--password-stdin", stdin=f"{PASSWORD}\n")

    user = authenticate(RequestFactory().post("/"), username="alice", password=PASSWORD)
    assert user is not None
    assert [group.name for group in user.groups.all()] == ["editor"]


def test_create_staff_changes_an_existing_person_only_with_update() -> None:
    run("create_staff", "alice", "--role", "editor", "--password-stdin", stdin=f"{PASSWORD}\n")

    with pytest.raises(CommandError, match=r"alice exists, and was not changed.*--update"):
        run("create_staff", "alice", "--role", "viewer", "--password-stdin", stdin="another pass phrase 12")
    user = User.objects.get(username="alice")
    assert [group.name for group in user.groups.all()] == ["editor"]
    assert user.check_password(PASSWORD)
    assert run("create_staff", "alice", "--role", "viewer", "--update").startswith("Updated alice")

    user = User.objects.get(username="alice")
    assert [group.name for group in user.groups.all()] == ["viewer"]
    assert user.check_password(PASSWORD)


def test_create_staff_without_a_password_prevents_local_sign_in() -> None:
    assert "No password is set" in run("create_staff", "alice", "--role", "viewer")
    assert not User.objects.get(username="alice").has_usable_password()


@pytest.mark.parametrize("password", ["", "short", "password1234"])
def test_create_staff_refuses_a_weak_password(password: str) -> None:
    with pytest.raises(CommandError):
        run("create_staff", "alice", "--role", "viewer", "--password-stdin", stdin=password)
    assert not User.objects.exists()


def test_create_staff_refuses_an_unknown_role() -> None:
    with pytest.raises(CommandError, match="role"):
        run("create_staff", "alice", "--role", "emperor")


def test_create_staff_is_recorded() -> None:
    run("create_staff", "alice", "--role", "viewer")

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.door, entry.subject, entry.detail) == (
        "staff.create",
        "command",
        f"alice (id {User.objects.get().pk})",
        "role viewer",
    )


def test_store_token_reads_the_token_from_standard_input(alice: User, altostrat_url: str) -> None:
    printed = run("store_token", "--user", "alice", "--label", "Finance", stdin=f"{FINANCE}\n")

    assert "ACME Corporation" in printed
    assert FINANCE not in printed
    assert tokens.unseal(tokens.choose(alice)).reveal() == FINANCE


def test_store_token_for_a_workspace(alice: User, altostrat_url: str) -> None:
    run("store_token", "--user", "alice", "--label", "W", "--workspace", "ws_a1b2c3d4e5f6g7h8", stdin=FINANCE)

    assert tokens.choose(alice, "ws_a1b2c3d4e5f6g7h8").label == "W"
    with pytest.raises(tokens.NoToken):
        tokens.choose(alice)


def test_store_token_can_skip_verification(alice: User) -> None:
    run("store_token", "--user", "alice", "--label", "F", "--no-verify", stdin="alto_sk_anything_at_all")

    assert AltostratToken.objects.get().status == AltostratToken.Status.UNVERIFIED


@pytest.mark.parametrize(
    ("words", "token", "message"),
    [
        (("--user", "nobody", "--label", "F"), FINANCE, "nobody"),
        (("--user", "alice", "--label", "F"), "", "empty"),
        (("--user", "alice", "--label", "F"), "alto_sk_one\nalto_sk_two", "line break"),
        (("--user", "alice", "--label", "F", "--workspace", "../x"), FINANCE, "--workspace"),
        (
            ("--user", "alice", "--label", "F", "--workspace", "ws_nope"),
            FINANCE,
            r"^Nothing was stored: the token does not see the workspace ws_nope.$",
        ),
        (("--user", "alice", "--label", "F"), "alto_sk_unknown_to_the_sandbox", "refused"),
    ],
)
def test_store_token_names_the_error_and_stores_nothing(
    alice: User, altostrat_url: str, words: tuple[str, ...], token: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run("store_token", *words, stdin=token)
    assert not AltostratToken.objects.exists()


def test_issue_key_prints_only_the_key(alice: User) -> None:
    printed = run(
        "issue_key", "--user", "alice", "--name", "ERP", "--scope", "billing:read", "--expires-days", "30"
    )

    key = printed.strip()
    assert printed == f"{key}\n"
    actor = key_use.authenticate(key, request_id="r", address=None)
    assert actor.user == alice
    assert PortalKey.objects.get().expires_at is not None


def test_issue_key_accepts_several_scopes(alice: User) -> None:
    run("issue_key", "--user", "alice", "--name", "A", "--scope", "billing:read", "billing:write")
    run("issue_key", "--user", "alice", "--name", "B", "--scope", "billing:read", "--scope", "billing:write")

    assert [key.scopes for key in PortalKey.objects.all()] == [["billing:read", "billing:write"]] * 2


def test_issue_key_refuses_scopes_beyond_the_role() -> None:
    run("create_staff", "carol", "--role", "viewer")

    with pytest.raises(CommandError, match=r"billing:write: the role .* Available: billing:read.$"):
        run("issue_key", "--user", "carol", "--name", "ERP", "--scope", "billing:write")


def test_issue_key_lists_the_scopes(alice: User) -> None:
    with pytest.raises(
        CommandError, match=r"'billing:reed' .choose from '?billing:read'?, '?billing:write'?.$"
    ):
        run("issue_key", "--user", "alice", "--name", "ERP", "--scope", "billing:reed")


def test_change_key_replaces_the_named_limits_only(alice: User) -> None:
    issue = ("issue_key", "--user", "alice", "--name", "ERP", "--scope", "billing:read")
    run(*issue, "--expires-days", "30", "--network", "192.0.2.0/24", "2001:db8::/32")
    key = PortalKey.objects.get()
    assert key.networks == ["192.0.2.0/24", "2001:db8::/32"]

    assert run("change_key", key.prefix, "--read-only").startswith(f"{key.prefix} (ERP): expires 20")
    key.refresh_from_db()
    assert (key.is_read_only, len(key.networks), key.expires_at is not None) == (True, 2, True)

    run("change_key", key.prefix, "--no-read-only", "--any-network", "--never-expires")
    key.refresh_from_db()
    assert (key.is_read_only, key.networks, key.expires_at) == (False, [], None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--network", "192.0.2.1/24"], "has host bits set"),
        (["--expires-days", "0"], "from 1 to 3650"),
    ],
)
def test_change_key_refuses_wrong_limits(alice: User, options: list[str], sentence: str) -> None:
    run("issue_key", "--user", "alice", "--name", "ERP", "--scope", "billing:read")

    with pytest.raises(CommandError, match=sentence):
        run("change_key", PortalKey.objects.get().prefix, *options)


def test_change_key_refuses_a_key_that_has_ended(alice: User) -> None:
    run("issue_key", "--user", "alice", "--name", "ERP", "--scope", "billing:read")
    prefix = PortalKey.objects.get().prefix
    run("revoke_key", prefix)

    with pytest.raises(CommandError, match="was revoked or has expired"):
        run("change_key", prefix, "--read-only")
    with pytest.raises(CommandError, match="abp_missing"):
        run("change_key", "abp_missing", "--read-only")


def test_revoke_key_ends_the_key(alice: User) -> None:
    key = run("issue_key", "--user", "alice", "--name", "ERP", "--scope", "billing:read").strip()

    run("revoke_key", PortalKey.objects.get().prefix)

    with pytest.raises(key_use.KeyRefused):
        key_use.authenticate(key, request_id="r", address=None)


def test_revoke_key_names_an_unknown_prefix() -> None:
    with pytest.raises(CommandError, match="abp_missing"):
        run("revoke_key", "abp_missing")


def test_generate_vault_key_prints_a_new_working_entry() -> None:
    one, other = run("generate_vault_key").strip(), run("generate_vault_key").strip()

    assert one != other
    ring = KeyRing.parse(f"{one},{other}")
    assert ring.unseal(ring.seal("alto_sk_x", ("c",)), ("c",)) == "alto_sk_x"


def test_generate_vault_key_refuses_an_invalid_id() -> None:
    with pytest.raises(CommandError, match="--id"):
        run("generate_vault_key", "--id", "a:b")


def test_issue_key_refuses_scopes_for_people(alice: User) -> None:
    with pytest.raises(CommandError, match="people:manage"):
        run("issue_key", "--user", "alice", "--name", "ERP", "--scope", "people:manage")


def test_deactivate_and_activate(alice: User) -> None:
    key = run("issue_key", "--user", "alice", "--name", "ERP", "--scope", "billing:read").strip()

    assert run("deactivate", "alice").startswith("alice is deactivated")
    with pytest.raises(key_use.KeyRefused):
        key_use.authenticate(key, request_id="r", address=None)
    assert run("activate", "alice").startswith("alice is active again")
    assert key_use.authenticate(key, request_id="r", address=None).user == alice

    entries = AuditEntry.objects.filter(subject=f"alice (id {alice.pk})", verb__contains="activate").order_by(
        "pk"
    )
    assert [(entry.verb, entry.door) for entry in entries] == [
        ("staff.deactivate", "command"),
        ("staff.activate", "command"),
    ]


@pytest.mark.parametrize("command", ["deactivate", "activate"])
def test_unknown_person_is_named(command: str) -> None:
    with pytest.raises(CommandError, match="nobody"):
        run(command, "nobody")


WORKSPACE = "ws_a1b2c3d4e5f6g7h8"
UNKNOWN = "Altostrat does not state what it can change, and may refuse changes."


@pytest.mark.parametrize("token", [FINANCE, VIEWER])
def test_store_token_states_what_an_api_key_may_do(alice: User, altostrat_url: str, token: str) -> None:
    printed = run("store_token", "--user", "alice", "--label", "F", stdin=token)

    assert f"It can read billing accounts in ACME Corporation. {UNKNOWN}" in printed


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("viewer", "Its user is viewer there: only owners and admins can change a workspace."),
        ("admin", "Its user is admin there."),
        ("", UNKNOWN),
    ],
)
def test_store_token_states_the_role_of_a_user(
    role: str, text: str, alice: User, altostrat_url: str, fresh_sandbox: Sandbox
) -> None:
    if role:
        member = {"user_id": "auth0|sandbox", "role": role}
        change_upstream(fresh_sandbox, "POST", f"workspaces/{WORKSPACE}/members", member)
    words = ("store_token", "--user", "alice", "--label", "F", "--workspace", WORKSPACE)
    printed = run(*words, stdin=USER)

    assert printed.endswith(f"It can read billing accounts in ACME Corporation. {text}\n")
    assert fresh_sandbox.writes() == []


def test_store_token_says_that_billing_is_not_readable(
    alice: User, altostrat_url: str, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.fault("status:403", "/billing-accounts$")
    printed = run("store_token", "--user", "alice", "--label", "F", stdin=VIEWER)

    assert "It cannot read billing accounts in ACME Corporation." in printed
    assert AltostratToken.objects.get().status == AltostratToken.Status.ACCEPTED


def test_store_token_claims_nothing_without_an_answer(
    alice: User, altostrat_url: str, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.fault("status:500", "/billing-accounts$", times=None)
    printed = run("store_token", "--user", "alice", "--label", "F", stdin=USER)

    assert "read billing accounts" not in printed
    assert UNKNOWN in printed
    assert not any("/members" in row["path"] for row in fresh_sandbox.requests())
