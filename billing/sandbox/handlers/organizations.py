"""Organizations: the tree, its limits, and its usage as files."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from typing import Final

from billing.sandbox import Document
from billing.sandbox.calls import Call, Reply, conflict, listed, not_found
from billing.sandbox.capacity import of_account
from billing.sandbox.pdf import document
from billing.sandbox.routes import operation
from billing.sandbox.seats import bought
from billing.sandbox.validation import Fields

_ALL: Final = "/workspaces/{workspaceId}/organizations"
_ONE: Final = _ALL + "/{organizationId}"

MAX_ORGANIZATIONS: Final = 1000
MAX_LEVELS: Final = 10
MAX_CHILDREN: Final = 100
_METERS: Final = ("locations", "users", "sso")
_PICTURES: Final = ("https://", "data:image/jpeg;base64,", "data:image/png;base64,", "data:image/gif;base64,")
_PICTURE_BYTES: Final = 2 * 1024 * 1024


@operation("GET", _ALL)
def index(call: Call) -> Reply:
    return listed(_rows(call))


@operation("GET", _ONE)
def retrieve(call: Call) -> Reply:
    return Reply(200, _organization(call))


@operation("GET", _ONE + "/parent")
def retrieve_parent(call: Call) -> Reply:
    """Return the parent, or 204 for a top-level organization."""
    parent_id = _organization(call)["parent_org_id"]
    parent = next((row for row in _rows(call) if row["id"] == parent_id), None)
    return Reply(200, parent) if parent else Reply(204)


@operation("GET", _ONE + "/descendants")
def list_descendants(call: Call) -> Reply:
    return listed(list(_below(_rows(call), _organization(call)["id"])))


@operation("POST", _ALL, "admin", takes_body=True)
def create(call: Call) -> Reply:
    """Create a top-level organization. It needs a billing account, except in pooled mode."""
    fields = _validated(call)
    account_id, mode = call.body.get("billing_account_id"), call.workspace["billing_mode"]
    if mode == "pooled":
        if account_id is not None:
            fields.wrong("billing_account_id", "The :field field must be empty in pooled mode.")
    elif account_id is None:
        fields.wrong("billing_account_id", f"The :field field is required in {mode} mode.")
    elif call.state.account(call.ids["workspaceId"], account_id) is None:
        fields.wrong("billing_account_id", "The selected :field is invalid.")
    fields.finish()
    return _created(call, None)


@operation("POST", _ONE + "/children", "admin", takes_body=True)
def create_child(call: Call) -> Reply:
    parent = _organization(call)
    fields = _validated(call)
    if call.body.get("billing_account_id") is not None:
        fields.wrong("billing_account_id", "The :field field must be empty for a child organization.")
    if parent["depth"] + 1 >= MAX_LEVELS:
        fields.wrong("parent", f"Organizations may be at most {MAX_LEVELS} levels deep.")
    if sum(row["parent_org_id"] == parent["id"] for row in _rows(call)) >= MAX_CHILDREN:
        fields.wrong("parent", f"An organization may have at most {MAX_CHILDREN} children.")
    fields.finish()
    return _created(call, parent)


@operation("DELETE", _ONE, "admin")
def delete(call: Call) -> Reply:
    """Delete the whole subtree. Refuse while any of it has usage."""
    organization = _organization(call)
    subtree = [organization, *_below(_rows(call), organization["id"])]
    if any(any(_meter(row, "usage").values()) for row in subtree):
        raise conflict(
            "organization_has_usage",
            f"Cannot delete organization '{organization['name']}' because it or its descendants have active "
            "resource usage.",
        )
    call.state.organizations[call.ids["workspaceId"]] = [row for row in _rows(call) if row not in subtree]
    return Reply(204)


@operation("GET", _ONE + "/limits")
def retrieve_limits(call: Call) -> Reply:
    """Return one row per metered product: the lowest limit on the way to the top, and at most the bought seats."""
    organization = _organization(call)
    by_id = {row["id"]: row for row in _rows(call)}
    chain = [organization]
    while chain[-1]["parent_org_id"] in by_id:
        chain.append(by_id[chain[-1]["parent_org_id"]])
    seats = _bought_for(call, chain[-1])
    parent = chain[1] if len(chain) > 1 else None
    context = (
        {"type": "parent", "name": parent["name"]}
        if parent
        else {"type": "workspace", "name": call.workspace["name"]}
    )
    limits = {
        "organization_id": organization["id"],
        "organization_name": organization["name"],
        "limits": [_limit(meter, organization, chain, seats) for meter in _METERS],
        "context": context,
    }
    return Reply(200, limits)


@operation("GET", _ALL + "/usage.csv")
def export_csv(call: Call) -> Reply:
    """Return one row per organization and metered product."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["organization", "type", "used", "limit"])
    writer.writerows(_usage_rows(call))
    return Reply(200, content=file.getvalue().encode(), content_type="text/csv")


@operation("GET", _ALL + "/usage.pdf")
def export_pdf(call: Call) -> Reply:
    """Return the rows of the CSV on one page."""
    lines = [f"Usage of {call.workspace['name']}", ""]
    lines += [f"{name}   {meter}: {used} of {limit}" for name, meter, used, limit in _usage_rows(call)]
    return Reply(200, content=document(lines), content_type="application/pdf")


def _bought_for(call: Call, root: Document) -> dict[str, int]:
    """Return the seats that a top-level organization may use: of its own account or of the whole workspace."""
    return bought(of_account(call.state, call.workspace, root["billing_account_id"] or ""))


def _limit(meter: str, organization: Document, chain: list[Document], seats: dict[str, int]) -> Document:
    own = _limits(organization).get(meter)
    limits = [limit for row in chain if (limit := _limits(row).get(meter)) is not None]
    total = min([*limits, seats.get(meter, 0)])
    used = _meter(organization, "subtree_usage").get(meter, 0)
    direct = _meter(organization, "usage").get(meter, 0)
    free = max(0, total - used)
    return {"type": meter, "used": used, "direct": direct, "free": free, "org_limit": own, "total": total}


def _usage_rows(call: Call) -> Iterator[tuple[str, str, int, int | str]]:
    for row in _rows(call):
        for meter in _METERS:
            limit = _limits(row).get(meter)
            yield (
                row["name"],
                meter,
                _meter(row, "subtree_usage").get(meter, 0),
                "" if limit is None else limit,
            )


def _validated(call: Call) -> Fields:
    fields = Fields(call.body)
    fields.text("name", max_length=50, required=True)
    limits = call.body.get("limits")
    for meter, limit in limits.items() if isinstance(limits, dict) else ():
        if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 0):
            fields.wrong(f"limits.{meter}", "The :field field must be at least 0.")
    if limits is not None and not isinstance(limits, dict | list):
        fields.wrong("limits", "The :field field must be an array.")
    picture = call.body.get("picture")
    if picture is not None and not str(picture).startswith(_PICTURES):
        fields.wrong("picture", "The :field field must be an HTTPS URL or a JPEG, PNG or GIF image.")
    elif picture is not None and len(picture) * 3 // 4 >= _PICTURE_BYTES:
        fields.wrong("picture", "The :field field must be smaller than 2 MB.")
    if len(_rows(call)) >= MAX_ORGANIZATIONS:
        fields.wrong("name", f"A workspace may have at most {MAX_ORGANIZATIONS:,} organizations.")
    return fields


def _created(call: Call, parent: Document | None) -> Reply:
    body, branding = call.body, call.body.get("branding") or {}
    organization = {
        "id": call.state.new_id("org_"),
        "name": body["name"],
        "workspace_id": call.ids["workspaceId"],
        "external_id": str(uuid.uuid4()),
        "parent_org_id": parent["id"] if parent else None,
        "path": "#".join(filter(None, [parent["path"], parent["id"]])) if parent else None,
        "depth": parent["depth"] + 1 if parent else 0,
        "billing_account_id": body.get("billing_account_id"),
        "picture": body.get("picture"),
        "usage": {"usage": {}, "subtree_usage": {}},
        "limits": body.get("limits") or {},
        "branding": {"display_name": None, "login_hint": None, "colors": {}} | branding,
    }
    _rows(call).append(organization)
    return Reply(201, organization)


def _below(rows: list[Document], organization_id: str) -> Iterator[Document]:
    for row in rows:
        if row["parent_org_id"] == organization_id:
            yield row
            yield from _below(rows, row["id"])


def _meter(organization: Document, name: str) -> dict[str, int]:
    return (organization["usage"] or {}).get(name) or {}


def _limits(organization: Document) -> dict[str, int | None]:
    return organization["limits"] or {}


def _rows(call: Call) -> list[Document]:
    return call.state.organizations[call.ids["workspaceId"]]


def _organization(call: Call) -> Document:
    for row in _rows(call):
        if row["id"] == call.ids["organizationId"]:
            return row
    raise not_found()
