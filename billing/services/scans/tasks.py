"""The tasks of a scan: the calls that each makes, and what it keeps of the answers. They run in threads, without the
database.

A task is a JSON object, {"do": name, …}, because the scan's record stores it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS
from billing.altostrat.operations.invoices import LIST_INVOICES, PREVIEW_INVOICE
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import LIST_SUBSCRIPTIONS
from billing.altostrat.operations.workspaces import LIST_WORKSPACES, RETRIEVE_WORKSPACE
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.listing import Listing
from billing.services.invoices import page as invoices
from billing.services.scans import store, summaries
from billing.services.scans.store import Document, Task

# The maximum of one page.
INVOICES_PER_PAGE: Final = 200
_OLDER_INVOICES: Final = "older-invoices"
_TRUNCATED: Final = "Altostrat has more entries than it listed."
# Settled invoices do not affect the status of an account.
_UNSETTLED: Final = frozenset({"draft", "open", "uncollectible"})


@dataclass(slots=True)
class Outcome:
    """What a task found, its follow-up tasks, and a note about what is missing."""

    found: list[Document] = field(default_factory=list)
    more: list[Task] = field(default_factory=list)
    missing: str = ""


def run(client: AltostratClient, task: Task) -> Outcome:
    """Run a task. Raise AltostratError, and InvalidIdentifier for an object without a usable id."""
    return _TASKS[task["do"]](client, task)


def cost(task: Task) -> int:
    """Return the number of calls that a task makes."""
    return 3 if task["do"] == store.ACCOUNT_DETAILS else 1


def subject(task: Task) -> Document:
    """Return what a task is about, to be shown if it fails."""
    about = task.get("account") or task.get("workspace") or {}
    return {
        "what": about.get("name") or about.get("id") or "The list of workspaces",
        "workspace_id": about.get("workspace_id") or ("" if "account" in task else about.get("id")) or "",
        "billing_account_id": about.get("id") if "account" in task else "",
        "account": task.get("account"),
    }


def _workspaces(client: AltostratClient, task: Task) -> Outcome:
    """Read the workspaces of the default token, without those that have a token of their own."""
    answer = client.call(LIST_WORKSPACES)
    found = [summaries.workspace(one) for one in answer.value.items if one.id not in task["without"]]
    return Outcome(
        [{"workspace": one} for one in found],
        [{"do": "accounts", "workspace": one} for one in found],
        _missing(answer.value),
    )


def _workspace(client: AltostratClient, task: Task) -> Outcome:
    answer = client.call(RETRIEVE_WORKSPACE, workspace_id=task["workspace"]["id"])
    found = summaries.workspace(answer.value)
    return Outcome([{"workspace": found}], [{"do": "accounts", "workspace": found}])


def _accounts(client: AltostratClient, task: Task) -> Outcome:
    workspace = task["workspace"]
    answer = client.call(LIST_BILLING_ACCOUNTS, workspace_id=workspace["id"] or "")
    found: list[Document] = [{"account": summaries.account(one, workspace)} for one in answer.value.items]
    return Outcome(found, missing=_missing(answer.value))


def _account_details(client: AltostratClient, task: Task) -> Outcome:
    """Read subscriptions, payment methods and the latest invoices of one account.

    A follow-up reads its older invoices.
    """
    ids = _ids(task)
    subscriptions = client.call(LIST_SUBSCRIPTIONS, **ids).value
    methods = client.call(LIST_PAYMENT_METHODS, **ids).value
    latest = client.call(LIST_INVOICES, {"limit": str(INVOICES_PER_PAGE)}, **ids).value
    short = summaries.short_prices(subscriptions.items)
    details = {
        "account": task["account"],
        "read_at": summaries.timestamp(datetime.now(UTC)),
        "subscriptions": [summaries.subscription(one) for one in subscriptions.items],
        "payment_methods": [summaries.payment_method(one) for one in methods.items],
        "invoices": _unsettled(latest.items),
        "all_invoices": [summaries.searched(one) for one in latest.items],
        "recurring": summaries.recurring(latest.items, short, datetime.now(UTC)),
        "has_older": not invoices.has_end(latest, INVOICES_PER_PAGE),
    }
    cut = [
        name
        for name, page in (("subscriptions", subscriptions), ("payment_methods", methods))
        if page.has_more
    ]
    cursor = invoices.next_cursor(latest, INVOICES_PER_PAGE)
    older = {"do": _OLDER_INVOICES, "account": task["account"], "short": short, "after": cursor, "page": 2}
    more = [older] if cursor else []
    return Outcome([{**details, "cut": cut}], more, _missing(subscriptions) or _missing(methods))


def _older_invoices(client: AltostratClient, task: Task) -> Outcome:
    """Read the next page of an account's invoices."""
    page, more = _invoice_page(client, task)
    found = {
        "older_of": task["account"],
        "invoices": _unsettled(page),
        "all_invoices": [summaries.searched(one) for one in page],
        "recurring": summaries.recurring(page, task["short"], datetime.now(UTC)),
        "is_last": not more,
    }
    return Outcome([found], more)


def _unsettled(found: Iterable[Invoice]) -> list[Document]:
    return [summaries.invoice(one) for one in found if one.status in _UNSETTLED]


def _invoices(client: AltostratClient, task: Task) -> Outcome:
    page, more = _invoice_page(client, task)
    found: list[Document] = [{"account": task["account"], "invoice": summaries.invoice(one)} for one in page]
    return Outcome(found, more)


def _preview(client: AltostratClient, task: Task) -> Outcome:
    """Preview the next bill of a subscription, which changes nothing."""
    body = {"subscription_id": task["subscription"]["id"]}
    preview = client.call(PREVIEW_INVOICE, None, body, **_ids(task)).value
    found = {name: task[name] for name in ("account", "subscription")}
    return Outcome([{**found, "preview": summaries.invoice(preview)}])


def _invoice_page(client: AltostratClient, task: Task) -> tuple[tuple[Invoice, ...], list[Task]]:
    """Read a page of invoices; a follow-up reads the next one. Raise UnexpectedAnswer for a list without an end."""
    query = {"limit": str(INVOICES_PER_PAGE), "after": task.get("after", "")}
    page = client.call(
        LIST_INVOICES, {name: value for name, value in query.items() if value}, **_ids(task)
    ).value
    cursor, number = invoices.next_cursor(page, INVOICES_PER_PAGE), task.get("page", 1)
    if invoices.has_end(page, INVOICES_PER_PAGE):
        return page.items, []
    if not cursor or cursor == task.get("after") or number >= invoices.MAX_PAGES:
        operation = LIST_INVOICES
        raise operation.error(UnexpectedAnswer, FailureReason.ENDLESS, 200)
    return page.items, [{**task, "after": cursor, "page": number + 1}]


def _ids(task: Task) -> dict[str, str]:
    account = task["account"]
    return {"workspace_id": account["workspace_id"] or "", "billing_account_id": account["id"] or ""}


def _missing(page: Listing[Any]) -> str:
    return _TRUNCATED if page.has_more else ""


_TASKS: Final[Mapping[str, Callable[[AltostratClient, Task], Outcome]]] = {
    "workspaces": _workspaces,
    "workspace": _workspace,
    "accounts": _accounts,
    store.ACCOUNT_DETAILS: _account_details,
    _OLDER_INVOICES: _older_invoices,
    store.INVOICES: _invoices,
    store.PREVIEWS: _preview,
}
