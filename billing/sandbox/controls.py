"""The sandbox's own addresses, for tests: the journal, the seed again, faults, and what a person does in a browser."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Final, Protocol

from billing.sandbox.calls import Refusal, Reply
from billing.sandbox.handlers.payment_methods import attach
from billing.sandbox.interference import Interference
from billing.sandbox.state import State

PREFIX: Final = "/_sandbox/"


class Controlled(Protocol):
    """What the controls turn: the server."""

    state: State
    journal: deque[dict[str, Any]]
    interference: Interference


def control(server: Controlled, method: str, path: str, body: bytes) -> Reply:
    """Does what the address says. Needs no token."""
    match method, path.removeprefix(PREFIX):
        case "GET", "requests":
            return Reply(200, list(server.journal.copy()))
        case "DELETE", "requests":
            server.journal.clear()
            return Reply(200, [])
        case "POST", "reset":
            server.state = State.from_seed()
            server.interference.replace([])
            return Reply(200, {"message": "As at the start."})
        case "GET", "faults":
            return Reply(200, server.interference.listed())
        case "PUT", "faults":
            return _put_faults(server, body)
        case "DELETE", "faults":
            server.interference.replace([])
            return Reply(200, [])
        case "POST", "payment-methods":
            return _attach(server.state, body)
    return Reply(404, {"message": "The sandbox has no such control."})


def _put_faults(server: Controlled, body: bytes) -> Reply:
    try:
        rows = json.loads(body)
        server.interference.replace(rows if isinstance(rows, list) else [rows])
    except ValueError as error:
        return Reply(422, {"message": str(error)})
    return Reply(200, server.interference.listed())


def _attach(state: State, body: bytes) -> Reply:
    """`{"workspace_id": "ws_…", "billing_account_id": "cus_…", "type": "card", "brand": …, "last4": …, …}`."""
    try:
        facts = json.loads(body)
        workspace_id, account_id = facts["workspace_id"], facts["billing_account_id"]
    except (ValueError, TypeError, KeyError):
        return Reply(422, {"message": "Send workspace_id, billing_account_id and the facts of the card."})
    with state.lock:
        if state.account(workspace_id, account_id) is None:
            return Reply(404, {"message": "Not found."})
        try:
            return attach(state, account_id, facts)
        except Refusal as refusal:
            return refusal.reply
