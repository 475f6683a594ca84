"""API keys, which belong to another service of Altostrat. They require a user's token."""

from __future__ import annotations

from typing import Any, Final

from billing.sandbox.calls import Call, Reply, forbidden, not_found
from billing.sandbox.routes import operation
from billing.sandbox.state import Token
from billing.sandbox.validation import Fields

_SECRET_LENGTH: Final = 48


@operation("GET", "/api/keys")
def index(call: Call) -> Reply:
    """Return a bare array, without secrets."""
    _require_user(call)
    return Reply(200, call.state.api_keys)


@operation("POST", "/api/keys", takes_body=True)
def create(call: Call) -> Reply:
    """Create a key with the access of its creator."""
    _require_user(call)
    fields = Fields(call.body)
    fields.text("name", max_length=100, min_length=3, required=True)
    permissions = call.body.get("permissions")
    if not isinstance(permissions, list) or not permissions:
        fields.wrong("permissions", "The :field field is required.")
    elif not all(isinstance(permission, str) for permission in permissions):
        fields.wrong("permissions.0", "The :field field must be a string.")
    fields.finish()
    state = call.state
    key = {
        "id": state.new_id("api_key_", 27),
        "object": "api_key",
        "name": call.body["name"],
        "key_prefix": "",
        "client_id": state.new_id("", 20),
        "created_at": state.stamp(),
        "status": "active",
        "permissions": permissions,
        "last_used_at": None,
    }
    state.api_keys.append(key)
    return Reply(201, _with_new_secret(call, key, "API Key created successfully."))


@operation("POST", "/api/keys/{apiKeyId}/rotate")
def rotate(call: Call) -> Reply:
    """Replace the secret. The old one stops working immediately."""
    _require_user(call)
    for key in call.state.api_keys:
        if key["id"] == call.ids["apiKeyId"]:
            return Reply(200, _with_new_secret(call, key, "API Key rotated successfully."))
    raise not_found()


def _with_new_secret(call: Call, key: dict[str, Any], message: str) -> dict[str, Any]:
    state = call.state
    old = state.key_secrets.pop(key["id"], None)
    if old is not None:
        state.tokens.pop(old, None)
    secret = "alto_sk_" + state.new_id("", _SECRET_LENGTH)
    state.key_secrets[key["id"]] = secret
    state.tokens[secret] = Token(dict(call.token.roles))
    key["key_prefix"] = secret[: len("alto_sk_") + 5]
    message += " This is the only time the secret key will be shown."
    return {"status": "success", "data": {"message": message, "key": key, "secret": secret}}


def _require_user(call: Call) -> None:
    if not call.token.is_user:
        raise forbidden("API keys can be managed with a user access token only.")
