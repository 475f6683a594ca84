"""The people of the demo: one for each role, with a sandbox token. Never called outside the demo."""

from __future__ import annotations

from typing import Final

from billing.models import User
from billing.roles import Role
from billing.services import staff, token_changes, tokens
from billing.services.actor import Actor
from billing.vault import CannotUnseal

# Made up, and known to nobody but the sandbox: docs/sandbox.md.
_SANDBOX_TOKEN: Final = "alto_sk_sandbox_finance_000000000000000000000000000000000000"  # noqa: S105


def set_up(*, role: Role, password: str) -> User:
    """A person named after their role, with a token that opens here and now. The admin may enter /admin/ too."""
    user, _ = staff.set_up(username=role.value, role=role, password=password)
    if role is Role.ADMIN and not user.is_superuser:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    actor = staff.acting_from_command_line(role.value)
    if not _has_working_token(actor):
        token_changes.save(actor, text=_SANDBOX_TOKEN, label="Sandbox", default=True)
    return user


def _has_working_token(actor: Actor) -> bool:
    try:
        row = tokens.choose(actor.user)
    except tokens.NoToken:
        return False
    try:
        tokens.unseal(row)
    except CannotUnseal:
        token_changes.forget(actor, row.pk)
        return False
    return True
