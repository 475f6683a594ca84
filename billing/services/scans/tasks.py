"""One thing to do for a scan: which calls, and what of their answers is kept. Runs in threads: no database here.

A task is a JSON object, {"do": name, …}, since it waits sealed in the scan's row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS
from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import LIST_SUBSCRIPTIONS
from billing.altostrat.operations.workspaces import LIST_WORKSPACES, RETRIEVE_WORKSPACE
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.listing import Listing
from billing.services.invoices import page as invoices
from billing.services.scans import summaries
from billing.services.scans.store import Task

Document = dict[str, Any]

# As many as one page of them may have.
INVOICES_ASKED: Final = 200
_MORE: Final = "Altostrat has more than it listed here."


@dataclass(slots=True)
class Outcome:
    """What a task found, what it leads to, and what it says is missing. `is_hit` ends the whole scan."""

    found: list[Document] = field(default_factory=list)
    more: list[Task] = field(default_factory=list)
    missing: str = ""
    is_hit: bool = False


def run(client: AltostratClient, task: Task, sought: str = "") -> Outcome:
    """Does it. Raises AltostratError, and InvalidIdentifier for an object that says no id."""
    return _DOES[task["do"]](client, task, sought)


def cost(task: Task) -> int:
    """How many calls it takes."""
    return 3 if task["do"] == "facts" else 1


def subject(task: Task) -> Document:
    """What a task is about, for people: what could not be read, with its ids."""
    about = task.get("account") or task.get("workspace") or {}
    return {
        "what": about.get("name") or about.get("id") or "The list of workspaces",
        "workspace_id": about.get("workspace_id") or ("" if "account" in task else about.get("id")) or "",
        "billing_account_id": about.get("id") if "account" in task else "",
        "account": task.get("account"),
    }


def _workspaces(client: AltostratClient, task: Task, sought: str) -> Outcome:
    """The default token's: what has a token of its own is walked with that one."""
    answer = client.call(LIST_WORKSPACES)
    seen = [summaries.workspace(one) for one in answer.value.items if one.id not in task["without"]]
    return Outcome(
        [{"workspace": one} for one in seen],
        [{"do": "accounts", "workspace": one} for one in seen],
        _missing(answer.value),
    )


def _workspace(client: AltostratClient, task: Task, sought: str) -> Outcome:
    answer = client.call(RETRIEVE_WORKSPACE, workspaceId=task["workspace"]["id"])
    seen = summaries.workspace(answer.value)
    return Outcome([{"workspace": seen}], [{"do": "accounts", "workspace": seen}])


def _accounts(client: AltostratClient, task: Task, sought: str) -> Outcome:
    of = task["workspace"]
    answer = client.call(LIST_BILLING_ACCOUNTS, workspaceId=of["id"] or "")
    found: list[Document] = [{"account": summaries.account(one, of)} for one in answer.value.items]
    return Outcome(found, missing=_missing(answer.value))


def _facts(client: AltostratClient, task: Task, sought: str) -> Outcome:
    """Subscriptions, payment methods and the latest invoices of one account."""
    ids = _ids(task)
    subscriptions = client.call(LIST_SUBSCRIPTIONS, **ids).value
    methods = client.call(LIST_PAYMENT_METHODS, **ids).value
    latest = client.call(LIST_INVOICES, {"limit": str(INVOICES_ASKED)}, **ids).value
    facts = {
        "account": task["account"],
        "read_at": summaries.moment(datetime.now(UTC)),
        "subscriptions": [summaries.subscription(one) for one in subscriptions.items],
        "payment_methods": [summaries.payment_method(one) for one in methods.items],
        "invoices": [summaries.invoice(one) for one in latest.items if one.status in _UNSETTLED],
        "has_older": not invoices.has_end(latest, INVOICES_ASKED),
    }
    return Outcome([facts], missing=_missing(subscriptions) or _missing(methods))


def _look(client: AltostratClient, task: Task, sought: str) -> Outcome:
    """One account's subscriptions, payment methods or one page of its invoices, for the one that is sought."""
    ids, wanted = _ids(task), sought.casefold()
    if sought.startswith("sub_"):
        subscriptions = client.call(LIST_SUBSCRIPTIONS, **ids).value
        return _hit(
            task,
            "subscription",
            [one.id for one in subscriptions.items if one.id == sought],
            _missing(subscriptions),
        )
    if sought.startswith("pm_"):
        methods = client.call(LIST_PAYMENT_METHODS, **ids).value
        return _hit(
            task, "payment_method", [one.id for one in methods.items if one.id == sought], _missing(methods)
        )
    page, more = _invoice_page(client, task)
    hits = [one.id for one in page if one.id == sought or (one.number or "").casefold() == wanted]
    outcome = _hit(task, "invoice", hits)
    outcome.more = more
    return outcome


def _invoices(client: AltostratClient, task: Task, sought: str) -> Outcome:
    page, more = _invoice_page(client, task)
    found: list[Document] = [{"account": task["account"], "invoice": summaries.invoice(one)} for one in page]
    return Outcome(found, more)


def _invoice_page(client: AltostratClient, task: Task) -> tuple[tuple[Invoice, ...], list[Task]]:
    """A page of invoices, and the task that reads the next one. Raises UnexpectedAnswer for a list without end."""
    query = {"limit": str(INVOICES_ASKED), "after": task.get("after", "")}
    sent = {name: value for name, value in query.items() if value}
    page = client.call(LIST_INVOICES, sent, **_ids(task)).value
    cursor, number = invoices.next_cursor(page, INVOICES_ASKED), task.get("page", 1)
    if invoices.has_end(page, INVOICES_ASKED):
        return page.items, []
    if not cursor or cursor == task.get("after") or number >= invoices.MAX_PAGES:
        operation = LIST_INVOICES
        raise UnexpectedAnswer(operation.method, operation.path_template, 200, None, FailureReason.ENDLESS)
    return page.items, [{**task, "after": cursor, "page": number + 1}]


def _hit(task: Task, kind: str, ids: list[str | None], missing: str = "") -> Outcome:
    found: list[Document] = [{"account": task["account"], "kind": kind, "id": one} for one in ids]
    return Outcome(found, missing="" if found else missing, is_hit=bool(found))


def _ids(task: Task) -> dict[str, str]:
    account = task["account"]
    return {"workspaceId": account["workspace_id"] or "", "billingAccountId": account["id"] or ""}


def _missing(page: Listing[Any]) -> str:
    return _MORE if page.has_more else ""


# What is settled says nothing about how an account stands.
_UNSETTLED: Final = frozenset({"draft", "open", "uncollectible"})

_DOES: Final[Mapping[str, Callable[[AltostratClient, Task, str], Outcome]]] = {
    "workspaces": _workspaces,
    "workspace": _workspace,
    "accounts": _accounts,
    "facts": _facts,
    "look": _look,
    "invoices": _invoices,
}
