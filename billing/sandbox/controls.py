"""The sandbox's own URLs for tests: the journal, a reset, faults, and actions of a person in a browser."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Final, Protocol

from billing.sandbox.calls import Refusal, Reply
from billing.sandbox.handlers.payment_methods import attach
from billing.sandbox.interference import Interference
from billing.sandbox.state import State

PREFIX: Final = "/_sandbox/"
# Tables whose rows a test may replace. Accounts and organizations are those of a workspace; the others belong to an
# account.
_TABLES: Final = ("accounts", "organizations", "subscriptions", "invoices", "payment_methods", "previews")


class Controlled(Protocol):
    """The parts of the server that the controls change."""

    state: State
    journal: deque[dict[str, Any]]
    interference: Interference


def control(server: Controlled, method: str, path: str, body: bytes) -> Reply:
    """Handle a request to a control. No token is needed."""
    match method, path.removeprefix(PREFIX):
        case "GET", "requests":
            return Reply(200, list(server.journal.copy()))
        case "DELETE", "requests":
            server.journal.clear()
            return Reply(200, [])
        case "POST", "reset":
            if server.state.is_changed:
                server.state = State.from_seed()
            server.interference.replace([])
            server.journal.clear()
            return Reply(200, {"message": "Reset."})
        case "GET", "faults":
            return Reply(200, server.interference.listed())
        case "PUT", "faults":
            return _put_faults(server, body)
        case "DELETE", "faults":
            server.interference.replace([])
            return Reply(200, [])
        case "PUT", "rows":
            return _put_rows(server.state, body)
        case "POST", "payment-methods":
            return _attach(server.state, body)
    return Reply(404, {"message": "The sandbox does not have this control."})


def _put_faults(server: Controlled, body: bytes) -> Reply:
    try:
        rows = json.loads(body)
        server.interference.replace(rows if isinstance(rows, list) else [rows])
    except ValueError as error:
        return Reply(422, {"message": str(error)})
    return Reply(200, server.interference.listed())


def _put_rows(state: State, body: bytes) -> Reply:
    """Replace rows as they are: `{"table": "invoices", "of": "cus_…", "rows": […]}`."""
    try:
        document = json.loads(body)
        table, of, rows = document["table"], document["of"], document["rows"]
    except (ValueError, TypeError, KeyError):
        return Reply(422, {"message": "Send table, of and rows."})
    if table not in _TABLES or not isinstance(of, str) or not isinstance(rows, list):
        return Reply(422, {"message": f"The table must be one of {', '.join(_TABLES)}, and rows a list."})
    with state.lock:
        state.is_changed = True
        getattr(state, table)[of] = rows
    return Reply(200, rows)


def _attach(state: State, body: bytes) -> Reply:
    """Attach a payment method: `{"workspace_id": "ws_…", "billing_account_id": "cus_…", "type": "card", …}`."""
    try:
        details = json.loads(body)
        workspace_id, account_id = details["workspace_id"], details["billing_account_id"]
    except (ValueError, TypeError, KeyError):
        return Reply(422, {"message": "Send workspace_id, billing_account_id and the details of the card."})
    with state.lock:
        if state.account(workspace_id, account_id) is None:
            return Reply(404, {"message": "Not found."})
        state.is_changed = True
        try:
            return attach(state, account_id, details)
        except Refusal as refusal:
            return refusal.reply
