"""Pages of invoices, and previews."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from billing.sandbox import Document, charges
from billing.sandbox.calls import Call, Reply, not_found
from billing.sandbox.handlers.subscriptions import is_eligible
from billing.sandbox.moments import parse
from billing.sandbox.prices import INTERVALS, PRODUCTS, fingerprint, item, line
from billing.sandbox.routes import operation
from billing.sandbox.validation import Fields, invalid

_ALL: Final = "/workspaces/{workspaceId}/billing-accounts/{billingAccountId}/invoices"

_PAGING: Final = frozenset({"limit", "after", "before"})
DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 200
_NOT_BILLED: Final = frozenset({"canceled", "incomplete_expired", "paused"})


@operation("GET", _ALL, queries=_PAGING)
def index(call: Call) -> Reply:
    """Return one page, newest first. `has_more` is about the requested direction."""
    rows = call.state.invoices.get(call.ids["billingAccountId"], [])
    limit = _limit(call.query.get("limit", str(DEFAULT_LIMIT)))
    if "after" in call.query and "before" in call.query:
        raise invalid({"after": ["Send after or before, not both."]})
    start, end = 0, limit
    if "after" in call.query:
        start = _position(rows, "after", call.query["after"]) + 1
        end = start + limit
    elif "before" in call.query:
        end = _position(rows, "before", call.query["before"])
        start = max(0, end - limit)
    page = rows[start:end]
    document = {
        "data": page,
        "has_more": start > 0 if "before" in call.query else end < len(rows),
        "next_cursor": page[-1]["id"] if page and end < len(rows) else None,
        "previous_cursor": page[0]["id"] if page and start > 0 else None,
    }
    return Reply(200, document)


@operation("POST", _ALL + "/preview", takes_body=True)
def preview(call: Call) -> Reply:
    """Return the cost of a change, without making it. A quantity of 0 removes a product."""
    _validate_items(call)
    if stored := call.state.previews.get(call.ids["billingAccountId"]):
        return Reply(200, stored[0])
    now, body = datetime.now(UTC), call.body
    subscription_id = body.get("subscription_id")
    key = fingerprint(call.account["id"], subscription_id, sorted(map(str, body.get("items") or [])))
    if subscription_id is None:
        lines = _first_lines(call, key)
        return Reply(200, charges.upcoming(call.state, call.account, key, now, lines))
    subscription = _subscription(call, subscription_id)
    moment = parse(subscription["current_period_end"]) if subscription["current_period_end"] else now
    ends = body.get("cancel_subscription") or subscription_id in call.state.canceling
    lines = list(call.state.prorations.get(subscription_id, []))
    if not ends and subscription["status"] not in _NOT_BILLED:
        lines += _next_lines(call, subscription, key, now)
    return Reply(200, charges.upcoming(call.state, call.account, key, moment, lines))


def _first_lines(call: Call, key: str) -> list[Document]:
    """Return the lines of a new subscription. Nothing is due during a trial."""
    if not call.body.get("items"):
        raise invalid({"items": ["The items field is required when subscription id is not present."]})
    currency = call.account["currency"]
    lines = [
        line(
            key,
            row["product_type"],
            item(row["product_type"], row["quantity"], currency, _interval(row)),
            currency,
        )
        for row in call.body["items"]
        if row["quantity"]
    ]
    if is_eligible(call):
        lines = [
            row | {"amount": 0, "unit_amount": 0, "description": f"Trial period for {row['product_name']}"}
            for row in lines
        ]
    return lines


def _next_lines(call: Call, subscription: Document, key: str, now: datetime) -> list[Document]:
    """Return the lines of the next period, and the prorations of higher quantities."""
    rows, currency = dict(subscription["product_quantities"]), subscription["currency"]
    for row in call.body.get("items") or ():
        product = row["product_type"]
        has = rows.get(product, {})
        interval = row.get("interval") or has.get("interval", "month")
        if interval == has.get("interval"):
            rows[product] = has | {"quantity": row["quantity"]}
        else:
            rows[product] = item(product, row["quantity"], currency, interval)
    wanted = {product: row["quantity"] for product, row in rows.items()}
    more = charges.prorations(subscription, wanted, now) if call.body.get("items") else []
    due = _due(subscription, rows)
    known = [(product, row) for product, row in due.items() if product in PRODUCTS and row["quantity"]]
    return [*more, *(line(key, product, row, currency) for product, row in known)]


def _due(subscription: Document, rows: Document) -> Document:
    """Return the products due next. Beside monthly products, yearly ones are due in the month of the first payment."""
    end, began = subscription["current_period_end"], parse(subscription["created_at"])
    if len({row["interval"] for row in rows.values()}) < 2 or end is None or parse(end).month == began.month:
        return rows
    return {product: row for product, row in rows.items() if row["interval"] != "year"}


def _validate_items(call: Call) -> None:
    fields, items = Fields(call.body), call.body.get("items")
    subscribed = _products_of(call)
    if items is not None and not isinstance(items, list):
        fields.wrong("items", "The :field field must be an array.")
        items = []
    for number, row in enumerate(items or []):
        at = f"items.{number}"
        if not isinstance(row, dict) or row.get("product_type") not in {*PRODUCTS, *subscribed}:
            fields.wrong(f"{at}.product_type", "The selected product type is invalid.")
            continue
        quantity = row.get("quantity")
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 0:
            fields.wrong(f"{at}.quantity", "The quantity field must be at least 0.")
        own = subscribed.get(row["product_type"], {}).get("interval")
        if row.get("interval") is not None and row["interval"] not in {*INTERVALS, own}:
            fields.wrong(f"{at}.interval", "The selected interval is invalid.")
    if not isinstance(call.body.get("cancel_subscription", False), bool):
        fields.wrong("cancel_subscription", "The :field field must be true or false.")
    fields.finish()


def _products_of(call: Call) -> Document:
    """Return the products of the subscription to preview, which may no longer be sold."""
    subscription_id = call.body.get("subscription_id")
    rows = call.state.subscriptions.get(call.ids["billingAccountId"], ())
    found = next((row for row in rows if row["id"] == subscription_id), None)
    return dict(found["product_quantities"]) if found else {}


def _interval(row: Document) -> str:
    return str(row.get("interval") or "month")


def _subscription(call: Call, subscription_id: Any) -> Document:
    for row in call.state.subscriptions.get(call.ids["billingAccountId"], ()):
        if row["id"] == subscription_id:
            return row
    raise not_found()


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise invalid({"limit": ["The limit field must be an integer."]})
    if not 1 <= int(text) <= MAX_LIMIT:
        raise invalid({"limit": [f"The limit field must be between 1 and {MAX_LIMIT}."]})
    return int(text)


def _position(rows: list[Document], name: str, cursor: str) -> int:
    for position, row in enumerate(rows):
        if row["id"] == cursor:
            return position
    raise invalid({name: [f"The selected {name} is invalid."]})
