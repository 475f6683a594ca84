"""Members and API keys. A member has only an id at an identity provider: Altostrat does not return names."""

from __future__ import annotations

from typing import Final

from billing.sandbox import Document
from billing.sandbox.prices import fingerprint

_DOCUMENTED: Final = "auth0|64f5a6b7c8d9e0f1a2b3c4d5"
_ROLES: Final = ("owner", "admin", "viewer", "viewer", "owner", "admin", "viewer", "viewer")
_PROVIDERS: Final = ("auth0|", "google-oauth2|", "samlp|")


def members(workspace: Document) -> list[Document]:
    """Return two to eight members. The first is an owner."""
    digest = fingerprint(workspace["id"], "members")
    documented = workspace["id"] == "ws_a1b2c3d4e5f6g7h8"
    count = 5 if documented else 2 + int(digest[0], 16) % 7
    rows = []
    for number in range(count):
        provider = _PROVIDERS[int(digest[number + 1], 16) % 3 if number else 0]
        user_id = f"{provider}{fingerprint(digest, number)[:24]}"
        rows.append(_member(workspace, user_id, _ROLES[number]))
    if documented:
        rows[1] = _member(workspace, _DOCUMENTED, "admin")
        rows[4]["role"] = "viewer"
    return rows


def _member(workspace: Document, user_id: str, role: str) -> Document:
    return {
        "user_id": user_id,
        "workspace_id": workspace["id"],
        "role": role,
        "created_at": workspace["created_at"],
        "updated_at": workspace["created_at"],
    }


def api_keys() -> list[Document]:
    """Return the documented key, one in use, and a revoked one."""
    return [
        {
            "id": "api_key_2m3h5n7k9j8g7f6e5d4c3b2a",
            "object": "api_key",
            "name": "Production automation",
            "key_prefix": "alto_sk_ab123",
            "client_id": "C3HqXo4o6Yb5Kp0oV9x8",
            "created_at": "2026-04-20T00:00:00Z",
            "status": "active",
            "permissions": ["sites:read", "scripts:write"],
            "last_used_at": None,
        },
        {
            "id": "api_key_7q8w9e1r2t3y4u5i6o7p8a9s",
            "object": "api_key",
            "name": "Nightly report",
            "key_prefix": "alto_sk_nr847",
            "client_id": "F7LmPq2sRt6Vw9Xy1Za4",
            "created_at": "2025-11-02T08:30:00Z",
            "status": "active",
            "permissions": ["sites:read"],
            "last_used_at": "2026-09-01T02:00:11Z",
        },
        {
            "id": "api_key_1z2x3c4v5b6n7m8l9k1j2h3g",
            "object": "api_key",
            "name": "Migration 2025",
            "key_prefix": "alto_sk_mg520",
            "client_id": "B5NnMm8kJj3hGg6fDd2s",
            "created_at": "2025-02-14T10:00:00Z",
            "status": "revoked",
            "permissions": ["sites:read", "sites:write"],
            "last_used_at": "2025-03-01T16:45:00Z",
        },
    ]
