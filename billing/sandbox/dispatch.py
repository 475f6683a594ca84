"""From a request to a response: the checks of token, route, role and body, then the handler under the lock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from billing.sandbox import Document, faults, handlers, routes  # noqa: F401 - importing the handlers registers them
from billing.sandbox.calls import Call, Refusal, Reply, forbidden, not_found
from billing.sandbox.state import State, Token

_UNAUTHORIZED: Final = "Unauthorized or invalid token provided."
_BELOW_AN_ACCOUNT: Final = "/workspaces/{workspaceId}/billing-accounts/{billingAccountId}/"


@dataclass(frozen=True, slots=True)
class Request:
    """A received request."""

    method: str
    path: str
    query: str
    authorization: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. It is encoded under the lock, so that the state cannot change in between."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gallery:
    """The fault of an account in the failure gallery, which writes its own response."""

    account_id: str
    fault: faults.Fault


def encode(document: Any) -> bytes:
    """Return the same bytes for the same document, in a format that no client produces by accident."""
    return json.dumps(document, indent=1, separators=(" ,", " : ")).encode()


def dispatch(state: State, request: Request) -> Answer | Gallery:
    with state.lock:
        state.is_changed |= request.method != "GET"
        try:
            reply = _reply(state, request)
        except Refusal as refusal:
            reply = refusal.reply
        if isinstance(reply, Gallery | Answer):
            return reply
        if reply.status == 204:
            return Answer(204)
        body = encode(reply.document) if reply.content is None else reply.content
        return Answer(reply.status, body, reply.content_type)


def _reply(state: State, request: Request) -> Reply | Answer | Gallery:
    token = _token(state, request.authorization)
    found = routes.find(request.method, request.path)
    if not isinstance(found, routes.Match):
        if not found:
            raise not_found()
        message = encode({"message": "Method not allowed."})
        return Answer(405, message, headers={"Allow": ", ".join(found)})
    route, ids = found
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if set(query) - route.queries:
        raise not_found()  # an undocumented parameter
    workspace, account = _objects(state, token, ids)
    if workspace:
        _check_role(token, workspace, route)
    gallery = _gallery(route, ids)
    if gallery is not None:
        return gallery
    body = _body(request) if route.takes_body else {}
    return route.handler(Call(state, token, ids, query, body, workspace, account))


def _token(state: State, authorization: str) -> Token:
    scheme, _, text = authorization.partition(" ")
    token = state.tokens.get(text) if scheme.lower() == "bearer" else None
    if token is None or token.refused is not None:
        message = (token.refused if token else None) or _UNAUTHORIZED
        raise Refusal(401, {"message": message})
    return token


def _objects(state: State, token: Token, ids: Mapping[str, str]) -> tuple[Document, Document]:
    """Return the workspace and the billing account of a path, if it names them. Raise Refusal if they do not exist."""
    if "workspaceId" not in ids:
        return {}, {}
    workspace = state.workspace(ids["workspaceId"])
    if workspace is None or not token.sees(ids["workspaceId"]):
        raise not_found()
    if "billingAccountId" not in ids:
        return workspace, {}
    account = state.account(ids["workspaceId"], ids["billingAccountId"])
    if account is None:
        raise not_found()
    return workspace, account


def _check_role(token: Token, workspace: Document, route: routes.Route) -> None:
    if not token.may(workspace["id"], route.min_role):
        raise forbidden()
    if workspace["archived"] and route.method != "GET":
        raise forbidden("This workspace is archived.")


def _gallery(route: routes.Route, ids: Mapping[str, str]) -> Gallery | None:
    account_id = ids.get("billingAccountId", "")
    name = account_id.removeprefix("cus_")
    if ids.get("workspaceId") != faults.WORKSPACE or name not in faults.FAULTS:
        return None
    if name in faults.DETAILS_ONLY and route.template.startswith(_BELOW_AN_ACCOUNT):
        return None
    return Gallery(account_id, faults.FAULTS[name][1])


def _body(request: Request) -> Document:
    if not request.body:
        return {}
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, {"message": "Send JSON with a matching Content-Type."})
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, {"message": "The body is not a JSON object."})
    return body
